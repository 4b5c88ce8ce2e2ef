"""The bar that stays on every page of staff: how many alerts wait for an answer of theirs; it never names a patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import blindness, visibility
from reading.alerts import alert_rows, classes
from reading.alerts.class_list import ResultClass
from reading.alerts.differences import ANSWERED_BY
from reading.alerts.notices import Kind
from reading.kinds import MAY_ANSWER
from reading.register.grants import reach
from reading.tables import case, critical_alert, critical_notice, organisation
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An alert that nobody has acknowledged, or that was read back otherwise, without whose it is."""

    case_id: str
    site: str
    named: ResultClass
    due_at: datetime
    is_theirs: bool
    """Whether it waits for their answer; False for the reader who raised it and hears that nobody did."""
    differs: bool
    """Whether it was answered, by words that differ from what was told, and nobody has answered that."""


def waiting(tx: Connection, staff: Staff, now: datetime) -> list[Waiting]:
    """The unanswered alerts of their own sites, those that were told to them or to where they answer, and own ones.

    Their own are those that are overdue, and those that were read back otherwise until somebody who reads answers that:
    these are also for whoever was told in their place.

    The earliest deadline comes first. Nothing is on record: it names nobody.
    """
    return [
        Waiting(
            case_id=row["case_id"],
            site=row["name"],
            named=classes.named(tx, row["critical_class"], row["site_id"]),
            due_at=row["due_at"],
            is_theirs=bool(row["is_theirs"]),
            differs=row["acknowledged_at"] is not None,
        )
        for row in _rows(tx, staff, now)
    ]


def theirs(tx: Connection, staff: Staff, now: datetime) -> int:
    """How many of these wait for their answer: to be acknowledged, or read back otherwise than it was told."""
    return sum(bool(row["is_theirs"]) or row["acknowledged_at"] is not None for row in _rows(tx, staff, now))


def _rows(tx: Connection, staff: Staff, now: datetime) -> Sequence[sa.RowMapping]:
    open_still = alert_rows.unanswered() | alert_rows.differing()
    if tx.scalar(sa.select(sa.func.count()).select_from(critical_alert).where(open_still)) == 0:
        return []
    answering = [grant.organisation_id for grant in staff.grants if grant.role in MAY_ANSWER]
    told = sa.exists().where(
        critical_notice.c.alert_id == critical_alert.c.id,
        (critical_notice.c.person_id == staff.person_id) | critical_notice.c.organisation_id.in_(answering),
    )
    own_sites = reach(tx, staff, now).own
    own = case.c.site_id.in_(own_sites)
    raised = (critical_alert.c.raised_by == staff.person_id) & (critical_alert.c.due_at <= now)
    reading = [grant.organisation_id for grant in staff.grants if grant.role in ANSWERED_BY]
    everybody = critical_notice.c.person_id.is_(None) & critical_notice.c.organisation_id.in_(reading)
    otherwise = alert_rows.differing() & sa.exists().where(
        critical_notice.c.alert_id == critical_alert.c.id,
        critical_notice.c.kind == Kind.DIFFERS,
        (critical_notice.c.person_id == staff.person_id) | everybody,
    )
    found = tx.execute(
        sa.select(
            critical_alert.c.case_id,
            case.c.site_id,
            critical_alert.c.critical_class,
            critical_alert.c.due_at,
            organisation.c.name,
            critical_alert.c.acknowledged_at,
            sa.and_(alert_rows.unanswered(), sa.or_(told, own)).label("is_theirs"),
        )
        .join(case, case.c.id == critical_alert.c.case_id)
        .join(organisation, organisation.c.id == case.c.site_id)
        .where((alert_rows.unanswered() & sa.or_(told, own, raised)) | otherwise)
        .where(visibility.visible_cases(tx, staff, now))
        .where(blindness.visible_alerts(staff, own_sites, now))
        .order_by(critical_alert.c.due_at, critical_alert.c.id)
    )
    return found.mappings().all()
