"""Whom a site calls: those who manage its quality where an examination is wrong, or who administer its accounts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.kinds import Role
from reading.register import organisations
from reading.row_rules import valid_at
from reading.tables import duty, person, role_grant


@dataclass(frozen=True, kw_only=True)
class Reached:
    """Somebody who holds the role; the number is that under which they are on duty in it, or empty."""

    name: str
    telephone: str


@dataclass(frozen=True, kw_only=True)
class Contact:
    """An organisation that answers for a site; ``people`` hold the role there, and may be nobody."""

    organisation: str
    telephone: str
    people: tuple[Reached, ...]


def contacts_of(
    tx: Connection, site_ids: Collection[str], now: datetime, *, role: Role = Role.QUALITY_MANAGER
) -> list[Contact]:
    """Of each site itself and those above it, the nearest first; not those that name neither anybody nor a number."""
    lines = dict.fromkeys(each for site_id in sorted(site_ids) for each in (site_id, *organisations.above(tx, site_id)))
    named = organisations.by_ids(tx, lines)
    on_duty = (
        (duty.c.person_id == person.c.id)
        & (duty.c.organisation_id == role_grant.c.organisation_id)
        & (duty.c.role == role_grant.c.role)
        & valid_at(duty, now)
    )
    rows = tx.execute(
        sa.select(
            role_grant.c.organisation_id, person.c.name, sa.func.coalesce(duty.c.telephone, "").label("telephone")
        )
        .join(person, person.c.id == role_grant.c.person_id)
        .outerjoin(duty, on_duty)
        .where(
            role_grant.c.organisation_id.in_(lines),
            role_grant.c.role == role,
            valid_at(role_grant, now),
            valid_at(person, now),
        )
        .order_by(person.c.name)
    ).all()
    found = [
        Contact(
            organisation=named[uid].name,
            telephone=named[uid].telephone,
            people=tuple(
                dict.fromkeys(
                    Reached(name=row.name, telephone=row.telephone) for row in rows if row.organisation_id == uid
                )
            ),
        )
        for uid in lines
    ]
    return [one for one in found if one.telephone or one.people]
