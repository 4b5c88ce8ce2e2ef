"""Alerts in plain words: what was found, how the clock stands, who was told when, what was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from reading.alerts import notices
from reading.alerts.alert_rows import Kind
from reading.alerts.climbing import MOST_REMINDERS
from reading.alerts.moves import DIFFERING, UNANSWERED, UNDISPOSED, State
from reading.alerts.notices import Notice
from reading.desk.alert_bar import Waiting
from reading.desk.alert_lines import PendingAlert
from reading.register.grants import AT_THEIR_SITE
from reading.sessions.staff_sessions import needs_proof
from reading.viewers import Staff
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language, text

UNREACHED: Final = frozenset({notices.Kind.SKIPPED, notices.Kind.DIFFERS})
"""Notices by which nobody heard of the alert: nobody was there, or it went back to whoever found it."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """An answer that was not taken, for the form that is shown again."""

    id: str
    """Of the alert."""
    problem: str
    read_back: str = field(default="", repr=False)
    spoken_with: str = field(default="", repr=False)
    means: str = ""
    differs: bool = False
    """Whether the words may have been said so all the same: both are shown beside each other."""
    clarifies: bool = False
    """Whether it was the answer to a read-back that differs."""
    agreed: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class ToldLine:
    """Somebody who was told."""

    at: str
    what: str
    who: str = field(repr=False)
    telephone: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class AlertBanner:
    id: str
    case_id: str
    patient: str = field(repr=False)
    examination: str
    site: str
    site_id: str
    title: str
    """Critical result, or a result that a rule wants told."""
    critical_class: str
    finding: str = field(repr=False)
    raised_by: str
    raised_at: str
    state: State
    waits: bool
    """Whether nobody has acknowledged it."""
    differs: bool
    """Whether it was read back otherwise, and nobody who reads has answered that."""
    to_dispose: bool
    """Whether it was acknowledged, and nobody has said what was done with the patient."""
    due: str
    """How the first deadline stands, however often it has climbed."""
    overdue: bool
    told: Sequence[ToldLine]
    who: str
    """Who was told, in one line."""
    acknowledged: str
    """Who acknowledged it when; empty until then."""
    read_back: str = field(repr=False)
    agreed: str = field(repr=False)
    """What was agreed about a read-back that differed, and when; empty until then."""
    unanswered: str
    """That nothing asks any more what was done with the patient; empty while something does."""


def alert_banner(pending: PendingAlert, language: Language, now: datetime) -> AlertBanner:
    """One alert as a banner or a line of the board."""
    alert, zone = pending.alert, pending.time_zone
    lines = [told_line(each, language, zone, now) for each in pending.told]
    reached = [each for each in pending.told if each.kind not in UNREACHED]
    return AlertBanner(
        id=alert.id,
        case_id=alert.case_id,
        patient=patient_name(pending.entry, language),
        examination=examination_with_side(pending.entry.case, language),
        site=pending.entry.site.name,
        site_id=pending.entry.site.id,
        title=text(language, "township.critical" if alert.kind is Kind.CRITICAL else "alerts.notice"),
        critical_class=words.class_name(pending.named, language),
        finding="\n".join(pending.findings),
        raised_by=pending.raised_by or text(language, "alerts.unnamed"),
        raised_at=words.moment_today(alert.raised_at, zone, now),
        state=alert.state,
        waits=alert.state in UNANSWERED,
        differs=alert.state in DIFFERING,
        to_dispose=alert.state in UNDISPOSED,
        due=words.until(language, alert.due_at, now),
        overdue=alert.due_at < now,
        told=lines,
        who=text(language, "list-comma").join(dict.fromkeys(told_name(each, language) for each in reached)),
        acknowledged=""
        if alert.acknowledged_at is None
        else text(
            language,
            "alerts.acknowledged",
            name=pending.acknowledged_by,
            at=words.moment_today(alert.acknowledged_at, zone, now),
        ),
        read_back=alert.read_back or "",
        agreed=_agreed(pending, language, now),
        unanswered=text(language, "alerts.unanswered", n=alert.reminders)
        if alert.state in UNDISPOSED and alert.reminders >= MOST_REMINDERS
        else "",
    )


def _agreed(pending: PendingAlert, language: Language, now: datetime) -> str:
    alert = pending.alert
    if alert.clarified_at is None:
        return ""
    at = words.moment_today(alert.clarified_at, pending.time_zone, now)
    words_agreed = alert.agreed or text(language, f"alerts.clarified.{alert.clarified_as}")
    return text(language, "desk.critical-clarified", at=at, agreed=words_agreed)


def told_line(notice: Notice, language: Language, zone: str, now: datetime) -> ToldLine:
    """Somebody who was told, when and under which telephone."""
    return ToldLine(
        at=words.moment_today(notice.at, zone, now),
        what=text(language, f"alerts.notice.{notice.kind}"),
        who=told_name(notice, language),
        telephone=notice.telephone,
    )


def told_name(notice: Notice, language: Language) -> str:
    """Who was told: a person, or everybody of an organisation."""
    if notice.name:
        return text(language, "alerts.person", name=notice.name, organisation=notice.organisation)
    return text(language, "alerts.everybody", organisation=notice.organisation)


def bar(found: Sequence[Waiting], staff: Staff, language: Language, now: datetime, *, locked: bool) -> dict[str, Any]:
    """The bar in JSON, with every word that it shows; while the session is locked, counts and times alone.

    ``covered``: pages that name patients are locked, though the session has not ended.
    """
    theirs = [one for one in found if one.is_theirs]
    first = found[0] if found else None
    return {
        "count": len(found),
        "rings": bool(theirs),
        "locked": locked,
        "covered": needs_proof(staff, now),
        "sentence": _sentence(found, language),
        "first": "" if first is None else _first(first, language, now, locked=locked),
        "link": _link(found, staff, locked=locked),
        "go": text(language, "alerts.bar.unlock" if locked else "alerts.bar.open"),
        "sound_off": text(language, "alerts.bar.sound-off"),
        "lost": text(language, "alerts.bar.lost"),
    }


def _sentence(found: Sequence[Waiting], language: Language) -> str:
    if any(one.is_theirs for one in found):
        return text(language, "alerts.bar.theirs", n=len(found))
    otherwise = sum(one.differs for one in found)
    overdue = len(found) - otherwise
    parts = {"alerts.bar.raised": overdue, "alerts.bar.differs": otherwise}
    said = [text(language, key, n=n) for key, n in parts.items() if n]
    return " · ".join(said) or text(language, "alerts.bar.raised", n=0)


def _first(one: Waiting, language: Language, now: datetime, *, locked: bool) -> str:
    clock = text(language, "alerts.bar.differs-one") if one.differs else words.until(language, one.due_at, now)
    return clock if locked else " · ".join((words.class_name(one.named, language), one.site, clock))


def _link(found: Sequence[Waiting], staff: Staff, *, locked: bool) -> str:
    if locked or not found:
        return "/sign-in?next=/alerts"
    at_a_site = any(staff.holds(role) for role in AT_THEIR_SITE)
    return f"/t/case/{found[0].case_id}" if at_a_site and len(found) == 1 else "/alerts"
