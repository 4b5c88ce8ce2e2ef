"""Whom cases wait for, how each came to whoever took it, and which wait for a skill that nobody on duty has."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.cases import Case
from reading.cases.moves import WAITING, Step
from reading.queue.assignment_end import End
from reading.queue.takings import How
from reading.register import organisations
from reading.roster import skills, slots
from reading.roster.groups import READS
from reading.roster.members import members_of
from reading.rules import staffing
from reading.tables import assignment, case, person


@dataclass(frozen=True, kw_only=True)
class WaitsFor:
    """Whom a case waits for, and until when it waits for nobody else."""

    person_id: str
    name: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Taking:
    """That a case waited for somebody, or was taken."""

    name: str
    how: How
    at: datetime
    urgent: bool
    hundredths: int | None
    skipped: int
    why: str
    ended_at: datetime | None
    ended_as: End | None


def waits_for(tx: Connection, case_ids: Collection[str], now: datetime) -> dict[str, WaitsFor]:
    """Whom each of the cases waits for, where it does."""
    rows = tx.execute(
        sa.select(case.c.id, case.c.assigned_to, case.c.assigned_until, person.c.name)
        .join(person, person.c.id == case.c.assigned_to)
        .where(case.c.id.in_(case_ids), case.c.assigned_until > now, case.c.state.in_(WAITING))
    )
    return {row.id: WaitsFor(person_id=row.assigned_to, name=row.name, until=row.assigned_until) for row in rows}


def takings_of(tx: Connection, case_id: str) -> list[Taking]:
    """Whom a case waited for and who took it, the oldest first."""
    rows = tx.execute(
        sa.select(assignment, person.c.name)
        .join(person, person.c.id == assignment.c.person_id)
        .where(assignment.c.case_id == case_id)
        .order_by(assignment.c.at, assignment.c.id)
    )
    return [
        Taking(
            name=row.name,
            how=How(row.how),
            at=row.at,
            urgent=row.urgent,
            hundredths=row.weight,
            skipped=row.skipped,
            why=row.why,
            ended_at=row.ended_at,
            ended_as=None if row.ended_as is None else End(row.ended_as),
        )
        for row in rows
    ]


def without_skill(tx: Connection, found: Sequence[Case], now: datetime) -> set[str]:
    """The ids of those cases whose skills nobody on duty where they are read has; without slots, nobody who reads."""
    asked = [one for one in found if one.skills and one.state in WAITING and one.step in READS]
    lacking: set[str] = set()
    for site_id, tier in {(one.site_id, one.tier) for one in asked}:
        readers = organisations.readers_of(tx, site_id, tier, now)
        people = {one.person_id for one in slots.current(tx, readers, now) if one.step is Step.READ}
        if not people:
            people = {one.person_id for reader in readers for one in members_of(tx, reader, now)}
        had: dict[str, set[str]] = {one: set() for one in people}
        for one in skills.list_of(tx, people, now):
            had[one.person_id].add(one.code)
        for one in asked:
            here = (one.site_id, one.tier) == (site_id, tier)
            if here and not any(one.skills in staffing.met([one.skills], codes) for codes in had.values()):
                lacking.add(one.id)
    return lacking
