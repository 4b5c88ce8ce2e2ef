"""A read-back that differs from what was told: who hears so, and who is asked while nobody has answered it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.alerts import findings, notices
from reading.alerts.alert_rows import Alert
from reading.cases.cases import Case
from reading.kinds import Role
from reading.register import organisations
from reading.register.grants import acts_from
from reading.roster import presence
from reading.row_rules import valid_at
from reading.tables import role_grant

ANSWERED_BY: Final = (Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER, Role.QUALITY_MANAGER)
"""Those who read for a site answer it, whoever found it, and those who manage its quality."""
_ON_DUTY: Final = (Role.REVIEWER, Role.QUALITY_MANAGER)
"""The roles among them in which somebody can be on duty (`duty.ON_DUTY_AS`)."""


def tell(tx: Connection, alert: Alert, case: Case, now: datetime) -> None:
    """Tell whoever found it; for those who are not at work, those on duty where they read, too."""
    away: set[str] = set()
    for person_id in sorted(findings.said_by(tx, alert)):
        at = _place_of(tx, person_id, case, now)
        if at is not None:
            notices.tell_person(tx, alert, notices.Kind.DIFFERS, person_id, organisation_id=at, now=now)
        if at is None or not presence.is_there(tx, person_id, at, now):
            away |= {at} if at is not None else organisations.readers_of(tx, case.site_id, case.tier, now)
    for organisation_id in sorted(away):
        _tell_at(tx, alert, case, organisation_id, now)


def tell_again(tx: Connection, alert: Alert, case: Case, now: datetime) -> None:
    """Tell those on duty where it was found, then, each time that it is asked, one organisation further up."""
    line = _line(tx, alert, case, now)
    if line:
        _tell_at(tx, alert, case, line[min(alert.asked, len(line)) - 1], now)


def _line(tx: Connection, alert: Alert, case: Case, now: datetime) -> list[str]:
    """Where those who found it read, else whoever reads for the site; then above it where somebody answers."""
    found = [_place_of(tx, person_id, case, now) for person_id in findings.said_by(tx, alert)]
    theirs = {at for at in found if at is not None} or organisations.readers_of(tx, case.site_id, case.tier, now)
    every = [*sorted(theirs), *(above for each in sorted(theirs) for above in organisations.above(tx, each))]
    answering = set[str]().union(*(acts_from(tx, role, case.site_id, now) for role in ANSWERED_BY))
    return [each for each in dict.fromkeys(every) if each in answering]


def _tell_at(tx: Connection, alert: Alert, case: Case, organisation_id: str, now: datetime) -> None:
    roles = [role for role in _ON_DUTY if organisation_id in acts_from(tx, role, case.site_id, now)]
    notices.tell_at(tx, alert, notices.Kind.DIFFERS, organisation_id, roles, now)


def _place_of(tx: Connection, person_id: str, case: Case, now: datetime) -> str | None:
    """The organisation from which somebody reads for the site; None where they do no longer."""
    grant = role_grant.c
    held = tx.execute(
        sa.select(grant.role, grant.organisation_id)
        .where(grant.person_id == person_id, grant.role.in_(ANSWERED_BY), valid_at(role_grant, now))
        .order_by(grant.organisation_id)
    ).all()
    at = {Role(one.role): set[str]() for one in held}
    for one in held:
        at[Role(one.role)].add(one.organisation_id)
    from_here = (at[role] & acts_from(tx, role, case.site_id, now) for role in ANSWERED_BY if role in at)
    return next((min(one) for one in from_here if one), None)
