"""What the township sees of a case: plain words, what to do, and what to print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import visibility
from reading.alerts import critical
from reading.alerts.moves import UNANSWERED
from reading.cases import cases, history
from reading.cases.moves import UNFINISHED, Move, State
from reading.completeness import follow_ups
from reading.desk import worklist
from reading.desk.entries import Entry, entries_of
from reading.desk.worklist import Filters, Sorting
from reading.kinds import Priority
from reading.register import people
from reading.register.grants import reach
from reading.reports.versions import VALID, ReportVersion, Status, from_row
from reading.signing import change_notices
from reading.viewers import Staff
from viewer.views.report_sheet import (
    examination,
    examination_with_side,
    patient_age,
    patient_name,
    patient_sex,
    side,
    zone_of,
)
from viewer.words import words
from viewer.words.catalogue import Language, text

TONES: Final = {State.FINAL: "done", State.RETURNED: "alarm", State.WITHHELD: "alarm", State.WITHDRAWN: "alarm"}
"""How the state is coloured; waiting states are quiet, the others say that somebody is at it."""
MOST: Final = 200


@dataclass(frozen=True, kw_only=True)
class Row:
    case_id: str
    patient: str
    patient_detail: str
    linked: bool
    """Whether we know whose card opens the report."""
    examination: str
    side: str
    examined_at: str
    priority: str
    priority_raised: bool
    images: str
    arriving: bool
    complete: bool
    missing: str
    """How many are missing; empty where none are known to be."""
    late: bool
    """Images came after the report."""
    state: str
    tone: str
    due: str
    overdue: bool
    critical: bool
    preliminary_id: str | None
    final_id: str | None


@dataclass(frozen=True, kw_only=True)
class AlertBanner:
    id: str
    patient: str
    examination: str
    critical_class: str
    finding: str
    raised_by: str
    raised_at: str
    due: str


@dataclass(frozen=True, kw_only=True)
class ReturnedBanner:
    case_id: str
    patient: str
    examination: str
    why: str
    by: str
    at: str


@dataclass(frozen=True, kw_only=True)
class ChangedBanner:
    id: str
    version_id: str
    patient: str
    examination: str
    at: str


@dataclass(frozen=True, kw_only=True)
class LateBanner:
    case_id: str
    patient: str
    examination: str
    images: int
    at: str
    due: str


@dataclass(frozen=True, kw_only=True)
class Banners:
    alerts: Sequence[AlertBanner]
    returned: Sequence[ReturnedBanner]
    changed: Sequence[ChangedBanner]
    late: Sequence[LateBanner]


@dataclass(frozen=True, kw_only=True)
class Listed:
    rows: Sequence[Row]
    total: int


def listed(tx: Connection, staff: Staff, *, q: str, days: int, language: Language, now: datetime) -> Listed:
    """The examinations of the last days and those that are open still, the newest first."""
    wanted = Filters(text=q, since=now - timedelta(days=days), sorting=Sorting.NEWEST)
    found = worklist.list_cases(tx, staff, wanted, limit=MOST, offset=0, now=now)
    valid = valid_versions(tx, staff, [entry.case.id for entry in found.entries], now)
    zones = _zones(tx, found.entries)
    rows = [row(entry, valid.get(entry.case.id), zones[entry.site.id], language, now) for entry in found.entries]
    return Listed(rows=rows, total=found.total)


def row(entry: Entry, version: ReportVersion | None, zone: str, language: Language, now: datetime) -> Row:
    case, progress = entry.case, entry.progress
    missing = max(0, (progress.expected or 0) - progress.arrived)
    details = (patient_sex(entry, language), patient_age(entry, zone, language))
    return Row(
        case_id=case.id,
        patient=patient_name(entry, language),
        patient_detail=" · ".join(part for part in details if part),
        linked=case.patient_id is not None,
        examination=examination(entry, language),
        side=side(entry, language),
        examined_at=words.moment_today(case.examined_at, zone, now),
        priority=text(language, f"priority.{case.priority}"),
        priority_raised=case.priority is not Priority.ROUTINE,
        images=words.images(language, progress.arrived, progress.expected, arriving=case.arriving),
        arriving=case.arriving,
        complete=not case.arriving and (progress.expected is None or progress.arrived >= progress.expected),
        missing=text(language, "township.missing", n=missing) if missing else "",
        late=entry.follow_up is not None,
        state=text(language, f"state.{case.state}"),
        tone=TONES.get(case.state, "wait" if case.state.startswith("waiting") else "work"),
        due=due(entry, language, now),
        overdue=entry.overdue,
        critical=entry.alert is not None,
        preliminary_id=version.id if version and version.status is Status.PRELIMINARY else None,
        final_id=version.id if version and version.status is Status.FINAL else None,
    )


def due(entry: Entry, language: Language, now: datetime) -> str:
    """How long until the report is due; nothing is due once it is released, or hidden."""
    if entry.released:
        return text(language, "due.done")
    return words.until(language, entry.case.due_at, now) if entry.case.state in UNFINISHED else ""


def valid_versions(tx: Connection, staff: Staff, case_ids: Sequence[str], now: datetime) -> Mapping[str, ReportVersion]:
    """For each case the one version that may be printed."""
    version = tables.report_version
    rows = tx.execute(
        sa.select(version)
        .join(tables.case, tables.case.c.id == version.c.case_id)
        .where(
            version.c.case_id.in_(case_ids),
            version.c.status.in_(VALID),
            visibility.visible_versions(tx, staff, now),
        )
    )
    return {made.case_id: made for made in map(from_row, rows)}


def banners(tx: Connection, staff: Staff, language: Language, now: datetime, case_id: str | None = None) -> Banners:
    """What wants an answer from this township, of one case or of all."""
    own = [tables.case.c.site_id.in_(reach(tx, staff, now).own), visibility.visible_cases(tx, staff, now)]
    if case_id is not None:
        own.append(tables.case.c.id == case_id)
    return Banners(
        alerts=_alerts(tx, staff, own, language, now),
        returned=_returned(tx, staff, own, language, now),
        changed=_changed(tx, staff, own, language, now),
        late=_late(tx, staff, own, language, now),
    )


def _alerts(
    tx: Connection, staff: Staff, own: Sequence[sa.ColumnElement[bool]], language: Language, now: datetime
) -> Sequence[AlertBanner]:
    alert, case = tables.critical_alert, tables.case
    open_ones = sa.select(alert.c.case_id).where(critical.unanswered())
    entries = _entries(tx, staff, [case.c.id.in_(open_ones), *own], now)
    zones = _zones(tx, entries)
    made: list[AlertBanner] = []
    for entry in entries:
        told = entry.alert
        if told is None or told.state not in UNANSWERED:
            continue
        raiser = people.by_id(tx, told.raised_by)
        made.append(
            AlertBanner(
                id=told.id,
                patient=patient_name(entry, language),
                examination=examination_with_side(entry, language),
                critical_class=words.critical_class(language, told.critical_class),
                finding=told.finding,
                raised_by=raiser.name if raiser else "",
                raised_at=words.moment_today(told.raised_at, zones[entry.site.id], now),
                due=words.until(language, told.due_at, now),
            )
        )
    return made


def _returned(
    tx: Connection, staff: Staff, own: Sequence[sa.ColumnElement[bool]], language: Language, now: datetime
) -> Sequence[ReturnedBanner]:
    entries = _entries(tx, staff, [tables.case.c.state == State.RETURNED, *own], now)
    zones = _zones(tx, entries)
    made: list[ReturnedBanner] = []
    for entry in entries:
        last = next(move for move in reversed(history.moves_of(tx, entry.case.id)) if move.to_state is State.RETURNED)
        rejected = last.move is Move.REJECT
        made.append(
            ReturnedBanner(
                case_id=entry.case.id,
                patient=patient_name(entry, language),
                examination=examination_with_side(entry, language),
                why=last.why or (text(language, "returned.rejected") if rejected else ""),
                by=last.person_name or text(language, "images.by-a-device"),
                at=words.moment_today(last.at, zones[entry.site.id], now),
            )
        )
    return made


def _changed(
    tx: Connection, staff: Staff, own: Sequence[sa.ColumnElement[bool]], language: Language, now: datetime
) -> Sequence[ChangedBanner]:
    notice, version, case = tables.change_notice, tables.report_version, tables.case
    rows = tx.execute(
        sa.select(notice.c.id.label("notice_id"), notice.c.version_id, notice.c.at, version.c.case_id)
        .join(version, version.c.id == notice.c.version_id)
        .join(case, case.c.id == version.c.case_id)
        .where(change_notices.unacknowledged(), *own)
        .order_by(notice.c.at)
        .limit(MOST)
    ).all()
    entries = _entries(tx, staff, [case.c.id.in_({row.case_id for row in rows}), *own], now)
    of_case, zones = {entry.case.id: entry for entry in entries}, _zones(tx, entries)
    return [
        ChangedBanner(
            id=row.notice_id,
            version_id=row.version_id,
            patient=patient_name(of_case[row.case_id], language),
            examination=examination_with_side(of_case[row.case_id], language),
            at=words.moment_today(row.at, zones[of_case[row.case_id].site.id], now),
        )
        for row in rows
    ]


def _late(
    tx: Connection, staff: Staff, own: Sequence[sa.ColumnElement[bool]], language: Language, now: datetime
) -> Sequence[LateBanner]:
    late, case = tables.follow_up, tables.case
    open_ones = sa.select(late.c.case_id).where(follow_ups.unanswered())
    entries = _entries(tx, staff, [case.c.id.in_(open_ones), *own], now)
    zones = _zones(tx, entries)
    return [
        LateBanner(
            case_id=entry.case.id,
            patient=patient_name(entry, language),
            examination=examination_with_side(entry, language),
            images=len(follow_ups.late_pictures(tx, entry.case.id)),
            at=words.moment_today(entry.follow_up.opened_at, zones[entry.site.id], now),
            due=words.until(language, entry.follow_up.due_at, now),
        )
        for entry in entries
        if entry.follow_up is not None
    ]


def _entries(tx: Connection, staff: Staff, conditions: Sequence[sa.ColumnElement[bool]], now: datetime) -> list[Entry]:
    rows = tx.execute(sa.select(tables.case).where(*conditions).order_by(tables.case.c.received_at).limit(MOST))
    return entries_of(tx, staff, [cases.from_row(row) for row in rows], now)


def _zones(tx: Connection, entries: Sequence[Entry]) -> Mapping[str, str]:
    of_site = {entry.site.id: entry for entry in entries}
    return {site_id: zone_of(tx, entry) for site_id, entry in of_site.items()}
