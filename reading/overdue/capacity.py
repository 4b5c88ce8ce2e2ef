"""Room for more cases: how many are open at a tier of some organisations, and how many people there can take them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.moves import HELD, WAITING, Step
from reading.kinds import Tier
from reading.overdue import ways
from reading.roster import at_work, presence
from reading.roster.groups import GROUP_OF, ROLES
from reading.row_rules import valid_at
from reading.sessions.staff_sessions import IDLE

OPEN: Final = WAITING | HELD
"""The states in which a case takes room."""


def room(tx: Connection, organisation_id: str, tier: Tier, step: Step, *, open_per_reader: int, now: datetime) -> int:
    """How many more cases an organisation can take for a step at a tier; none or less where it is full."""
    readers = available(tx, organisation_id, tier, step, now)
    return ways.room(readers, open_cases(tx, organisation_id, tier, now), open_per_reader=open_per_reader)


def available(tx: Connection, organisation_id: str, tier: Tier, step: Step, now: datetime) -> int:
    """How many people there can be handed the step: by the roster, or those who are signed in where none is kept."""
    if presence.keeps_roster(tx, organisation_id, now):
        on_duty = at_work.on_duty(tx, [organisation_id], now)
        return sum(one.slot.step is GROUP_OF[step] and not one.obstacles for one in on_duty)
    grant, session = tables.role_grant, tables.staff_session
    signed_in = sa.exists().where(
        session.c.person_id == grant.c.person_id, session.c.ended_at.is_(None), session.c.active_at > now - IDLE
    )
    asked = sa.select(sa.func.count(grant.c.person_id.distinct())).where(
        grant.c.organisation_id == organisation_id,
        grant.c.role.in_(ROLES.get((step, tier), ())),
        valid_at(grant, now),
        signed_in,
    )
    return tx.scalar(asked) or 0


def open_cases(tx: Connection, organisation_id: str, tier: Tier, now: datetime) -> int:
    """How many cases wait or are held at a tier that an organisation reads for."""
    case, agreed = tables.case, tables.agreement
    sites = sa.select(agreed.c.site_id).where(
        agreed.c.reader_id == organisation_id, agreed.c.tier == tier, valid_at(agreed, now)
    )
    asked = (
        sa.select(sa.func.count())
        .select_from(case)
        .where(case.c.site_id.in_(sites), case.c.state.in_(OPEN), case.c.tier == tier)
    )
    return tx.scalar(asked) or 0
