"""Who is on duty in the reading groups of organisations now, and what stands against handing each of them a case."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.roster import limits, slots
from reading.roster.availability import AtWork, Obstacle, obstacles
from reading.roster.slots import Slot
from reading.row_rules import valid_at
from reading.sessions.staff_sessions import IDLE, LONGEST
from reading.tables import absence, assignment, lease, staff_session

ACTIVE: Final = timedelta(minutes=15)
"""Whoever did nothing for so long, and holds no case, is not handed the next one."""


@dataclass(frozen=True, kw_only=True)
class OnDuty:
    """Somebody inside a slot."""

    slot: Slot
    open_cases: int
    most: int | None
    obstacles: tuple[Obstacle, ...]
    """Empty: they are available."""


def on_duty(tx: Connection, organisation_ids: Collection[str], now: datetime) -> list[OnDuty]:
    """Everybody whose slot in one of the organisations has begun and not ended, by the beginning of it."""
    found = slots.current(tx, organisation_ids, now)
    people = {one.person_id for one in found}
    if not people:
        return []
    absent = set(
        tx.scalars(sa.select(absence.c.person_id).where(absence.c.person_id.in_(people), valid_at(absence, now)))
    )
    active = _last_acts(tx, people, now)
    held, waiting, most = _held(tx, people), _waiting(tx, people), limits.of_people(tx, people, now)
    made: list[OnDuty] = []
    for slot in found:
        person_id = slot.person_id
        last = active.get(person_id)
        facts = AtWork(
            in_slot=True,
            absent=person_id in absent,
            signed_in=last is not None,
            active=last is not None and (last > now - ACTIVE or held.get(person_id, 0) > 0),
            open_cases=held.get(person_id, 0) + waiting.get(person_id, 0),
            most=most.get(person_id),
        )
        made.append(OnDuty(slot=slot, open_cases=facts.open_cases, most=facts.most, obstacles=obstacles(facts)))
    return made


def _last_acts(tx: Connection, people: Collection[str], now: datetime) -> dict[str, datetime]:
    """When each of those who are signed in did something last."""
    at = sa.func.max(staff_session.c.active_at, type_=staff_session.c.active_at.type)
    rows = tx.execute(
        sa.select(staff_session.c.person_id, at.label("at"))
        .where(
            staff_session.c.person_id.in_(people),
            staff_session.c.ended_at.is_(None),
            staff_session.c.active_at > now - IDLE,
            staff_session.c.created_at > now - LONGEST,
        )
        .group_by(staff_session.c.person_id)
    )
    return {row.person_id: row.at for row in rows}


def _waiting(tx: Connection, people: Collection[str]) -> dict[str, int]:
    """How many cases wait for each."""
    rows = tx.execute(
        sa.select(assignment.c.person_id, sa.func.count().label("cases"))
        .where(assignment.c.person_id.in_(people), assignment.c.ended_at.is_(None))
        .group_by(assignment.c.person_id)
    )
    return {row.person_id: row.cases for row in rows}


def _held(tx: Connection, people: Collection[str]) -> dict[str, int]:
    """How many cases each works at; what lies aside is left out."""
    rows = tx.execute(
        sa.select(lease.c.person_id, sa.func.count().label("cases"))
        .where(lease.c.person_id.in_(people), lease.c.parked_at.is_(None))
        .group_by(lease.c.person_id)
    )
    return {row.person_id: row.cases for row in rows}
