"""The document of a report template: typed fields, and sentences that follow from their values."""

from __future__ import annotations

import string
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from reading.errors import Invalid
from reading.kinds import Sex
from reading.texts import storable

MOST_ROWS: Final = 30
Name = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{0,39}$")]
Code = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9][A-Za-z0-9_.+-]{0,39}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(_Part):
    """A text in both languages; a sentence may hold fields in braces: ``{volume}``."""

    zh: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    en: Annotated[str, StringConstraints(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _is_storable(self) -> Words:
        for name in ("zh", "en"):
            try:
                storable(name, getattr(self, name))
            except Invalid as wrong:
                raise ValueError(wrong.problem) from wrong
        return self

    def places(self) -> frozenset[str]:
        """The fields that both sentences name.

        Raises:
            ValueError: they name different fields, or the braces do not fit.

        """
        found = [frozenset(_places(one)) for one in (self.zh, self.en)]
        if found[0] != found[1]:
            raise ValueError("the languages name different fields")
        return found[0]


class Option(_Part):
    code: Code
    words: Words


class _Field(_Part):
    name: Name
    label: Words
    mandatory: bool = False


class TextField(_Field):
    kind: Literal["text"]
    most: Annotated[int, Field(ge=1, le=2000)] = 200


class NumberField(_Field):
    kind: Literal["number"]
    unit: Annotated[str, StringConstraints(max_length=12)] = ""
    low: float
    high: float
    decimals: Annotated[int, Field(ge=0, le=3)] = 1

    @model_validator(mode="after")
    def _has_a_range(self) -> NumberField:
        if self.low >= self.high:
            raise ValueError("low is not below high")
        return self


class ChoiceField(_Field):
    kind: Literal["choice"]
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=40)]
    many: bool = False

    @model_validator(mode="after")
    def _has_codes(self) -> ChoiceField:
        if len({one.code for one in self.options}) != len(self.options):
            raise ValueError("a code stands twice")
        return self


class SideField(_Field):
    """Left, right or both, by the codes of PS3.3 C.7.3.1."""

    kind: Literal["side"]


Cell: TypeAlias = Annotated[TextField | NumberField | ChoiceField | SideField, Field(discriminator="kind")]


class TableField(_Field):
    kind: Literal["table"]
    columns: Annotated[tuple[Cell, ...], Field(min_length=1, max_length=12)]

    @model_validator(mode="after")
    def _has_names(self) -> TableField:
        if len({one.name for one in self.columns}) != len(self.columns):
            raise ValueError("a column stands twice")
        return self


AnyField: TypeAlias = Annotated[
    TextField | NumberField | ChoiceField | SideField | TableField, Field(discriminator="kind")
]


class Sentence(_Part):
    """A sentence of the report, and when it is written: always, unless a condition stands here."""

    part: Literal["findings", "impression", "recommendation"]
    words: Words
    given: tuple[Name, ...] = ()
    """Fields that must all have a value; a table has one with a row."""
    blank: tuple[Name, ...] = ()
    """Fields that must all be without one: so a normal sentence gives way."""
    chosen: dict[Name, tuple[Code, ...]] = {}
    """For each of these choices, the codes of which one must be chosen."""
    each: Name | None = None
    """The table for each of whose rows it is written, with its columns in the braces."""
    starts_line: bool = False


class Scope(_Part):
    """The examinations that it is meant for; what is left out excludes nothing."""

    modalities: tuple[Annotated[str, StringConstraints(pattern="^[A-Z]{2,16}$")], ...] = ()
    body_parts: tuple[Annotated[str, StringConstraints(pattern="^[A-Z0-9 _]{1,40}$")], ...] = ()
    sex: Sex = Sex.UNKNOWN
    min_age_years: Annotated[int, Field(ge=0, le=130)] | None = None
    max_age_years: Annotated[int, Field(ge=0, le=130)] | None = None


class Document(_Part):
    """A template; the sentences of one part stand in their order."""

    title: Words
    scope: Scope = Scope()
    fields: Annotated[tuple[AnyField, ...], Field(max_length=100)] = ()
    sentences: Annotated[tuple[Sentence, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _names_what_there_is(self) -> Document:
        fields = {one.name: one for one in self.fields}
        if len(fields) != len(self.fields):
            raise ValueError("a field stands twice")
        for number, one in enumerate(self.sentences):
            table = fields.get(one.each) if one.each else None
            if one.each and not isinstance(table, TableField):
                raise ValueError(f"sentences[{number}].each names no table")
            columns = {column.name for column in table.columns} if isinstance(table, TableField) else set[str]()
            simple = {name for name, each in fields.items() if not isinstance(each, TableField)}
            unknown = one.words.places() - simple - columns
            unknown |= ({*one.given, *one.blank} | one.chosen.keys()) - fields.keys()
            if unknown:
                raise ValueError(f"sentences[{number}] names no field: {', '.join(sorted(unknown))}")
            for name, codes in one.chosen.items():
                choice = fields[name]
                known = {each.code for each in choice.options} if isinstance(choice, ChoiceField) else set[str]()
                if set(codes) - known:
                    raise ValueError(f"sentences[{number}].chosen.{name} names no option")
        return self


class InvalidTemplate(Invalid):
    """The document of a template has an error: ``field`` is its path, ``why`` what the schema says of it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, "not_a_template")
        self.why = why


def read_document(document: Any) -> Document:
    """A template's document, checked.

    Raises:
        InvalidTemplate: it has an error.

    """
    try:
        return Document.model_validate(document)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "document"
        raise InvalidTemplate(place, str(first["msg"])) from None


def _places(sentence: str) -> Iterator[str]:
    for _, name, form, conversion in string.Formatter().parse(sentence):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError("braces hold the name of a field and nothing else")
        yield name
