"""Who can answer for a site: the roles that are told at it and at each organisation above it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts.duty import ON_DUTY_AS
from reading.kinds import Role
from reading.register import organisations
from reading.register.grants import acts_from
from reading.row_rules import valid_at
from reading.tables import role_grant

SEES_THE_HIDDEN: Final = (Role.QUALITY_MANAGER,)
"""The only role to which `reading.access` shows a withheld case."""


def line_of(tx: Connection, site_id: str, *, hidden: bool) -> list[str]:
    """The organisations that are told in turn; ``hidden`` leaves out a site that does not see its case.

    Where nothing stands above the site, its own quality manager sees what is withheld.
    """
    above = organisations.above(tx, site_id)
    return above if hidden and above else [site_id, *above]


def roles_at(tx: Connection, organisation_id: str, site_id: str, now: datetime, *, hidden: bool) -> tuple[Role, ...]:
    """The roles that somebody holds at an organisation and that answer for the site from there."""
    asked = SEES_THE_HIDDEN if hidden else ON_DUTY_AS
    answering = [role for role in asked if organisation_id in acts_from(tx, role, site_id, now)]
    held = tx.scalars(
        sa.select(role_grant.c.role)
        .where(role_grant.c.organisation_id == organisation_id, valid_at(role_grant, now))
        .distinct()
    ).all()
    return tuple(role for role in answering if role in held)
