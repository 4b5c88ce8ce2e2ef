"""Slots out of a table: each line is checked before any is added, so that a preview names every error by its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reading.audit import Actor
from reading.cases.moves import Step
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.register import organisations
from reading.roster import rights, slots
from reading.roster.groups import GROUP_OF
from reading.roster.slots import Planned, Slot
from reading.texts import plain
from reading.viewers import Staff

MOST_LINES: Final = 500
_CELLS: Final = 4
_AS_TYPED: Final = str.maketrans("，；;：", ",,,:")
STEPS: Final = {
    "报告": Step.READ,
    "审核": Step.VERIFY,
    "复核": Step.REVIEW,
    **{step.value: step for step in GROUP_OF.values()},
}
"""How a table names a reading group."""
_YEARS: Final = range(2000, 2200)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the table: what it adds, or what is wrong with it."""

    number: int
    """From 1."""
    cells: tuple[str, ...] = field(repr=False)
    planned: Planned | None = None
    problem: Invalid | NotThere | None = None


@without_door("The roster; nothing of a patient is in it.")
def read(ctx: Context[Staff | Actor], organisation_code: str, text: str, *, to_add: bool = False) -> list[Line]:
    """What a table would add: lines of ``username,step,since,until``, on the clock of the organisation.

    Unless they are ``to_add`` in this transaction, it locks nobody and writes nothing.

    ``until`` may be a time alone: of the same day, or of the next where it is not after the beginning. Empty lines, a
    heading, and lines that begin with # say nothing. Semicolons part cells as commas do, and both, and the colon, may
    be those of a Chinese keyboard.

    Raises:
        NotThere: no such organisation.
        NotAllowed: they do not keep this roster.
        Invalid: it has no line, or more than `MOST_LINES`.

    """
    place = organisations.in_force(ctx.tx, organisation_code)
    rights.must_keep(ctx, place.id)
    zone, found, table = ZoneInfo(place.time_zone), list[Line](), list(_cells(text))
    if not 1 <= len(table) <= MOST_LINES:
        raise Invalid("lines", "roster_number")
    if to_add:
        slots.lock_people(ctx, {said[0] for _, said in table})
    for number, said in table:
        try:
            planned = _beside(found, _planned(ctx, organisation_code, said, zone))
            found.append(Line(number=number, cells=said, planned=planned))
        except (Invalid, NotThere) as wrong:
            found.append(Line(number=number, cells=said, problem=wrong))
    return found


@without_door("The roster; nothing of a patient is in it.")
def add(ctx: Context[Staff | Actor], lines: Sequence[Line]) -> list[Slot]:
    """Add the slots of a table that was read in this transaction, to be added.

    Raises:
        Invalid: a line has an error; none is added.

    """
    if any(one.planned is None for one in lines):
        raise Invalid("lines", "roster_wrong")
    return [slots.write(ctx, one.planned) for one in lines if one.planned is not None]


def _is_heading(cells: Sequence[str]) -> bool:
    """Whether a first line names its columns, in whatever words: it has no digit where a slot has its times."""
    return len(cells) == _CELLS and not any(char.isdigit() for char in "".join(cells[2:])) and cells[1] not in STEPS


def _cells(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The lines that say something, with their numbers, from 1."""
    begun = False
    for number, cells in enumerate(csv.reader(text.lstrip("\ufeff").translate(_AS_TYPED).splitlines()), start=1):
        said = tuple(cell.strip() for cell in cells)
        if not any(said) or said[0].startswith("#"):
            continue
        heading, begun = not begun and _is_heading(said), True
        if not heading:
            yield number, said


def _beside(found: Sequence[Line], planned: Planned) -> Planned:
    """A slot that overlaps none of the lines before it."""
    if any(one.planned is not None and one.planned.overlaps(planned) for one in found):
        raise Invalid("slot", "overlap")
    return planned


def _planned(ctx: Context[Staff | Actor], organisation_code: str, cells: tuple[str, ...], zone: ZoneInfo) -> Planned:
    if len(cells) != _CELLS:
        raise Invalid("line", "roster_cells")
    username, step, since, until = map(plain, cells)
    if step not in STEPS:
        raise Invalid("step", "unknown")
    begins = _moment("since", since, zone)
    return slots.plan(
        ctx,
        organisation_code,
        username=username,
        step=STEPS[step],
        since=begins,
        until=_until(until, begins, zone),
    )


def _until(text: str, begins: datetime, zone: ZoneInfo) -> datetime:
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        return _moment("until", text, zone)
    if clock.tzinfo is not None:
        raise Invalid("until", "date")
    ends = datetime.combine(begins.date(), clock, zone)
    return ends if ends > begins else datetime.combine(begins.date() + timedelta(days=1), clock, zone)


def _moment(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        found = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError as wrong:
        raise Invalid(name, "date") from wrong
    if found.year not in _YEARS or found.tzinfo is not None:
        raise Invalid(name, "date")
    return found.replace(tzinfo=zone)
