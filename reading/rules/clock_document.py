"""The part of a rule's document that says how its clocks run, and what happens to a case that waits too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from reading.cases.moves import Step
from reading.rules.conditions import Hours
from reading.rules.rule import PARK_MINUTES, Goal, Overdue, Rule

MOST_MINUTES: Final = 60 * 24 * 60
"""Sixty days: longer than any examination is waited for."""
MOST_PARKED: Final = 60 * 12
"""A shift: nobody keeps a case from the others for longer."""
MOST_OPEN: Final = 1000
"""Open cases for one reader: more than anybody reads in a week."""
_PLACE: Final = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_Time = Annotated[str, StringConstraints(pattern=f"^{_PLACE}$")]
Minutes = Annotated[int, Field(gt=0, le=MOST_MINUTES)]


class Part(BaseModel):
    """A part of a document: fields of their own types, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class HoursPart(Part):
    """A part of the day by the clock of the site."""

    begins: Annotated[_Time, Field(alias="from")]
    ends: Annotated[_Time, Field(alias="to")]


class StepsPart(Part):
    """The longest time of each step, from when it began."""

    read: Minutes | None = None
    verify: Minutes | None = None
    review: Minutes | None = None


class OverduePart(Part):
    """Where a case goes that waits too long: the first goal that has room."""

    to: Annotated[list[Literal["next_tier", "neighbour", "duty"]], Field(min_length=1, max_length=3)]
    open_per_reader: Annotated[int, Field(gt=0, le=MOST_OPEN)] = 10


class ClockPart(Part):
    """The fields of a rule that say how its clocks run."""

    working_hours: HoursPart | None = None
    step_minutes: StepsPart | None = None
    overdue: OverduePart | None = None
    park_minutes: Annotated[int, Field(ge=0, le=MOST_PARKED)] = PARK_MINUTES


def hours_of(part: HoursPart | None) -> Hours | None:
    if part is None:
        return None
    return Hours(begins=time.fromisoformat(part.begins), ends=time.fromisoformat(part.ends))


def steps_of(part: StepsPart | None) -> dict[Step, int]:
    """The minutes of the steps that are named."""
    said = {} if part is None else {Step.READ: part.read, Step.VERIFY: part.verify, Step.REVIEW: part.review}
    return {step: minutes for step, minutes in said.items() if minutes is not None}


def overdue_of(part: OverduePart | None) -> Overdue | None:
    return None if part is None else Overdue(to=tuple(map(Goal, part.to)), open_per_reader=part.open_per_reader)


def clock_problems(rule: Rule) -> Iterator[tuple[str, str]]:
    """The errors that no field has alone: where, and the word for it."""
    hours = rule.working_hours
    if hours is not None and hours.begins >= hours.ends:
        yield "working_hours", "over_midnight"
    if rule.overdue is not None and len(set(rule.overdue.to)) < len(rule.overdue.to):
        yield "overdue.to", "goal_twice"


def clock_part(rule: Rule) -> dict[str, Any]:
    """The fields of a rule that differ from what they would be anyway."""
    part: dict[str, Any] = {}
    if rule.working_hours is not None:
        part["working_hours"] = plain_hours(rule.working_hours)
    if rule.step_minutes:
        part["step_minutes"] = {step.value: rule.step_minutes[step] for step in Step if step in rule.step_minutes}
    if rule.overdue is not None:
        goals = [goal.value for goal in rule.overdue.to]
        part["overdue"] = {"to": goals, "open_per_reader": rule.overdue.open_per_reader}
    if rule.park_minutes != PARK_MINUTES:
        part["park_minutes"] = rule.park_minutes
    return part


def plain_hours(hours: Hours) -> dict[str, str]:
    return {"from": hours.begins.strftime("%H:%M"), "to": hours.ends.strftime("%H:%M")}
