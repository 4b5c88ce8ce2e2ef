"""Notices of reports: a site acknowledges a version that says something else than before, or that its rule asks for."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.errors import NotThere
from reading.register.grants import reach
from reading.reports.versions import ReportVersion
from reading.tables import case, change_notice, report_version
from reading.viewers import Staff
from storage.ids import new_id


class NoticeKind(StrEnum):
    """Why a site is asked to acknowledge a version."""

    CHANGED = "changed"
    """It says something else than the one that the site may have read."""
    RELEASED = "released"
    """It is the first one, and the rule of its case asks that the site passes it on, whatever it says."""


def post(tx: Connection, version: ReportVersion, site_id: str, kind: NoticeKind, now: datetime) -> None:
    """Ask a site to acknowledge a version."""
    values = {"id": new_id(), "version_id": version.id, "site_id": site_id, "kind": kind, "at": now}
    tx.execute(sa.insert(change_notice), values)


def acknowledge(ctx: Context[Staff], notice_id: str) -> None:
    """Record that the site has read the report and passed it on: the notices before this one are answered with it.

    Raises:
        NotThere: no such notice, not one of their own site, or somebody has acknowledged it.

    """
    found = ctx.tx.execute(
        sa.select(report_version.c.case_id, change_notice.c.at)
        .select_from(change_notice)
        .join(report_version, report_version.c.id == change_notice.c.version_id)
        .join(case, case.c.id == report_version.c.case_id)
        .where(change_notice.c.id == notice_id, unacknowledged())
        .where(case.c.site_id.in_(reach(ctx.tx, ctx.who, ctx.now).own))
    ).one_or_none()
    if found is None:
        raise NotThere
    # The case, not the version: a version that was withheld since is acknowledged as well.
    door.open_case(ctx, found.case_id, Action.CHANGE_ACKNOWLEDGE)
    of_case = sa.select(report_version.c.id).where(report_version.c.case_id == found.case_id)
    ctx.tx.execute(
        sa.update(change_notice)
        .where(change_notice.c.version_id.in_(of_case), change_notice.c.at <= found.at, unacknowledged())
        .values(acknowledged_by=ctx.who.person_id, acknowledged_at=ctx.now)
    )


def unacknowledged() -> sa.ColumnElement[bool]:
    """The condition on the table ``change_notice`` for those that wait for their site."""
    return change_notice.c.acknowledged_at.is_(None)
