"""The banners of the township's pages: alerts, returned cases, changed reports and late images, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reading.cases.moves import Move
from reading.context import Context
from reading.desk import township
from reading.desk.township import PendingChange, PendingImages, PendingReturn
from reading.kinds import Role
from reading.signing.change_notices import NoticeKind
from reading.viewers import Staff
from viewer.views.alerts import AlertBanner, alert_banner
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language, text


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
    title: str
    text: str
    read: str
    patient: str
    examination: str


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


def banners(ctx: Context[Staff], language: Language, case_id: str | None = None) -> Banners:
    """What waits for an answer from this township, about one case or about all."""
    pending = township.pending(ctx, case_id)
    return Banners(
        alerts=[alert_banner(each, language, ctx.now) for each in pending.alerts],
        returned=[_returned(each, language, ctx.now) for each in pending.returns],
        changed=[_changed(each, language, ctx.now) for each in pending.changes],
        late=[_late(each, language, ctx.now) for each in pending.images],
    )


def _returned(pending: PendingReturn, language: Language, now: datetime) -> ReturnedBanner:
    move, reader = pending.move, text(language, f"role.{Role.READER}")
    return ReturnedBanner(
        case_id=pending.entry.case.id,
        patient=patient_name(pending.entry, language),
        examination=examination_with_side(pending.entry.case, language),
        why=move.why or (text(language, "returned.rejected") if move.move is Move.REJECT else ""),
        by=text(language, "images.by-a-device") if move.person_name is None else move.person_name or reader,
        at=words.moment_today(move.at, pending.time_zone, now),
    )


def _changed(pending: PendingChange, language: Language, now: datetime) -> ChangedBanner:
    return ChangedBanner(
        id=pending.notice_id,
        version_id=pending.version_id,
        title=text(language, f"township.{pending.kind}"),
        text=_said(pending, language, now),
        read=text(language, f"township.{pending.kind}-read"),
        patient=patient_name(pending.entry, language),
        examination=examination_with_side(pending.entry.case, language),
    )


def _said(pending: PendingChange, language: Language, now: datetime) -> str:
    """What the report that stands says otherwise than the one that the site had, field by field, and what to do."""
    at = words.moment_today(pending.at, pending.time_zone, now)
    if pending.kind is NoticeKind.RELEASED:
        return text(language, "township.released-text", at=at)
    fields = text(language, "list-comma").join(text(language, f"report.{name}") for name in pending.changed)
    before = text(language, "township.before-final" if pending.was_final else "township.before-preliminary")
    said = text(language, "township.changed-text", at=at, before=before, fields=fields)
    return said + (text(language, "township.changed-paper") if pending.on_paper else "")


def _late(pending: PendingImages, language: Language, now: datetime) -> LateBanner:
    return LateBanner(
        case_id=pending.entry.case.id,
        patient=patient_name(pending.entry, language),
        examination=examination_with_side(pending.entry.case, language),
        images=pending.images,
        at=words.moment_today(pending.follow_up.opened_at, pending.time_zone, now),
        due=words.until(language, pending.follow_up.due_at, now),
    )
