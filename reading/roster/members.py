"""Members of a reading group: who holds a role of an organisation with which they take a step of its cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import Step
from reading.roster.groups import GROUP_OF, GROUPS, OF_STEP
from reading.row_rules import valid_at
from reading.tables import person, role_grant


@dataclass(frozen=True, kw_only=True)
class Member:
    person_id: str
    username: str = field(repr=False)
    name: str = field(repr=False)
    title: str
    steps: tuple[Step, ...]


def members_of(tx: Connection, organisation_id: str, now: datetime) -> list[Member]:
    """The members of an organisation's reading groups, by name."""
    rows = tx.execute(
        sa.select(person.c.id, person.c.username, person.c.name, person.c.title, role_grant.c.role)
        .join(role_grant, role_grant.c.person_id == person.c.id)
        .where(
            role_grant.c.organisation_id == organisation_id,
            role_grant.c.role.in_(GROUPS),
            valid_at(role_grant, now),
            person.c.until.is_(None),
        )
        .order_by(person.c.name, person.c.id)
    ).all()
    roles: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        roles[row.id].add(row.role)
    people = {row.id: row for row in rows}
    return [
        Member(
            person_id=one.id,
            username=one.username,
            name=one.name,
            title=one.title,
            steps=tuple(step for step in dict.fromkeys(GROUP_OF.values()) if OF_STEP[step] & roles[one.id]),
        )
        for one in people.values()
    ]


def places_with_members(tx: Connection, organisation_ids: Collection[str], now: datetime) -> set[str]:
    """Those of the organisations in which somebody reads, verifies or reviews."""
    asked = sa.select(role_grant.c.organisation_id).where(
        role_grant.c.organisation_id.in_(organisation_ids), role_grant.c.role.in_(GROUPS), valid_at(role_grant, now)
    )
    return set(tx.scalars(asked.distinct()))
