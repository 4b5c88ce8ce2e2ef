"""Slots of a roster: somebody works in a reading group from a time until another, when it is handed over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.cases.moves import Step
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.register import organisations, people, roles
from reading.roster import groups, rights
from reading.row_rules import open_at, valid_at
from reading.tables import organisation, person, roster_slot
from reading.texts import storable
from reading.viewers import Staff
from storage.ids import new_id

LONGEST: Final = timedelta(hours=36)
"""Nobody is on duty longer; a slot of days is a mistake in the date."""


@dataclass(frozen=True, kw_only=True)
class Slot:
    id: str
    organisation_id: str
    organisation_code: str
    organisation_name: str
    time_zone: str
    person_id: str
    username: str = field(repr=False)
    name: str = field(repr=False)
    step: Step
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A slot that may be added."""

    organisation_id: str
    person_id: str
    step: Step
    since: datetime
    until: datetime

    def overlaps(self, other: Planned) -> bool:
        return self.person_id == other.person_id and self.since < other.until and other.since < self.until


@without_door("The roster; nothing of a patient is in it.")
def add(
    ctx: Context[Staff | Actor],
    *,
    organisation_code: str,
    username: str,
    step: Step,
    since: datetime | None,
    until: datetime | None,
) -> Slot:
    """Put somebody into a reading group from ``since`` until before ``until``.

    Raises:
        NotThere, NotAllowed, Invalid: as `plan`.

    """
    lock_people(ctx, [username])
    return write(ctx, plan(ctx, organisation_code, username=username, step=step, since=since, until=until))


@without_door("The roster; nothing of a patient is in it.")
def lock_people(ctx: Context[Staff | Actor], usernames: Collection[str]) -> None:
    """Lock people, so that two slots at once cannot overlap where one after the other would not; in one order."""
    names = {name for name in usernames if set(name) <= people.USERNAME_CHARACTERS}
    those = sa.select(person.c.id).where(person.c.username.in_(names)).order_by(person.c.id)
    ctx.tx.execute(those.with_for_update(key_share=True)).all()


@without_door("The roster; nothing of a patient is in it.")
def plan(
    ctx: Context[Staff | Actor],
    organisation_code: str,
    *,
    username: str,
    step: Step,
    since: datetime | None,
    until: datetime | None,
    instead_of: str = "",
) -> Planned:
    """A slot as it would be added, checked; ``instead_of`` is the id of one that ends for it.

    Whoever adds it has locked the person first (`lock_people`).

    Raises:
        NotThere: no such organisation or person.
        NotAllowed: they do not keep this roster.
        Invalid: the person has no role of the group there; the times are crossed, over, or too far apart; or the person
            is in a slot at some of that time already.

    """
    place = organisations.in_force(ctx.tx, organisation_code)
    rights.must_keep(ctx, place.id)
    if step not in groups.GROUP_OF.values():
        raise Invalid("step", "unknown")
    one = roles.person_of(ctx.tx, storable("person", username, lines=False))
    held = people.grants_of(ctx.tx, one.id, ctx.now)
    if not any(grant.organisation_id == place.id and grant.role in groups.OF_STEP[step] for grant in held):
        raise Invalid("person", "role_not_held")
    begins, ends = _times(since, until, ctx.now)
    theirs = (roster_slot.c.person_id == one.id) & (roster_slot.c.id != instead_of)
    if _select(ctx.tx, theirs, roster_slot.c.since < ends, roster_slot.c.until > begins):
        raise Invalid("slot", "overlap")
    return Planned(organisation_id=place.id, person_id=one.id, step=step, since=begins, until=ends)


@without_door("The roster; nothing of a patient is in it.")
def write(ctx: Context[Staff | Actor], planned: Planned) -> Slot:
    """Add a slot that was planned in this transaction."""
    made = new_id()
    ctx.tx.execute(
        sa.insert(roster_slot),
        {
            "id": made,
            "organisation_id": planned.organisation_id,
            "person_id": planned.person_id,
            "step": planned.step,
            "since": planned.since,
            "until": planned.until,
            "made_by": rights.author(ctx.who),
        },
    )
    _record(ctx, planned.organisation_id, planned.person_id)
    return _select(ctx.tx, roster_slot.c.id == made)[0]


@without_door("The roster; nothing of a patient is in it.")
def move(ctx: Context[Staff | Actor], slot_id: str, *, username: str, since: datetime, until: datetime) -> Slot:
    """Give a slot that has not begun other times or another person: it ends, and a new one stands in its place.

    Raises:
        NotThere: no such slot, or it has ended, or no such person.
        NotAllowed, Invalid: as `plan`; or the slot has begun.

    """
    found = _select(
        ctx.tx, roster_slot.c.id == storable("slot_id", slot_id, lines=False), open_at(roster_slot, ctx.now)
    )
    if not found:
        raise NotThere("slot", slot_id)
    one = found[0]
    rights.must_keep(ctx, one.organisation_id)
    if one.since <= ctx.now:
        raise Invalid("slot", "begun")
    lock_people(ctx, [username])
    planned = plan(
        ctx, one.organisation_code, username=username, step=one.step, since=since, until=until, instead_of=one.id
    )
    end(ctx, one.id)
    return write(ctx, planned)


@without_door("The roster; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], slot_id: str) -> Slot:
    """End a slot now; one that has not begun never does.

    Raises:
        NotThere: no such slot, or it has ended.
        NotAllowed: they do not keep this roster.

    """
    asked = roster_slot.c.id == storable("slot_id", slot_id, lines=False)
    found = _select(ctx.tx, asked, open_at(roster_slot, ctx.now))
    if not found:
        raise NotThere("slot", slot_id)
    one = found[0]
    rights.must_keep(ctx, one.organisation_id)
    ctx.tx.execute(sa.update(roster_slot).where(asked).values(until=ctx.now, ended_by=rights.author(ctx.who)))
    _record(ctx, one.organisation_id, one.person_id)
    return one


@without_door("The roster; nothing of a patient is in it.")
def between(ctx: Context[Staff | Actor], organisation_id: str, since: datetime, until: datetime) -> list[Slot]:
    """The slots of an organisation that lie at least partly in a period, the first ones first.

    Raises:
        NotAllowed: they neither keep this roster nor work there.

    """
    works = isinstance(ctx.who, Staff) and any(grant.organisation_id == organisation_id for grant in ctx.who.grants)
    if not works:
        rights.must_keep(ctx, organisation_id)
    here = roster_slot.c.organisation_id == organisation_id
    return _select(ctx.tx, here, roster_slot.c.since < until, roster_slot.c.until > since)


def current(tx: Connection, organisation_ids: Collection[str], now: datetime) -> list[Slot]:
    """The slots of organisations that hold at a time."""
    return _select(tx, roster_slot.c.organisation_id.in_(organisation_ids), valid_at(roster_slot, now))


def _times(since: datetime | None, until: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    if until is None:
        raise Invalid("until", "required")
    # Two times of one zone are compared by their clocks, which run back and leave hours out.
    begins, until = (since or now).astimezone(UTC), until.astimezone(UTC)
    if until <= max(begins, now):
        raise Invalid("until", "before_since")
    if until - begins > LONGEST:
        raise Invalid("until", "slot_too_long")
    return begins, until


def _record(ctx: Context[Staff | Actor], organisation_id: str, person_id: str) -> None:
    ctx.record(
        action=Action.ROSTER_SLOT,
        subject_kind="organisation",
        subject_id=organisation_id,
        details={"person_id": person_id},
    )


def _select(tx: Connection, *conditions: sa.ColumnElement[bool]) -> list[Slot]:
    rows = tx.execute(
        sa.select(
            roster_slot,
            person.c.username,
            person.c.name,
            organisation.c.code,
            organisation.c.name.label("organisation_name"),
            organisation.c.time_zone,
        )
        .join(person, person.c.id == roster_slot.c.person_id)
        .join(organisation, organisation.c.id == roster_slot.c.organisation_id)
        # An ended slot that never began stays as a row, and is no part of any roster.
        .where(roster_slot.c.until > roster_slot.c.since, *conditions)
        .order_by(roster_slot.c.since, person.c.name, roster_slot.c.id)
    )
    return [
        Slot(
            id=row.id,
            organisation_id=row.organisation_id,
            organisation_code=row.code,
            organisation_name=row.organisation_name,
            time_zone=row.time_zone,
            person_id=row.person_id,
            username=row.username,
            name=row.name,
            step=Step(row.step),
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]
