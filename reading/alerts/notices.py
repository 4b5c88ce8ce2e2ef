"""Whom an alert notifies: first a person at the site, then organisation by organisation upwards."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.kinds import Role
from reading.register import organisations
from reading.row_rules import valid_at
from storage.ids import new_id

FIRST_AT_THE_SITE: Final = (Role.CLINICIAN, Role.TECHNICIAN)
"""The roles that a new alert looks for at the site; it names somebody of the first role that is held there."""


def post(
    tx: Connection,
    *,
    alert_id: str,
    case_id: str,
    level: int,
    person_id: str | None,
    organisation_id: str,
    now: datetime,
) -> None:
    """Notify a person, or (``person_id`` None) everybody of an organisation, of an alert at a level."""
    tx.execute(
        sa.insert(tables.critical_notice).values(
            id=new_id(), alert_id=alert_id, person_id=person_id, organisation_id=organisation_id, level=level, at=now
        )
    )
    outbox.post(
        tx,
        "critical.raised" if level == 0 else "critical.climbed",
        alert_id,
        {"case_id": case_id, "person_id": person_id, "organisation_id": organisation_id, "level": level},
        now,
    )


def organisation_at(tx: Connection, site_id: str, climbed: int) -> str:
    """The organisation to notify next after an alert has climbed so often.

    First everybody at the site, then its parent, and so on; the top is notified again and again.
    """
    line = [site_id, *organisations.above(tx, site_id)]
    return line[min(climbed, len(line) - 1)]


def first_person(tx: Connection, site_id: str, now: datetime) -> str | None:
    """The person whom a new alert names: of the first role that is held at the site, who was active last."""
    grant, session = tables.role_grant, tables.staff_session
    active = (
        sa.select(session.c.person_id, sa.func.max(session.c.active_at).label("active_at"))
        .where(session.c.ended_at.is_(None))
        .group_by(session.c.person_id)
        .subquery()
    )
    for role in FIRST_AT_THE_SITE:
        found = tx.scalar(
            sa.select(grant.c.person_id)
            .outerjoin(active, active.c.person_id == grant.c.person_id)
            .where(grant.c.organisation_id == site_id, grant.c.role == role, valid_at(grant, now))
            .order_by(active.c.active_at.is_(None), active.c.active_at.desc(), grant.c.since)
            .limit(1)
        )
        if found is not None:
            return found
    return None
