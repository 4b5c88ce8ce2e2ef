"""Report templates by IHE MRRT, taken over as documents of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reading.errors import Invalid
from reading.templates.document import InvalidTemplate, read_document
from reading.templates.mrrt_html import Control, Form, FormField, Place, read_form

MOST_CHARACTERS: Final = 1_000_000
_LARGEST: Final = 100_000
"""The range of a number that says none."""
_LONGEST = {Control.TEXT: 200, Control.LONG_TEXT: 2000}

_PARTS: Final = {
    "impression": "impression",
    "impressions": "impression",
    "conclusion": "impression",
    "summary": "impression",
    "beurteilung": "impression",
    "诊断意见": "impression",
    "诊断": "impression",
    "印象": "impression",
    "结论": "impression",
    "recommendation": "recommendation",
    "recommendations": "recommendation",
    "empfehlung": "recommendation",
    "建议": "recommendation",
}
"""By the name of a section, in small letters; whatever else there is belongs to the findings."""
_OF_THE_REQUEST: Final = frozenset(
    (
        "clinical information",
        "clinical question",
        "clinical history",
        "clinical indication",
        "history",
        "indication",
        "klinische angaben",
        "klinische information",
        "klinische fragestellung",
        "临床病史",
        "临床诊断",
        "检查目的",
    )
)
"""Sections that repeat the request, which stands on the report as it was written."""


@dataclass(frozen=True, kw_only=True)
class Imported:
    document: dict[str, Any]
    left_out: tuple[str, ...]
    """The sections of which nothing was taken, as the request says it."""


def import_mrrt(html: str) -> Imported:
    """A template of ours from one by MRRT: its words stand in both languages as they were written.

    Controls become fields, the words beside them sentences; what a text control holds is the normal sentence, which
    gives way to what somebody writes. Nothing is preselected. One that we exported (`reading.templates.mrrt_export`)
    comes back as it was.

    Raises:
        Invalid: it is too long, has no fields and no words, or is more than a template of ours can hold (its path).

    """
    if len(html) > MOST_CHARACTERS:
        raise Invalid("document", "length")
    form = read_form(html)
    if form.embedded:
        return Imported(document=_embedded(form.embedded), left_out=())
    names = _names(form)
    parts = [_part(form, number) for number in range(len(form.sections))]
    document = {
        "title": _both(form.title or "MRRT"),
        "fields": [
            _field(form, form.fields[key], name)
            for key, name in names.items()
            if any(place.key == key for place in _taken(form, parts))
        ],
        "sentences": list(_sentences(form, parts, names)),
    }
    read_document(document)
    left_out = dict.fromkeys(
        section.names[0] for section, part in zip(form.sections, parts, strict=True) if not part and section.names
    )
    return Imported(document=document, left_out=tuple(left_out))


def _embedded(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise InvalidTemplate("document", str(wrong)) from None
    read_document(found)
    return found


def _both(words: str) -> dict[str, str]:
    return {"zh": words, "en": words}


def _part(form: Form, number: int) -> str:
    """The part of the report that a section belongs to; empty where the request says it."""
    section = form.sections[number]
    for name in section.names:
        plain = name.strip(" :：").casefold()
        if plain in _OF_THE_REQUEST:
            return ""
        if plain in _PARTS:
            return _PARTS[plain]
    return "findings" if section.within is None else _part(form, section.within)


def _taken(form: Form, parts: list[str]) -> Iterator[Place]:
    for line in form.lines:
        if parts[line.section]:
            yield from (token for token in line.tokens if isinstance(token, Place))


def _names(form: Form) -> dict[str, str]:
    """Names as our fields have them, each once, by key."""
    found: dict[str, str] = {}
    for key, one in form.fields.items():
        said = one.attributes.get("name") or one.attributes.get("id") or ""
        plain = re.sub(r"[^a-z0-9]+", "_", said.casefold()).strip("_")[:32]
        plain = plain if re.match("[a-z]", plain) else f"field_{plain}".rstrip("_")
        name, number = plain, 1
        while name in found.values():
            number += 1
            name = f"{plain}_{number}"
        found[key] = name
    return found


def _label(form: Form, one: FormField) -> str:
    named = form.labels.get(one.attributes.get("id", ""), "") if one.control not in _BOXES else ""
    said = named or one.attributes.get("title", "") or one.attributes.get("name", "") or one.attributes.get("id", "")
    return said.strip(" :：") or "?"


_BOXES: Final = frozenset((Control.CHECKBOX, Control.RADIO))


def _field(form: Form, one: FormField, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "label": _both(_label(form, one))}
    if one.attributes.get("data-field-completion-action", "").upper() == "ALERT":
        made["mandatory"] = True
    match one.control:
        case Control.TEXT | Control.LONG_TEXT:
            return made | {"kind": "text", "most": _LONGEST[one.control]}
        case Control.NUMBER:
            low, high = (_number(one.attributes.get(each, "")) for each in ("min", "max"))
            unit = one.attributes.get("data-field-units", "")[:12]
            return made | {
                "kind": "number",
                "unit": unit,
                "low": -_LARGEST if low is None else low,
                "high": _LARGEST if high is None else high,
                "decimals": min(3, len(one.attributes.get("step", "0.1").partition(".")[2])),
            }
        case Control.SELECT | Control.CHECKBOX | Control.RADIO:
            many = one.control is Control.CHECKBOX or "multiple" in one.attributes
            return made | {"kind": "choice", "many": many, "options": _options(one)}


def _number(said: str) -> float | None:
    try:
        found = float(said)
    except ValueError:
        return None
    return found if abs(found) <= _LARGEST else None


def _options(one: FormField) -> list[dict[str, Any]]:
    return [
        {"code": f"o{number}", "words": _both((option.words or option.value).strip())}
        for number, option in enumerate(one.options, start=1)
    ]


def _sentences(form: Form, parts: list[str], names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """One for each control, with the words before it, and one for each line of words alone."""
    said: set[str] = set()
    row, of_row = 0, ""
    for line in form.lines:
        if not parts[line.section]:
            continue
        if not line.row or line.row != row:
            row, of_row = line.row, ""
        made: list[list[dict[str, Any]]] = []
        before = ""
        for token in line.tokens:
            if isinstance(token, str):
                before += token
            elif token.key not in said:
                said.add(token.key)
                heading = f"{of_row} " if of_row else ""
                made.append(_said(form, form.fields[token.key], names[token.key], heading + _escaped(before.strip())))
                before = ""
        of_row = of_row or _escaped(before.strip(" :：")) if line.row else ""
        if not made and before.strip() and not line.row:
            made = [[{"words": _both(_escaped(before.strip()))}]]
        for number, of_control in enumerate(made):
            first = {} if number else {"starts_line": True}
            yield from ({"part": parts[line.section], **one, **first} for one in of_control)


def _said(form: Form, one: FormField, name: str, before: str) -> list[dict[str, Any]]:
    place = f"{{{name}}}"
    if one.control is Control.CHECKBOX and len(one.options) == 1:  # a box alone says what stands beside it
        return [{"words": _both(" ".join((*before.split(), place))), "given": [name]}]
    label = " ".join((*before.split(), *_escaped(_own_label(form, one)).split())).rstrip(" :：")
    lead = f"{label}: " if label else ""
    if one.control in _LONGEST and one.default:
        normal = {"words": _both(lead + _escaped(one.default)), "blank": [name]}
        return [normal, {"words": _both(lead + place), "given": [name]}]
    return [{"words": _both(lead + place)}]  # without a value it is left out, or a blank where there has to be one


def _own_label(form: Form, one: FormField) -> str:
    return form.labels.get(one.attributes.get("id", ""), "") if one.control not in _BOXES else ""


def _escaped(words: str) -> str:
    return words.replace("{", "{{").replace("}", "}}")
