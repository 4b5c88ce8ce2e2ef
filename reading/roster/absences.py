"""Absences: leave, illness, training; whoever is absent is handed nothing, whatever the roster says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.roster import rights
from reading.row_rules import open_at
from reading.tables import absence, person
from reading.texts import storable
from reading.viewers import Staff
from storage.ids import new_id


class AbsenceKind(StrEnum):
    LEAVE = "leave"
    ILLNESS = "illness"
    TRAINING = "training"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Absence:
    id: str
    person_id: str
    username: str = field(repr=False)
    name: str = field(repr=False)
    kind: AbsenceKind
    since: datetime
    until: datetime | None


@without_door("Absences of staff; nothing of a patient is in them.")
def add(
    ctx: Context[Staff | Actor],
    *,
    username: str,
    kind: AbsenceKind,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Absence:
    """Say that somebody is absent; without ``since`` from now on, without ``until`` until somebody ends it.

    Everybody says it of themselves; others where they keep a roster of an organisation in which the person reads.

    Raises:
        NotThere: no such person on a roster that they keep.
        NotAllowed: they keep no roster, and it is not of themselves.
        Invalid: it ends before it begins, or before now.

    """
    one = rights.person_kept(ctx, username, themselves=True)
    # Two times of one zone are compared by their clocks, which run back and leave hours out.
    begins, until = (since or ctx.now).astimezone(UTC), until and until.astimezone(UTC)
    if until is not None and until <= max(begins, ctx.now):
        raise Invalid("until", "before_since")
    made = new_id()
    ctx.tx.execute(
        sa.insert(absence),
        {
            "id": made,
            "person_id": one.id,
            "kind": kind,
            "since": begins,
            "until": until,
            "made_by": rights.author(ctx.who),
        },
    )
    _record(ctx, one.id)
    return _select(ctx.tx, absence.c.id == made)[0]


@without_door("Absences of staff; nothing of a patient is in them.")
def end(ctx: Context[Staff | Actor], absence_id: str) -> Absence:
    """End an absence now; one that has not begun never does.

    Raises:
        NotThere: no such absence, or it has ended.
        NotAllowed: it is neither of themselves nor of somebody whose roster they keep.

    """
    asked = absence.c.id == storable("absence_id", absence_id, lines=False)
    found = _select(ctx.tx, asked, open_at(absence, ctx.now))
    if not found:
        raise NotThere("absence", absence_id)
    one = found[0]
    _must_say(ctx, one.person_id)
    ctx.tx.execute(sa.update(absence).where(asked).values(until=ctx.now, ended_by=rights.author(ctx.who)))
    _record(ctx, one.person_id)
    return one


def list_of(tx: Connection, person_ids: Collection[str] | None, now: datetime) -> list[Absence]:
    """The absences that hold now or later, the first ones first; ``person_ids`` None: of everybody."""
    theirs = sa.true() if person_ids is None else absence.c.person_id.in_(person_ids)
    return _select(tx, theirs, open_at(absence, now))


def _must_say(ctx: Context[Staff | Actor], person_id: str) -> None:
    if not (isinstance(ctx.who, Staff) and ctx.who.person_id == person_id):
        rights.must_keep_person(ctx, person_id)


def _record(ctx: Context[Staff | Actor], person_id: str) -> None:
    ctx.record(action=Action.ROSTER_ABSENCE, subject_kind="person", subject_id=person_id)


def _select(tx: Connection, *conditions: sa.ColumnElement[bool]) -> list[Absence]:
    rows = tx.execute(
        sa.select(absence, person.c.username, person.c.name)
        .join(person, person.c.id == absence.c.person_id)
        .where(sa.or_(absence.c.until.is_(None), absence.c.until > absence.c.since), *conditions)
        .order_by(absence.c.since, absence.c.id)
    )
    return [
        Absence(
            id=row.id,
            person_id=row.person_id,
            username=row.username,
            name=row.name,
            kind=AbsenceKind(row.kind),
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]
