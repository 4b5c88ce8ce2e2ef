"""From a template and the values of its fields to the text of a report: the same values give the same text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, cast

from reading.checks.blanks import BLANK
from reading.errors import Invalid
from reading.templates.document import (
    MOST_ROWS,
    Cell,
    ChoiceField,
    Document,
    NumberField,
    Sentence,
    SideField,
    TableField,
    TextField,
    Words,
)
from reading.texts import storable

Language: TypeAlias = Literal["zh", "en"]
Values: TypeAlias = Mapping[str, Any]
"""By field: a text, a number, the code of an option or a list of such codes, L, R or B; of a table a list of rows."""

SIDES: Final[Mapping[str, Words]] = {
    "L": Words(zh="左", en="left"),
    "R": Words(zh="右", en="right"),
    "B": Words(zh="双", en="both"),
}
_STOP: Final = {"zh": "。", "en": "."}
_STOPS: Final = "。.；;！!？?：:）) "
_JOINED: Final = {"zh": "、", "en": ", "}
_SPACE: Final = {"zh": "", "en": " "}


def checked(document: Document, values: Values) -> dict[str, Any]:
    """The values that are given, each of its field's type and in its range; blank ones are left out.

    Raises:
        Invalid: ``field`` is the path of the value.

    """
    fields = {one.name: one for one in document.fields}
    unknown = sorted(values.keys() - fields.keys())
    if unknown:
        raise Invalid(f"form.{unknown[0][:40]}", "unknown_field")
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = fields[name]
        if isinstance(field, TableField):
            given: Any = _rows(field, value)
        else:
            given = _value(field, value, f"form.{name}")
        if given is not None:
            found[name] = given
    return found


def rendered(document: Document, values: Values, language: Language) -> dict[str, str]:
    """The text of each part for values that were `checked`; a mandatory value that lacks is a blank."""
    fields = {one.name: one for one in document.fields}
    text: dict[str, str] = {"findings": "", "impression": "", "recommendation": ""}
    for sentence in document.sentences:
        if not _is_written(sentence, values):
            continue
        for row in values.get(sentence.each, ()) if sentence.each else ({},):
            words = _filled(sentence, fields, values, cast("Values", row), language)
            if words is None:
                continue
            before = text[sentence.part]
            between = "\n" if sentence.starts_line and before else _SPACE[language] if before else ""
            text[sentence.part] = before + between + words
    return text


def blank_fields(document: Document, values: Values, language: Language) -> tuple[str, ...]:
    """The labels of mandatory fields without a value, those of tables' rows included."""
    found: list[str] = []
    for field in document.fields:
        if field.mandatory and field.name not in values:
            found.append(getattr(field.label, language))
        if isinstance(field, TableField):
            for number, row in enumerate(values.get(field.name, ()), start=1):
                found += [
                    f"{getattr(field.label, language)} {number} {getattr(column.label, language)}"
                    for column in field.columns
                    if column.mandatory and column.name not in row
                ]
    return tuple(found)


def _is_written(sentence: Sentence, values: Values) -> bool:
    for name, codes in sentence.chosen.items():
        said = values.get(name)
        if not set(said if isinstance(said, list) else [said]) & set(codes):
            return False
    return all(name in values for name in sentence.given) and not any(name in values for name in sentence.blank)


def _filled(
    sentence: Sentence, fields: Mapping[str, Any], values: Values, row: Values, language: Language
) -> str | None:
    """None where a value lacks that need not be given: the sentence says nothing then."""
    table = fields[sentence.each] if sentence.each else None
    columns = {one.name: one for one in table.columns} if isinstance(table, TableField) else {}
    said: dict[str, str] = {}
    for name in sentence.words.places():
        field, value = (columns[name], row.get(name)) if name in columns else (fields[name], values.get(name))
        if value is None and not field.mandatory:
            return None
        said[name] = BLANK if value is None else _said(field, value, language)
    return _as_sentence(getattr(sentence.words, language).format_map(said), language)


def _as_sentence(words: str, language: Language) -> str:
    """With a capital letter in English, and with the full stop that people leave out of a field."""
    capital = words[:1].upper() + words[1:] if language == "en" else words
    return capital if not capital.strip() or capital[-1] in _STOPS else capital + _STOP[language]


def _said(field: Cell, value: Any, language: Language) -> str:
    if isinstance(field, NumberField):
        return f"{value:.{field.decimals}f}{'' if field.unit == '%' else _SPACE['en']}{field.unit}".strip()
    if isinstance(field, SideField):
        return getattr(SIDES[value], language)
    if isinstance(field, ChoiceField):
        words = {one.code: getattr(one.words, language) for one in field.options}
        return _JOINED[language].join(words[code] for code in (value if isinstance(value, list) else [value]))
    return str(value)


def _rows(field: TableField, value: Any) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        raise Invalid(f"form.{field.name}", "not_a_list")
    rows = cast("list[Any]", value)
    if len(rows) > MOST_ROWS:
        raise Invalid(f"form.{field.name}", "too_long")
    columns = {one.name: one for one in field.columns}
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows):
        path = f"form.{field.name}[{number}]"
        if not isinstance(row, dict):
            raise Invalid(path, "not_an_object")
        cells = cast("dict[str, Any]", row)
        unknown = sorted(cells.keys() - columns.keys())
        if unknown:
            raise Invalid(f"{path}.{unknown[0][:40]}", "unknown_field")
        given = {name: _value(columns[name], cell, f"{path}.{name}") for name, cell in cells.items()}
        kept = {name: cell for name, cell in given.items() if cell is not None}
        if kept:
            found.append(kept)
    return found or None


def _value(field: Cell, value: Any, path: str) -> Any:
    """The value as it is kept; None where it is blank."""
    if value is None or value in ("", []):
        return None
    if isinstance(field, NumberField):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid(path, "not_a_number")
        if not field.low <= value <= field.high:
            raise Invalid(path, "range")
        return value
    if isinstance(field, ChoiceField) and field.many:
        return _codes(field, value, path)
    if not isinstance(value, str):
        raise Invalid(path, "not_a_text")
    if isinstance(field, TextField):
        if len(value) > field.most:
            raise Invalid(path, "too_long")
        return storable(path, value.strip()) or None
    known: Sequence[str] = [*SIDES] if isinstance(field, SideField) else [one.code for one in field.options]
    if value not in known:
        raise Invalid(path, "unknown")
    return value


def _codes(field: ChoiceField, value: Any, path: str) -> list[str]:
    if not isinstance(value, list):
        raise Invalid(path, "not_a_list")
    codes = cast("list[Any]", value)
    known = [one.code for one in field.options]
    if any(code not in known for code in codes):
        raise Invalid(path, "unknown")
    return [code for code in known if code in codes]
