"""What a patient is shown: their final reports, who looked at them, and how far a report is that is not ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from reading import audit
from reading.access import door
from reading.access.door import OwnReport
from reading.actions import Action
from reading.audit import Actor, ActorKind, Event, Outcome
from reading.cases import cases
from reading.context import Context
from reading.desk.entries import Entry, entries_of
from reading.emergency_access import emergency_rows
from reading.errors import NotThere
from reading.register import organisations, people
from reading.reports import issues, versions
from reading.reports.versions import ReportVersion
from reading.sessions import receipts
from reading.sharing import links
from reading.signing import changed_fields
from reading.viewers import PatientViewer
from viewer.views.report_sheet import examination, side, zone_of
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text

MOST_LISTED: Final = 200
MOST_LOOKS: Final = 50
_EMERGENCY: Final = "emergency."
"""How the words begin that say that something was opened, closed or judged, and are no look."""
_PERSONS: Final = (ActorKind.STAFF, ActorKind.PATIENT, ActorKind.LINK)
_ON_PAPER: Final = (Action.PAPER_CHECK, Action.PAPER_COMPARE)


@dataclass(frozen=True, kw_only=True)
class Report:
    version: ReportVersion
    entry: Entry
    zone: str
    """The time zone of the site."""


@dataclass(frozen=True, kw_only=True)
class Awaited:
    """An examination of a receipt, whose report is not ready."""

    entry: Entry
    zone: str
    """The time zone of the site."""
    receipt_until: datetime | None
    """How long the receipt works; None where a merged case's does."""


@dataclass(frozen=True, kw_only=True)
class Look:
    at: datetime
    who: str
    what: str
    emergency: bool = False
    """They saw it by opening it in an emergency."""


@dataclass(frozen=True, kw_only=True)
class Versions:
    """The versions of a report that its patient could read."""

    lines: Sequence[str]
    """The newest first."""
    before: str
    """When the one before this was released; empty where this is the first."""
    changed: str
    """Which parts say something else than in the one before; empty where none does."""


def lines_of(found: Sequence[OwnReport], language: Language) -> list[dict[str, str]]:
    """The list of a patient's reports."""
    return [
        {
            "id": each.version.id,
            "examination": examination(each, language),
            "side": side(each, language),
            "examined_at": words.told_moment(language, each.examined_at, each.time_zone),
            "site": each.site_name,
            "impression": each.version.content.impression,
        }
        for each in found
    ]


def versions_of(tx: Connection, report: Report, language: Language) -> Versions:
    """The versions up to this one that were released, and what the last of them changed."""
    every = versions.of_case(tx, report.version.case_id)
    out = [each for each in every if each.released_at is not None and each.number <= report.version.number]
    before = out[-2] if len(out) > 1 else None
    numbers = issues.of_cases(tx, [report.version.case_id])
    parts = [
        text(language, f"report.{part}")
        for part in (changed_fields.between(before, report.version) if before is not None else ())
    ]
    if before is not None and before.identity["laterality"] != report.version.identity["laterality"]:
        sides = (before.identity["laterality"], report.version.identity["laterality"])
        parts.insert(0, words.changed_side(language, *sides))
    return Versions(
        lines=[
            " · ".join(
                (
                    text(language, "report.version-n", n=numbers[each.id]),
                    words.told_moment(language, each.released_at, report.zone),
                )
            )
            for each in reversed(out)
            if each.released_at is not None
        ],
        before=words.told_moment(language, before.released_at, report.zone) if before and before.released_at else "",
        changed=text(language, "list-comma").join(parts),
    )


def awaited(ctx: Context[PatientViewer]) -> Awaited | None:
    """The examination of the patient's receipt; None where it is hidden, or they came without a receipt."""
    try:
        found = door.open_awaited_case(ctx, Action.REPORT_AWAIT)
    except NotThere:
        return None
    entry = entries_of(ctx.tx, ctx.who, [found], ctx.now)[0]
    until = receipts.ends_at(ctx.tx, ctx.who.patient_id, found.id, ctx.now)
    return Awaited(entry=entry, zone=zone_of(ctx.tx, entry), receipt_until=until)


def open_report(ctx: Context[PatientViewer], version_id: str, action: Action) -> Report:
    """One report, the look recorded.

    Raises:
        NotThere: no such report, or it is not the patient's, not final, or withheld.

    """
    version = door.open_report(ctx, version_id, action)
    entry = entries_of(ctx.tx, ctx.who, [cases.by_id(ctx.tx, version.case_id)], ctx.now)[0]
    return Report(version=version, entry=entry, zone=zone_of(ctx.tx, entry))


def looks(tx: Connection, report: Report, language: Language) -> Sequence[Look]:
    """Who opened the case, its images or this report, the latest first: one line for each person and day.

    What was opened in an emergency stands first in its line, with the kind of its reason, also where nothing was looked
    at; of many lines none of these is left out.
    """
    subjects = [("report", report.version.id), ("case", report.version.case_id)]
    subjects += [("study", study.study_uid) for study in report.entry.studies]
    events = [event for kind, subject in subjects for event in audit.events_about(tx, kind, subject)]
    opened = emergency_rows.about(tx, report.entry.case)
    deeds = [(one.since, Actor(kind=ActorKind.STAFF, id=one.person_id), "") for one in opened]
    deeds += [(event.at, event.actor, _what(language, event)) for event in events if _is_look(event)]
    latest: dict[tuple[str, str], datetime] = {}
    acts: dict[tuple[str, str], list[str]] = {}
    emergencies: dict[tuple[str, str], list[str]] = {}
    names: dict[str, str] = {}
    for at, actor, what in sorted(deeds, key=lambda deed: deed[0], reverse=True):
        if actor.id not in names:  # whoever holds the paper has no id
            names[actor.id] = _who(tx, language, actor, at, report.zone)
        line = (names[actor.id], words.day(at, report.zone))
        latest.setdefault(line, at)
        reasons = [one.reason for one in opened if one.person_id == actor.id and one.since <= at <= one.end]
        _add(emergencies, line, [text(language, f"look.emergency.{reason}") for reason in reasons])
        _add(acts, line, [what] if what else [])
    lines = [
        Look(
            at=at, who=line[0], what=_worded(language, emergencies[line], acts[line]), emergency=bool(emergencies[line])
        )
        for line, at in latest.items()
    ]
    return [one for number, one in enumerate(lines) if number < MOST_LOOKS or one.emergency]


def _is_look(event: Event) -> bool:
    """By a person: strangers are those who held the printed report."""
    by_somebody = event.actor.kind in _PERSONS or event.action in _ON_PAPER
    return event.outcome is Outcome.DONE and by_somebody and not event.action.startswith(_EMERGENCY)


def _add(lines: dict[tuple[str, str], list[str]], line: tuple[str, str], said: Sequence[str]) -> None:
    known = lines.setdefault(line, [])
    known.extend(one for one in dict.fromkeys(said) if one not in known)


def _worded(language: Language, reasons: Sequence[str], deeds: Sequence[str]) -> str:
    """What somebody did on a day; that they looked is not said beside what they looked at."""
    other = text(language, "look.other")
    told = [one for one in deeds if one != other] or list(deeds)
    return text(language, "list-comma").join([*reasons, *told])


def _who(tx: Connection, language: Language, actor: Actor, at: datetime, zone: str) -> str:
    if actor.kind is ActorKind.LINK:
        return _by_link(tx, language, actor.id, zone)
    if actor.kind is ActorKind.PATIENT:
        return text(language, "look.patient")
    if actor.kind is ActorKind.UNKNOWN:
        return text(language, "look.holder")
    person = people.by_id(tx, actor.id)
    if person is None:
        return text(language, "look.unknown")
    held = people.grants_of(tx, person.id, at)
    place = organisations.by_id(tx, held[0].organisation_id) if held else None
    return f"{person.name} · {place.name}" if place else person.name


def _by_link(tx: Connection, language: Language, link_id: str, zone: str) -> str:
    made_at, label = links.labels(tx, [link_id])[link_id]
    said = text(language, "look.link", at=words.told_day(language, made_at, zone))
    return f"{said} {label}".strip()


def _what(language: Language, event: Event) -> str:
    return catalogue(language).get(f"look.{event.action}", text(language, "look.other"))
