"""Who can be asked about a case: those who worked on it, and those on duty where it is read; and who is there."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import blindness
from reading.cases.cases import Case
from reading.kinds import Role
from reading.register import organisations
from reading.roster import presence
from reading.roster.groups import ROLES
from reading.row_rules import valid_at


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """A person, or everybody of a role at an organisation."""

    person_id: str | None
    name: str = field(repr=False)
    """Empty for a role."""
    organisation_id: str
    organisation: str
    role: Role
    there: bool
    """Whether they are signed in, and on shift where a roster is kept; a role always is."""

    @property
    def key(self) -> str:
        """What stands for it in a form."""
        return self.person_id or f"{self.organisation_id}.{self.role}"


def of_case(tx: Connection, case: Case, *, but: str, now: datetime) -> list[Addressee]:
    """Those who worked on a case, the last ones first, then those on duty where it is read now; ``but`` is who asks.

    While nobody is told who reads a case, only those on duty can be asked.
    """
    nameless = blindness.is_nameless(tx, case)
    people = [] if nameless else [one for one in _people(tx, case.id, now) if one.person_id != but]
    return [*people, *(one for one in _roles(tx, case, now) if has_others(tx, one, but={but}, now=now))]


def has_others(tx: Connection, of: Addressee, *, but: AbstractSet[str], now: datetime) -> bool:
    """Whether somebody else than the addressee and these people holds the role at the organisation."""
    grant, person = tables.role_grant, tables.person
    asked = (
        sa.select(sa.literal(1))
        .join(person, person.c.id == grant.c.person_id)
        .where(grant.c.organisation_id == of.organisation_id, grant.c.role == of.role, valid_at(grant, now))
        .where(person.c.until.is_(None), person.c.id.not_in(but | {of.person_id or ""}))
    )
    return tx.scalar(asked.limit(1)) is not None


def _people(tx: Connection, case_id: str, now: datetime) -> list[Addressee]:
    moved, grant, person, place = tables.case_move, tables.role_grant, tables.person, tables.organisation
    rows = tx.execute(
        sa.select(moved.c.person_id, person.c.name, grant.c.organisation_id, grant.c.role, place.c.name.label("place"))
        .join(grant, grant.c.id == moved.c.grant_id)
        .join(person, person.c.id == moved.c.person_id)
        .join(place, place.c.id == grant.c.organisation_id)
        .where(moved.c.case_id == case_id, person.c.until.is_(None), valid_at(grant, now))
        .order_by(moved.c.number.desc())
    )
    found: dict[str, Addressee] = {}
    for row in rows:
        if row.person_id not in found:
            found[row.person_id] = Addressee(
                person_id=row.person_id,
                name=row.name,
                organisation_id=row.organisation_id,
                organisation=row.place,
                role=Role(row.role),
                there=presence.is_there(tx, row.person_id, row.organisation_id, now),
            )
    return list(found.values())


def _roles(tx: Connection, case: Case, now: datetime) -> list[Addressee]:
    readers = organisations.by_ids(tx, organisations.readers_of(tx, case.site_id, case.tier, now))
    roles = ROLES.get((case.step, case.tier), ())[:1]
    return [
        Addressee(person_id=None, name="", organisation_id=one.id, organisation=one.name, role=role, there=True)
        for one in sorted(readers.values(), key=lambda one: one.code)
        for role in roles
    ]
