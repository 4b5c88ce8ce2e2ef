"""Whether somebody is at work: by the roster of their organisation where it keeps one, else by their sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.roster import at_work
from reading.roster.availability import Obstacle
from reading.sessions.staff_sessions import IDLE

KEPT: Final = timedelta(days=7)
"""An organisation whose last slot ended longer ago keeps no roster."""
_AWAY: Final = frozenset({Obstacle.OUTSIDE_SLOT, Obstacle.ABSENT, Obstacle.SIGNED_OUT})
"""What keeps somebody from seeing what waits for them; whoever is busy sees it later."""


def keeps_roster(tx: Connection, organisation_id: str, now: datetime) -> bool:
    """Whether an organisation has slots now, later, or had some lately."""
    slot = tables.roster_slot
    asked = sa.select(sa.literal(1)).where(slot.c.organisation_id == organisation_id, slot.c.until > now - KEPT)
    return tx.scalar(asked.limit(1)) is not None


def is_there(tx: Connection, person_id: str, organisation_id: str, now: datetime) -> bool:
    """Whether somebody is at work: by the roster of their organisation, else by whether they are signed in."""
    if keeps_roster(tx, organisation_id, now):
        on_duty = at_work.on_duty(tx, [organisation_id], now)
        return any(one.slot.person_id == person_id and not _AWAY & set(one.obstacles) for one in on_duty)
    session = tables.staff_session
    asked = sa.select(sa.literal(1)).where(
        session.c.person_id == person_id, session.c.ended_at.is_(None), session.c.active_at > now - IDLE
    )
    return tx.scalar(asked.limit(1)) is not None
