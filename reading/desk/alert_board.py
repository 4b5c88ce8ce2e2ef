"""The board of alerts that are open, and the log of all that were raised in a time, for those who see their cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from reading.access import blindness, visibility
from reading.actions import Action
from reading.alerts import alert_rows, moved_images, notices
from reading.alerts.alert_rows import Kind
from reading.alerts.moves import State
from reading.context import Context, without_door
from reading.desk.alert_lines import PendingAlert, pending_alerts
from reading.register.grants import reach
from reading.tables import case, critical_alert
from reading.viewers import Staff

IN_TIME: Final = timedelta(minutes=10)
"""Within which a critical result is to have reached somebody (国卫办医政函〔2024〕150号)."""
MOST: Final = 1000
"""Alerts that a log holds."""


class Row(StrEnum):
    """What a row of the log says."""

    NOTIFIED = "notified"
    ADDED = "added"
    """Somebody heard what else was found before anybody had answered."""
    CLIMBED = "climbed"
    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    """What was read back differs from what was told; whoever found it was told so."""
    CLARIFIED = "clarified"
    """Whoever reads spoke with the site again, or the report was corrected."""
    REMINDED = "reminded"
    SKIPPED = "skipped"
    """Nobody at an organisation could answer: the next one was told instead."""
    CARRIED = "carried"
    """It goes on at another case of the same person, which has the images."""
    DISPOSAL = "disposal"
    RESET = "reset"
    LIFTED = "lifted"
    WITHDRAWN = "withdrawn"


BY_A_READER: Final = frozenset({Row.NOTIFIED, Row.ADDED, Row.CLARIFIED, Row.RESET, Row.LIFTED, Row.WITHDRAWN})
"""Rows of what those who read did; they may be unnamed (`PendingAlert.is_nameless`)."""
_OF_NOTICE: Final = {
    notices.Kind.TOLD: Row.NOTIFIED,
    notices.Kind.ADDED: Row.ADDED,
    notices.Kind.CLIMBED: Row.CLIMBED,
    notices.Kind.REMINDED: Row.REMINDED,
    notices.Kind.SKIPPED: Row.SKIPPED,
    notices.Kind.CARRIED: Row.CARRIED,
    notices.Kind.DIFFERS: Row.DIFFERS,
}
_OF_END: Final = {State.RESET: Row.RESET, State.LIFTED: Row.LIFTED, State.WITHDRAWN: Row.WITHDRAWN}


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """One row of the log: who said what to whom, and when."""

    at: datetime
    row: Row
    by: str = field(repr=False)
    """The name of the side that speaks; empty for the system."""
    to: str = field(repr=False)
    """The name of the other side; empty where an organisation was told, or nobody."""
    organisation: str
    """The one that was told; empty where nobody was."""
    telephone: str = field(repr=False)
    content: str = field(repr=False)
    """The finding, what was read back, or what was done, in words."""
    code: str
    """The means of a confirmation, the kind of a disposal, or how a difference was answered; else empty."""


@dataclass(frozen=True, kw_only=True)
class Log:
    alerts: tuple[PendingAlert, ...]
    """The oldest first."""
    cut: bool
    """Whether there are more than `MOST`; the share counts all."""
    in_time: int
    """How many were acknowledged within `IN_TIME`."""
    of: int
    """Of how many."""


@without_door("The page records the look at the list first; the rows are those that are visible to the viewer.")
def board(ctx: Context[Staff]) -> tuple[PendingAlert, ...]:
    """The alerts that wait for an acknowledgement, then those that are not settled; the earliest deadline first."""
    open_still = alert_rows.select(ctx.tx, alert_rows.unsettled() & _visible(ctx))
    found = sorted(open_still, key=lambda one: (one.acknowledged_at is not None, one.due_at, one.id))
    return pending_alerts(ctx, found[:MOST], last=notices.ON_A_LIST)


@without_door("The page records the look at the list first; the rows are those that are visible to the viewer.")
def log(ctx: Context[Staff], *, since: datetime, until: datetime) -> Log:
    """The alerts that were raised from ``since`` (included) to ``until`` (excluded), with how many were in time."""
    raised = (critical_alert.c.raised_at >= since) & (critical_alert.c.raised_at < until)
    found = alert_rows.select(ctx.tx, raised & _visible(ctx), limit=MOST + 1)
    counted = _in_time(ctx, raised)
    return Log(
        alerts=pending_alerts(ctx, found[:MOST], last=notices.IN_A_LOG, with_first=True),
        cut=len(found) > MOST,
        in_time=counted.count(True),
        of=len(counted),
    )


@without_door("A list; each file of it is on record, with the rows that are visible to the viewer.")
def export(ctx: Context[Staff], *, since: datetime, until: datetime) -> Log:
    """The log to be taken away as a file, as `log`; each time is on record with its days."""
    last = until - timedelta(microseconds=1)
    days = {"since": since.date().isoformat(), "until": last.date().isoformat()}
    ctx.record(action=Action.CRITICAL_EXPORT, subject_kind="list", subject_id="", details=days)
    return log(ctx, since=since, until=until)


@without_door("It adds to a case that the page has opened.")
def of_case(ctx: Context[Staff], case_id: str) -> tuple[PendingAlert, ...]:
    """Every alert that a case had, the oldest first: they stay on it for good, also where they went on elsewhere."""
    had = (critical_alert.c.case_id == case_id) | moved_images.carried_from(case_id)
    return pending_alerts(ctx, alert_rows.select(ctx.tx, had & _visible(ctx)), last=notices.IN_A_LOG, with_first=True)


def was_in_time(
    begun: datetime, acknowledged_at: datetime | None, ended_at: datetime | None, now: datetime
) -> bool | None:
    """Whether a critical result was acknowledged within `IN_TIME`; None where its time runs, or ran when it ended."""
    if acknowledged_at is not None:
        return acknowledged_at - begun <= IN_TIME
    return False if (ended_at or now) - begun > IN_TIME else None


def rows_of(pending: PendingAlert) -> Sequence[LogRow]:
    """The rows of one alert in their order: notified, confirmed, disposal, and what took it back."""
    alert = pending.alert
    rows = [
        LogRow(
            at=told.at,
            row=_OF_NOTICE[told.kind],
            by=_speaker(pending, told),
            to=told.name,
            organisation=told.organisation,
            telephone=told.telephone,
            content=_content(alert, told),
            code="",
        )
        for told in pending.told
        if told.kind in _OF_NOTICE
    ]
    if alert.acknowledged_at is not None:
        rows.append(
            _answer(
                alert.acknowledged_at,
                Row.CONFIRMED,
                by=pending.acknowledged_by,
                to=alert.spoken_with,
                content=alert.read_back,
                code=alert.means,
            )
        )
    if alert.clarified_at is not None:
        rows.append(
            _answer(
                alert.clarified_at,
                Row.CLARIFIED,
                by=pending.clarified_by,
                to=alert.clarified_with,
                content=alert.agreed,
                code=alert.clarified_as,
            )
        )
    if alert.disposed_at is not None:
        rows.append(
            _answer(
                alert.disposed_at,
                Row.DISPOSAL,
                by=pending.disposed_by,
                content=alert.disposal_text,
                code=alert.disposal,
            )
        )
    if alert.ended_at is not None:
        rows.append(_answer(alert.ended_at, _OF_END[alert.state], by=pending.ended_by, content=alert.ended_why))
    return sorted(rows, key=lambda row: (row.at, list(Row).index(row.row)))


def _speaker(pending: PendingAlert, told: notices.Notice) -> str:
    match told.kind:
        case notices.Kind.TOLD:
            return pending.raised_by
        case notices.Kind.DIFFERS:
            return pending.acknowledged_by
        case _:
            return told.said_by


def _content(alert: alert_rows.Alert, told: notices.Notice) -> str:
    match told.kind:
        case notices.Kind.TOLD:
            return alert.finding
        case notices.Kind.DIFFERS:
            return alert.read_back or ""
        case _:
            return told.finding


def _answer(
    at: datetime, row: Row, *, by: str, to: str | None = None, content: str | None = None, code: str | None = None
) -> LogRow:
    return LogRow(
        at=at, row=row, by=by, to=to or "", organisation="", telephone="", content=content or "", code=code or ""
    )


def _visible(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    told = blindness.visible_alerts(ctx.who, reach(ctx.tx, ctx.who, ctx.now).own, ctx.now)
    seen = (
        sa.select(critical_alert.c.id)
        .join(case, case.c.id == critical_alert.c.case_id)
        .where(visibility.visible_cases(ctx.tx, ctx.who, ctx.now), told)
    )
    return critical_alert.c.id.in_(seen.correlate(None))


def _in_time(ctx: Context[Staff], raised: sa.ColumnElement[bool]) -> list[bool]:
    """Of each critical result that counts, however many there are, whether it was in time.

    Rules that tell what is not critical and flags set by mistake do not count. One that a correction reset counts as
    the alert in its place, from when the first of them was raised, unless somebody had acknowledged it.
    """
    alert = critical_alert.c
    times = sa.select(alert.id, alert.raised_at, alert.acknowledged_at, alert.ended_at, alert.replaced_by).where(
        alert.kind == Kind.CRITICAL, _visible(ctx)
    )
    reset = ctx.tx.execute(times.where(alert.replaced_by.is_not(None), alert.acknowledged_at.is_(None)))
    before: defaultdict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for row in reset:
        before[row.replaced_by].append((row.id, row.raised_at))

    def begun(alert_id: str, raised_at: datetime) -> datetime:
        return min([raised_at, *(begun(*old) for old in before.get(alert_id, ()))])

    counts = alert.ended_as.is_(None) | alert.ended_as.not_in([State.WITHDRAWN, State.RESET])
    found = [
        was_in_time(begun(row.id, row.raised_at), row.acknowledged_at, row.ended_at, ctx.now)
        for row in ctx.tx.execute(times.where(raised, counts))
    ]
    return [one for one in found if one is not None]
