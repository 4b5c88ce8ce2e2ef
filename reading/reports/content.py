"""The content of a report, as a value and in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final, cast

from reading.errors import Invalid
from reading.reports.marks import Mark, marks_from_json
from reading.reports.opinion import Opinion
from reading.texts import storable

_LENGTHS: Final = {"findings": 20_000, "impression": 10_000, "recommendation": 4_000, "critical_class": 40}
_ID_LENGTH: Final = 26
_LONGEST_FORM: Final = 60_000
_DEEPEST: Final = 6
"""Levels of a form: the form, its values, a table, a row, a choice of several."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """The text and findings of a report."""

    findings: str = ""
    """检查所见"""
    impression: str = ""
    """诊断意见"""
    positive: bool | None = None
    critical_class: str | None = None
    recommendation: str = ""
    form: Mapping[str, Any] | None = None
    """The id of the template that it was written with (``template``) and the values of its fields (``values``); None
    where it was written freely."""
    opinion: Opinion | None = None
    """What a reader of a double reading says; None where one person reads."""
    marks: tuple[Mark, ...] = ()
    """Measurements and key images."""

    @property
    def is_critical(self) -> bool:
        """Whether it names a critical class; a blank one names none."""
        return bool((self.critical_class or "").strip())

    def to_json(self) -> dict[str, Any]:
        # What is not there has no member, so that what was signed before there were forms or marks is what it was.
        return {
            "findings": self.findings,
            "impression": self.impression,
            "positive": self.positive,
            "critical_class": self.critical_class,
            "recommendation": self.recommendation,
            **({} if self.form is None else {"form": dict(self.form)}),
            **({} if self.opinion is None else {"opinion": self.opinion.to_json()}),
            **({"marks": [one.to_json() for one in self.marks]} if self.marks else {}),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Content:
        """The content in the JSON of a request or a row.

        Raises:
            Invalid: a field is unknown, of another type, too long, or holds control characters.
            InvalidMark: a mark is not in its form.

        """
        unknown = sorted(value.keys() - cls.__dataclass_fields__.keys())
        if unknown:
            raise Invalid(unknown[0], "unknown_field")
        positive = value.get("positive")
        if positive is not None and not isinstance(positive, bool):
            raise Invalid("positive", "not_a_boolean")
        critical_class = value.get("critical_class")
        return cls(
            findings=_text(value.get("findings", ""), "findings"),
            impression=_text(value.get("impression", ""), "impression"),
            positive=positive,
            critical_class=None if critical_class is None else _text(critical_class, "critical_class") or None,
            recommendation=_text(value.get("recommendation", ""), "recommendation"),
            form=_form(value.get("form")),
            opinion=None if value.get("opinion") is None else Opinion.from_json(value["opinion"]),
            marks=marks_from_json(value.get("marks")),
        )

    def ready_to_sign(self, *, of_breasts: bool) -> None:
        """Make sure that the content may be signed.

        ``of_breasts``: it is about both breasts, of which an opinion that recalls names one.

        Raises:
            Invalid: findings or impression are blank, or the opinion lacks something.

        """
        for name in ("findings", "impression"):
            if not str(getattr(self, name)).strip():
                raise Invalid(name, "required")
        if self.opinion is not None:
            self.opinion.ready_to_sign(of_breasts=of_breasts)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Invalid(name, "not_a_text")
    if len(value) > _LENGTHS[name]:
        raise Invalid(name, "too_long")
    return storable(name, value)


def _form(value: Any) -> Mapping[str, Any] | None:
    """The values of a template in their outer form; `reading.templates` knows the fields."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Invalid("form", "not_an_object")
    form = cast("dict[str, Any]", value)
    if form.keys() != {"template", "values"} or not isinstance(form["values"], dict):
        raise Invalid("form", "not_an_object")
    if not isinstance(form["template"], str) or len(form["template"]) != _ID_LENGTH:
        raise Invalid("form", "unknown")
    if len(json.dumps(form)) > _LONGEST_FORM:
        raise Invalid("form", "too_long")
    for said in _leaves(form, _DEEPEST):
        storable("form", said)
    return form


def _leaves(value: Any, depth: int) -> Iterator[str]:
    """Every text in a value, names of members included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        if not depth:
            raise Invalid("form", "not_an_object")
        inside = cast("dict[str, Any] | list[Any]", value)
        if isinstance(inside, dict):
            yield from inside
        for each in inside.values() if isinstance(inside, dict) else inside:
            yield from _leaves(each, depth - 1)
    elif isinstance(value, float) and not isfinite(value):
        raise Invalid("form", "not_a_number")
