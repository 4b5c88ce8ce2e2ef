"""The township's desk: its examinations with the report that may be printed, and what waits for its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from reading import tables
from reading.access import visibility
from reading.alerts import alert_rows, notices
from reading.alerts.alert_rows import Alert
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.cases.moves import State
from reading.completeness import follow_ups
from reading.completeness.follow_ups import FollowUp
from reading.context import Context, without_door
from reading.desk import case_moves, stages, worklist
from reading.desk.alert_lines import PendingAlert, pending_alerts
from reading.desk.entries import Entry, entries_of
from reading.desk.sorting import Sorting
from reading.desk.stages import Stage
from reading.desk.worklist import Filters
from reading.patients import persons
from reading.register.grants import reach
from reading.reports import versions
from reading.reports.versions import VALID, ReportVersion, from_row
from reading.signing import change_notices, changed_fields, printing
from reading.signing.change_notices import NoticeKind
from reading.signing.printing import Printings
from reading.viewers import Staff

MOST_EARLIER: Final = 5
MOST: Final = 200
"""Examinations that a list holds, and answers of one kind that are asked for at a time."""


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One line of the township's list."""

    entry: Entry
    time_zone: str
    """The site's, in which people read its times."""
    printable: ReportVersion | None
    printed: Printings | None
    """What is on paper of that version; None where nothing is."""


@dataclass(frozen=True, kw_only=True)
class Examinations:
    listed: tuple[Examination, ...]
    total: int
    counts: Mapping[Stage, int]
    """Of each stage, whatever is searched; empty for those who work at no site."""


@dataclass(frozen=True, kw_only=True)
class PendingReturn:
    """A case that a reader returned, or whose images the modality rejected."""

    entry: Entry
    time_zone: str
    move: MoveRow


@dataclass(frozen=True, kw_only=True)
class PendingChange:
    """A report that the township has to acknowledge."""

    entry: Entry
    time_zone: str
    notice_id: str
    version_id: str
    """The one that stands now, also where the notice is of an earlier one."""
    kind: NoticeKind
    at: datetime
    changed: Sequence[str]
    """The fields that say something else than in the version that the site had before."""
    was_final: bool
    """Whether that was a final report."""
    on_paper: bool
    """Whether a version that stands no longer was printed."""


@dataclass(frozen=True, kw_only=True)
class PendingImages:
    """Images that arrived after the report; a reader answers, the township is told."""

    entry: Entry
    time_zone: str
    follow_up: FollowUp
    images: int


@dataclass(frozen=True, kw_only=True)
class Pending:
    """What waits for an answer, for each township of a person."""

    alerts: tuple[PendingAlert, ...]
    returns: tuple[PendingReturn, ...]
    changes: tuple[PendingChange, ...]
    images: tuple[PendingImages, ...]


@without_door("The page records the look at the list first; the rows are those that are visible to the viewer.")
def examinations(ctx: Context[Staff], *, text: str, since: datetime, stage: Stage | None = None) -> Examinations:
    """The examinations at a stage, or all of a time and those that are still open; alarms first, then the newest.

    Who searches for a person finds them at every stage, however long ago they were examined. Those who work at no site
    have no stages: they see what they manage.
    """
    works = bool(reach(ctx.tx, ctx.who, ctx.now).own)
    condition = None if text.strip() else stages.among(stage, ctx.now, since)
    if works:
        condition = stages.at_own_sites(ctx) if condition is None else condition & stages.at_own_sites(ctx)
    wanted = Filters(text=text, among=condition, sorting=Sorting.ALARMS)
    found = worklist.list_cases(ctx.tx, ctx.who, wanted, limit=MOST, offset=0, now=ctx.now)
    printable = printable_versions(ctx, [entry.case.id for entry in found.entries])
    printed = printing.of_versions(ctx, [version.id for version in printable.values()])

    def line(entry: Entry) -> Examination:
        version = printable.get(entry.case.id)
        paper = None if version is None else printed.get(version.id)
        return Examination(entry=entry, time_zone=entry.site.time_zone, printable=version, printed=paper)

    return Examinations(
        listed=tuple(map(line, found.entries)),
        total=found.total,
        counts=stages.counts(ctx, since) if works else {},
    )


@without_door("The page has opened the patient's record; the rows are those that are visible to the viewer.")
def earlier(ctx: Context[Staff], patient_id: str) -> tuple[Examination, ...]:
    """The last examinations of a person, the newest first."""
    theirs = tables.case.c.patient_id.in_(persons.record_ids(ctx.tx, patient_id))
    wanted = Filters(among=theirs, sorting=Sorting.ARRIVAL, descending=True)
    found = worklist.list_cases(ctx.tx, ctx.who, wanted, limit=MOST_EARLIER, offset=0, now=ctx.now)
    printable = printable_versions(ctx, [entry.case.id for entry in found.entries])
    return tuple(
        Examination(entry=entry, time_zone=entry.site.time_zone, printable=printable.get(entry.case.id), printed=None)
        for entry in found.entries
    )


@without_door("It adds to cases that the page has opened or listed; versions are those visible to the viewer.")
def printable_versions(ctx: Context[Staff], case_ids: Sequence[str]) -> Mapping[str, ReportVersion]:
    """The one version of each case that may be printed; cases without one are left out."""
    version = tables.report_version
    rows = ctx.tx.execute(
        sa.select(version)
        .join(tables.case, tables.case.c.id == version.c.case_id)
        .where(
            version.c.case_id.in_(case_ids),
            version.c.status.in_(VALID),
            visibility.visible_versions(ctx.tx, ctx.who, ctx.now),
        )
    )
    return {version.case_id: version for version in map(from_row, rows)}


@without_door("The page records the look at the list first; the rows are those that are visible to the viewer.")
def pending(ctx: Context[Staff], case_id: str | None = None) -> Pending:
    """What waits for an answer from this person's own sites, about one case or about all."""
    case = tables.case
    own = case.c.site_id.in_(reach(ctx.tx, ctx.who, ctx.now).own) & visibility.visible_cases(ctx.tx, ctx.who, ctx.now)
    if case_id is not None:
        own &= case.c.id == case_id
    alerts, returned, changes, late = _alerts(ctx, own), _returned(ctx, own), _changes(ctx, own), _late(ctx, own)
    changed = _cases(ctx, tables.case.c.id.in_({row["case_id"] for row in changes}) & own) if changes else []
    with_alert = cases.by_ids(ctx.tx, {one.case_id for one in alerts})
    # One case may wait for several answers: its line is put together once.
    every = {case.id: case for case in (*with_alert.values(), *returned, *changed, *late)}
    lines = {entry.case.id: entry for entry in entries_of(ctx.tx, ctx.who, list(every.values()), ctx.now)}
    return Pending(
        alerts=pending_alerts(ctx, alerts, last=notices.ON_A_LIST, lines=lines),
        returns=tuple(
            PendingReturn(entry=lines[case.id], time_zone=lines[case.id].site.time_zone, move=_last_return(ctx, case))
            for case in returned
        ),
        changes=tuple(_change(ctx, row, lines[row["case_id"]]) for row in changes),
        images=tuple(
            _images(ctx, lines[case.id], follow_up) for case in late if (follow_up := lines[case.id].follow_up)
        ),
    )


def _alerts(ctx: Context[Staff], own: sa.ColumnElement[bool]) -> Sequence[Alert]:
    alert = tables.critical_alert
    theirs = alert.c.case_id.in_(sa.select(tables.case.c.id).where(own))
    return alert_rows.select(ctx.tx, alert_rows.unsettled() & theirs)[:MOST]


def _returned(ctx: Context[Staff], own: sa.ColumnElement[bool]) -> list[Case]:
    return _cases(ctx, (tables.case.c.state == State.RETURNED) & own)


def _last_return(ctx: Context[Staff], case: Case) -> MoveRow:
    moves = case_moves.told(ctx, case)
    return next(move for move in reversed(moves) if move.to_state is State.RETURNED)


def _changes(ctx: Context[Staff], own: sa.ColumnElement[bool]) -> Sequence[Mapping[str, Any]]:
    notice, version, case = tables.change_notice, tables.report_version, tables.case
    found = ctx.tx.execute(
        sa.select(notice.c.id.label("notice_id"), notice.c.version_id, notice.c.kind, notice.c.at, version.c.case_id)
        .join(version, version.c.id == notice.c.version_id)
        .join(case, case.c.id == version.c.case_id)
        .where(change_notices.unacknowledged(), own)
        .order_by(notice.c.at)
        .limit(MOST)
    )
    # One a case: the first says since when the site has not answered, and the last is answered with all before it.
    of_case: dict[str, dict[str, Any]] = {}
    for row in found.mappings():
        of_case.setdefault(row["case_id"], dict(row))["notice_id"] = row["notice_id"]
    return list(of_case.values())


def _change(ctx: Context[Staff], row: Mapping[str, Any], entry: Entry) -> PendingChange:
    every = {one.id: one for one in versions.of_case(ctx.tx, row["case_id"]) if one.status not in versions.UNSEEN}
    told = every.get(row["version_id"]) or versions.by_id(ctx.tx, row["version_id"])
    stands = next((one for one in reversed(every.values()) if one.status in VALID), told)
    before = [one for one in every.values() if one.number < told.number and one.status not in versions.STRUCK]
    earlier = {one.id for one in every.values() if one.number < stands.number}
    return PendingChange(
        entry=entry,
        time_zone=entry.site.time_zone,
        notice_id=row["notice_id"],
        version_id=stands.id,
        kind=NoticeKind(row["kind"]),
        at=stands.released_at or stands.created_at,
        changed=changed_fields.between(before[-1], stands) if before else (),
        was_final=bool(before) and before[-1].released_at is not None,
        on_paper=bool(printing.of_versions(ctx, earlier)),
    )


def _late(ctx: Context[Staff], own: sa.ColumnElement[bool]) -> list[Case]:
    late = tables.follow_up
    return _cases(ctx, tables.case.c.id.in_(sa.select(late.c.case_id).where(follow_ups.unanswered())) & own)


def _images(ctx: Context[Staff], entry: Entry, follow_up: FollowUp) -> PendingImages:
    images = len(follow_ups.late_pictures(ctx.tx, entry.case.id))
    return PendingImages(entry=entry, time_zone=entry.site.time_zone, follow_up=follow_up, images=images)


def _cases(ctx: Context[Staff], condition: sa.ColumnElement[bool]) -> list[Case]:
    rows = ctx.tx.execute(sa.select(tables.case).where(condition).order_by(tables.case.c.received_at).limit(MOST))
    return [cases.from_row(row) for row in rows]
