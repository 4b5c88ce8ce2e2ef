"""What a patient is shown: their final reports, who looked at them, and how far a report is that is not ready."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection

from reading import audit
from reading.access import door
from reading.actions import Action
from reading.audit import Actor, ActorKind, Event, Outcome
from reading.cases import cases
from reading.context import Context
from reading.desk.entries import Entry, entries_of
from reading.emergency_access import emergency_rows
from reading.errors import NotThere
from reading.register import organisations, people
from reading.reports.versions import ReportVersion
from reading.viewers import PatientViewer
from viewer.views.report_sheet import zone_of
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text

MOST_LISTED: Final = 200
MOST_LOOKS: Final = 50
_EMERGENCY: Final = "emergency."
"""How the words begin that say that something was opened, closed or judged, and are no look."""
_PERSONS: Final = (ActorKind.STAFF, ActorKind.PATIENT)
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


@dataclass(frozen=True, kw_only=True)
class Look:
    at: datetime
    who: str
    what: str
    emergency: bool = False
    """They saw it by opening it in an emergency."""


def awaited(ctx: Context[PatientViewer]) -> Awaited | None:
    """The examination of the patient's receipt; None where it is hidden, or they came without a receipt."""
    try:
        found = door.open_awaited_case(ctx, Action.REPORT_AWAIT)
    except NotThere:
        return None
    entry = entries_of(ctx.tx, ctx.who, [found], ctx.now)[0]
    return Awaited(entry=entry, zone=zone_of(ctx.tx, entry))


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
            names[actor.id] = _who(tx, language, actor, at)
        line = (names[actor.id], words.moment(at, report.zone)[:10])
        latest.setdefault(line, at)
        reasons = [one.reason for one in opened if one.person_id == actor.id and one.since <= at <= one.end]
        _add(emergencies, line, [text(language, f"look.emergency.{reason}") for reason in reasons])
        _add(acts, line, [what] if what else [])
    comma = text(language, "list-comma")
    lines = [
        Look(at=at, who=line[0], what=comma.join([*emergencies[line], *acts[line]]), emergency=bool(emergencies[line]))
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


def _who(tx: Connection, language: Language, actor: Actor, at: datetime) -> str:
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


def _what(language: Language, event: Event) -> str:
    return catalogue(language).get(f"look.{event.action}", text(language, "look.other"))
