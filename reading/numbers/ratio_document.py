"""The document of a ratio that a manager defines: which facts are its whole, and which of these its part."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reading.errors import Invalid
from reading.numbers.facts import Kind
from reading.numbers.measures import Measure
from reading.tables import number_fact

LONGEST: Final = 4000
LISTS: Final = ("modality", "body_part", "priority", "score")
"""Conditions that name several values."""
YES_OR_NO: Final = (
    *("emergency", "positive", "complete", "revised", "graded", "chosen", "in_time", "examined_in_time"),
)
NUMBERS: Final = ("minutes_at_most", "examined_minutes_at_most")
SCORES: Final = ("1", "2a", "2b", "3a", "3b", "3")
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
_Code = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9_ ./-]{1,64}$")]
_Codes = Annotated[list[_Code], Field(min_length=1, max_length=40)]
_Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Filter(_Part):
    """Conditions that all have to hold; what is not named does not matter."""

    modality: _Codes | None = None
    body_part: _Codes | None = None
    priority: Annotated[list[Literal["emergency", "urgent", "routine"]], Field(min_length=1, max_length=3)] | None = (
        None
    )
    emergency: bool | None = None
    positive: bool | None = None
    complete: bool | None = None
    revised: bool | None = None
    graded: bool | None = None
    chosen: bool | None = None
    in_time: bool | None = None
    examined_in_time: bool | None = None
    minutes_at_most: _Minutes | None = None
    examined_minutes_at_most: _Minutes | None = None
    score: Annotated[list[Literal["1", "2a", "2b", "3a", "3b", "3"]], Field(min_length=1, max_length=6)] | None = None

    def holds(self) -> sa.ColumnElement[bool]:
        """The condition on ``number_fact``; a fact that does not know what is asked does not meet it."""
        return sa.and_(sa.true(), *self._conditions())

    def _conditions(self) -> Iterator[sa.ColumnElement[bool]]:
        f = number_fact.c
        for name in LISTS:
            if (said := getattr(self, name)) is not None:
                yield f[name].in_(said)
        for name in YES_OR_NO:
            if (said := getattr(self, name)) is not None:
                yield f[name].is_(said)
        if self.minutes_at_most is not None:
            yield f.minutes <= self.minutes_at_most
        if self.examined_minutes_at_most is not None:
            yield f.examined_minutes <= self.examined_minutes_at_most


class Ratio(_Part):
    """A ratio: facts of one kind that meet ``of``, and those of them that meet ``counted`` as well."""

    name_zh: _Name
    name_en: _Name
    kind: Literal[
        "received",
        "returned",
        "taken",
        "read",
        "second",
        "arbitrate",
        "verify",
        "review",
        "released",
        "scored",
        "alert",
    ]
    of: Filter = Filter()
    counted: Filter
    better: Literal["more", "less", "neither"] = "neither"

    def whole(self) -> Measure:
        return Measure(kind=Kind(self.kind), where=self.of.holds())

    def part(self) -> Measure:
        return Measure(kind=Kind(self.kind), where=self.of.holds() & self.counted.holds())


@dataclass(frozen=True, kw_only=True)
class RatioProblem:
    """One error: where it is, and what pydantic calls it."""

    path: str
    problem: str


class InvalidRatio(Invalid):
    """A document that is no ratio, with every error."""

    def __init__(self, problems: list[RatioProblem]) -> None:
        super().__init__(problems[0].path or "ratio", "document")
        self.problems = tuple(problems)


def read_ratio(document: str) -> Ratio:
    """The ratio that a text says.

    Raises:
        InvalidRatio: it is no JSON, or no ratio.

    """
    try:
        said: Any = json.loads(document) if len(document) <= LONGEST else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise InvalidRatio([RatioProblem(path="", problem="json")])
    return kept_ratio(said)


def kept_ratio(document: Mapping[str, Any]) -> Ratio:
    """The ratio in a row.

    Raises:
        InvalidRatio: the document is none.

    """
    try:
        return Ratio.model_validate(document)
    except ValidationError as wrong:
        problems = [RatioProblem(path=".".join(map(str, one["loc"])), problem=one["type"]) for one in wrong.errors()]
        raise InvalidRatio(problems) from wrong


def plain(ratio: Ratio) -> dict[str, Any]:
    """The document of a ratio, without what it does not say."""
    return ratio.model_dump(exclude_none=True)
