"""What an examination waits for at the counter of its township: each stage as a condition, all counted at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from reading.access import visibility
from reading.alerts import alert_rows
from reading.cases.identity_moves import Identity
from reading.cases.moves import UNFINISHED, State
from reading.context import Context, without_door
from reading.register.grants import reach
from reading.reports.versions import VALID, Status
from reading.signing.printing import Means
from reading.tables import case, critical_alert, printing, report_version
from reading.viewers import Staff

WAITS: Final = timedelta(days=30)
"""So long after its images came a finished examination waits to be matched or printed: not everybody wants paper."""


class Stage(StrEnum):
    """The tabs of the counter. An examination may wait for two things: whose it is, and its report."""

    TO_MATCH = "to_match"
    """Nobody knows whose the images are, or a person has to decide it."""
    TO_READ = "to_read"
    """No final report stands."""
    RETURNED = "returned"
    TO_PRINT = "to_print"
    """A report stands of which there is no paper."""
    DONE = "done"
    """The final report stands, and was printed."""


def among(stage: Stage | None, now: datetime, since: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for a stage, or for all of them.

    Received since, and unfinished besides; what waits to be matched or printed for `WAITS`, whatever ``since`` is.
    """
    open_still, lately = case.c.state.in_(UNFINISHED), case.c.received_at >= now - WAITS
    match stage:
        case Stage.TO_MATCH:
            undecided = case.c.identity.in_([Identity.DIFFERS, Identity.SILENT])
            return (lately | open_still) & (case.c.patient_id.is_(None) | undecided)
        case Stage.TO_READ:
            return case.c.state.in_(UNFINISHED - {State.RETURNED}) & ~_has(report_version.c.status == Status.FINAL)
        case Stage.RETURNED:
            return case.c.state == State.RETURNED
        case Stage.TO_PRINT:
            return lately & _has(report_version.c.status.in_(VALID) & ~_printed())
        case Stage.DONE:
            return (case.c.received_at >= since) & _has((report_version.c.status == Status.FINAL) & _printed())
        case None:
            return (case.c.received_at >= since) | open_still


def alarms_first() -> sa.ColumnElement[int]:
    """What orders examinations so that those whose critical result waits for an answer come first."""
    waits = alert_rows.unsettled()
    return sa.case((case.c.id.in_(sa.select(critical_alert.c.case_id).where(waits)), 0), else_=1)


@without_door("It counts, and names nobody.")
def counts(ctx: Context[Staff], since: datetime) -> Mapping[Stage, int]:
    """How many examinations of the person's own sites are at each stage."""
    own = at_own_sites(ctx)
    each = [
        sa.select(sa.func.count()).select_from(case).where(own, among(stage, ctx.now, since)).scalar_subquery()
        for stage in Stage
    ]
    return dict(zip(Stage, ctx.tx.execute(sa.select(*each)).one(), strict=True))


@without_door("It is a condition, and reads nothing.")
def at_own_sites(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those of the sites where the person works."""
    own = reach(ctx.tx, ctx.who, ctx.now).own
    return case.c.site_id.in_(own) & visibility.visible_cases(ctx.tx, ctx.who, ctx.now)


def _has(version: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    # Counted for each case, which PostgreSQL does by the index; of EXISTS it makes a join that reads all versions.
    of_case = (report_version.c.case_id == case.c.id) & version
    return sa.select(sa.func.count()).select_from(report_version).where(of_case).correlate(case).scalar_subquery() > 0


def _printed() -> sa.Exists:
    on_paper = (printing.c.version_id == report_version.c.id) & (printing.c.means == Means.PAPER)
    return sa.exists().where(on_paper).correlate(report_version)
