"""Events of the audit as people read them: a sentence each, with whom and what it names, and the details behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.administrators import audit_subjects
from reading.administrators.audit_checks import Check
from reading.administrators.audit_delivery import Delivery
from reading.administrators.audit_subjects import Names, Somebody
from reading.audit import ActorKind, Detail, Event, Outcome
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text

GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "people": ("session", "password", "person", "role"),
    "patients": ("patient", "identity", "receipt", "link", "order", "protocol", "referral"),
    "cases": ("case", "change", "follow_up", "consultation", "question", "queue", "worklist", "township"),
    "reports": ("report", "reports", "draft", "review", "picture", "paper", "teaching"),
    "critical": ("critical",),
    "images": ("study", "surgery", "rejection", "concern", "import"),
    "region": (
        *("agreement", "calendar", "device", "forwarding", "organisation", "phrase", "policy", "roster", "template"),
    ),
    "audit": ("audit",),
}
"""The words of the audit as the form offers them, by what stands before their dot; others come with the region."""


def lines(tx: Connection, events: Sequence[Event], language: Language, zone: ZoneInfo) -> list[dict[str, Any]]:
    """A line of the page for each event; its ids are what more is searched by, and empty where there is nothing."""
    names = audit_subjects.names_of(tx, [each for one in events for each in (one.actor.id, one.subject_id)])
    return [_line(one, names, language, zone) for one in events]


def choices(language: Language) -> list[tuple[str, list[tuple[str, str]]]]:
    """The words to search by, as people say them, in groups: value and text of each."""
    group_of = {prefix: group for group, prefixes in GROUPS.items() for prefix in prefixes}
    found: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
    for action in Action:
        found[group_of.get(action.partition(".")[0], "region")].append((action.value, deed(action, language)))
    return [
        (text(language, f"audit.group.{group}"), sorted(some, key=lambda one: one[1])) for group, some in found.items()
    ]


def deed(action: str, language: Language) -> str:
    """What was done, without who; a word of a later or an earlier time stands for itself."""
    return catalogue(language).get(f"audit.did.{action}", action)


def who(event: Event, names: Names, language: Language) -> str:
    """Staff by name, devices by title; a patient is an id, for the audit shows nobody's name."""
    match event.actor.kind:
        case ActorKind.STAFF:
            known = names.people.get(event.actor.id)
            return staff_name(known, language) if known else text(language, "look.unknown")
        case ActorKind.MACHINE:
            title = names.devices.get(event.actor.id, event.actor.id)
            return text(language, "audit.who.machine", title=title)
        case ActorKind.PATIENT:
            return text(language, "audit.who.patient", id=event.actor.id)
        case ActorKind.LINK:
            return text(language, "audit.who.link", id=event.actor.id)
        case ActorKind.SYSTEM:
            return text(language, "audit.who.system")
        case ActorKind.UNKNOWN:
            return text(language, "audit.who.unknown")


def staff_name(one: Somebody, language: Language) -> str:
    return text(language, "audit.who.staff", name=one.name, username=one.username)


def about(event: Event, names: Names, language: Language) -> str:
    """What an event is about: a person, device or organisation by name, anything else by kind and id."""
    if not event.subject_id:
        return ""
    known = names.people.get(event.subject_id)
    name = staff_name(known, language) if known else ""
    name = name or names.devices.get(event.subject_id, "") or names.organisations.get(event.subject_id, "")
    kinds = catalogue(language)
    kind = kinds.get(f"audit.about.{event.subject_kind}", kinds["audit.about.other"])
    return text(language, "audit.about", kind=kind, id=name or event.subject_id)


def check_lines(found: Mapping[str, Any], language: Language, zone: ZoneInfo) -> list[str]:
    """What a check found, a sentence each: what is broken first, and until where everything holds."""
    said = [
        text(language, f"audit.check.chain.{one['flaw']}", writer=one["writer"], number=one["number"])
        for one in found["breaks"]
    ]
    said += [
        text(language, f"audit.check.anchor.{one['flaw']}", number=one["number"]) for one in found["broken_anchors"]
    ]
    said += [text(language, "audit.check.signature", id=one) for one in found["lost_signatures"]]
    said += [
        text(language, "audit.check.restored", at=words.iso_moment(one["at"], zone), n=one["events"])
        for one in found["restored"]
    ]
    if found["unanchored_restore"]:
        said.append(text(language, "audit.check.unanchored-restore"))
    if found["unchecked"]:
        said.append(text(language, "audit.check.unchecked", chains=found["chains"]))
    elif found["anchored_at"] is None:
        said.append(text(language, "audit.check.no-anchor", chains=found["chains"]))
    else:
        at = words.iso_moment(found["anchored_at"], zone)
        values = {"chains": found["chains"], "anchors": found["anchors"], "after": found["after"]}
        said.append(text(language, "audit.check.until", at=at, **values))
    return said


def check_row(one: Check, language: Language, zone: ZoneInfo) -> dict[str, Any]:
    """A check as the page shows it; ``state``: waits, runs, sound, broken."""
    state = "runs" if one.begun_at else "waits"
    if one.found is not None:
        state = "sound" if one.found["sound"] else "broken"
    return {
        "asked_at": words.moment(one.asked_at, zone.key),
        "ended_at": words.moment(one.ended_at, zone.key) if one.ended_at else "",
        "state": state,
        "lines": check_lines(one.found, language, zone) if one.found is not None else [],
    }


def delivery_row(one: Delivery, zone: ZoneInfo) -> dict[str, Any]:
    """How far the audit went to a collector, as the page shows it."""
    return {
        "address": one.address,
        "sent_at": words.moment(one.sent_at, zone.key) if one.sent_at else "",
        "failed_at": words.moment(one.failed_at, zone.key) if one.failed_at else "",
        "waiting": one.waiting,
    }


def _line(event: Event, names: Names, language: Language, zone: ZoneInfo) -> dict[str, Any]:
    refused = event.outcome is Outcome.REFUSED
    way = "refused" if refused else "done"
    said = {"who": who(event, names, language), "did": deed(event.action, language)}
    return {
        "at": words.moment(event.at, zone.key, seconds=True),
        "sentence": text(language, f"audit.sentence.{way}", **said),
        "refused": refused,
        "who_id": event.actor.id if event.actor.kind is ActorKind.STAFF else "",
        "about": about(event, names, language),
        "about_kind": event.subject_kind,
        "about_id": event.subject_id,
        "address": event.actor.address,
        "details": [*_said(event.details, language), *_proof(event, language)],
    }


def _said(details: Mapping[str, Detail], language: Language) -> list[tuple[str, str]]:
    known = catalogue(language)
    found: list[tuple[str, str]] = []
    for name, value in sorted(details.items()):
        if value is None or value == "":
            continue
        worded = known.get(f"audit.why.{value}", str(value)) if name == "why" else str(value)
        found.append((known.get(f"audit.detail.{name}", name.replace("_", " ")), worded))
    return found


def _proof(event: Event, language: Language) -> list[tuple[str, str]]:
    place = text(language, "audit.detail.place")
    return [(place, f"{event.writer} {event.number}"), ("SHA-256", event.digest.hex())]
