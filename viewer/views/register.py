"""What the register shows of a patient: facts, cards with masked numbers, history, merges, likely other records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.engine import Connection

from reading import identifiers
from reading.kinds import HeldAs, IdentifierKind
from reading.patients import merges, patients
from reading.patients.changes import Change
from reading.patients.merges import Merge
from reading.patients.patient_identifiers import HeldIdentifier
from reading.patients.patients import Patient
from reading.register import organisations, people
from reading.registration.records import Record
from reading.telephones.numbers import Telephone
from viewer.words import words
from viewer.words.catalogue import Language, text


@dataclass(frozen=True, kw_only=True)
class PatientLine:
    """A patient as a line of a list."""

    id: str
    name: str
    number: str
    sex: str
    born: str
    temporary: bool
    merged: bool


def line(patient: Patient, language: Language, today: date) -> PatientLine:
    return PatientLine(
        id=patient.id,
        name=patient.name,
        number=patient.number,
        sex=words.coded(language, "sex", patient.sex) if patient.sex else "",
        born=born(patient, language, today),
        temporary=patient.temporary,
        merged=patient.merged_into is not None,
    )


def born(patient: Patient, language: Language, today: date) -> str:
    """The birth date with the age, or the age that somebody estimated."""
    if patient.birth_date is not None:
        return f"{patient.birth_date.isoformat()} ({words.age(language, patient.birth_date, today)})"
    if patient.estimated_age is not None:
        return text(language, "register.about-years", years=patient.estimated_age)
    return ""


def locked(record: Record) -> bool:
    """Whether an identity card of their own says sex and birth date."""
    return any(one.kind is IdentifierKind.IDENTITY_CARD and one.held_as is HeldAs.OWN for one in record.identifiers)


def card(held: HeldIdentifier, language: Language, zone: str) -> dict[str, str]:
    return {
        "id": held.id,
        "kind": text(language, f"card.{held.kind}"),
        "number": identifiers.mask(held.value),
        "whose": text(language, f"card-of.{held.held_as}"),
        "holder": held.holder_name,
        "until": words.day(held.until, zone) if held.until else "",
    }


def change(tx: Connection, made: Change, language: Language, zone: str) -> dict[str, Any]:
    by = people.by_id(tx, made.made_by)
    return {
        "at": words.moment(made.made_at, zone),
        "who": by.name if by else "",
        "what": text(language, f"change.{made.what}"),
        "why": made.reason,
        "values": [
            {
                "name": text(language, f"change.of-{key}"),
                "before": _value(language, key, made.before.get(key, "")),
                "after": _value(language, key, made.after.get(key, "")),
            }
            for key in dict.fromkeys((*made.before, *made.after))
        ],
    }


def merge(tx: Connection, claim: Merge, language: Language, zone: str, today: date) -> dict[str, Any]:
    """A claim with both records as they were written, and what was done about it."""
    pair = [patients.record(tx, each) for each in (claim.patient_id, claim.into_id)]
    return {
        "id": claim.id,
        "state": claim.state,
        "revision": claim.revision,
        "records": [line(one, language, today) for one in pair if one is not None],
        "moves": [
            {
                "at": words.moment(moved.made_at, zone),
                "who": by.name if (by := people.by_id(tx, moved.made_by)) else "",
                "what": text(language, f"merge.{moved.move}"),
                "why": moved.reason,
            }
            for moved in merges.history(tx, claim.id)
        ],
    }


def zone_of(tx: Connection, patient: Patient) -> str:
    site = organisations.by_id(tx, patient.site_id) if patient.site_id else None
    return site.time_zone if site else organisations.TIME_ZONE


def telephone(one: Telephone, zone: str) -> dict[str, Any]:
    """How a person's number is; never the number itself."""
    return {
        "takes_messages": one.takes_messages,
        "since": "" if one.since is None else words.moment(one.since, zone),
        "is_noted": one.is_noted,
    }


def as_json(record: Record) -> dict[str, Any]:
    """A record for programs; card numbers are masked, as on the page."""
    return {
        **line_json(record.patient),
        "telephone": record.patient.telephone,
        "telephone_verified": record.telephone.is_noted,
        "revision": record.patient.revision,
        "records": [one.number for one in record.others],
        "cards": [
            {
                "id": one.id,
                "card_type": one.kind,
                "card": identifiers.mask(one.value),
                "card_of": one.held_as,
                "guardian": one.holder_name,
                "until": one.until.isoformat() if one.until else None,
            }
            for one in record.identifiers
        ],
        "merges": [merge_json(one) for one in record.merges],
        "likely": [line_json(one) for one in record.likely],
        "history": [
            {
                "revision": one.revision,
                "what": one.what,
                "before": dict(one.before),
                "after": dict(one.after),
                "reason": one.reason,
                "made_at": one.made_at.isoformat(),
            }
            for one in record.history
        ],
    }


def line_json(patient: Patient) -> dict[str, Any]:
    return {
        "id": patient.id,
        "number": patient.number,
        "name": patient.name,
        "sex": patient.sex,
        "birth_date": patient.birth_date.isoformat() if patient.birth_date else None,
        "estimated_age": patient.estimated_age,
        "temporary": patient.temporary,
    }


def merge_json(claim: Merge) -> dict[str, Any]:
    return {
        "id": claim.id,
        "patient": claim.patient_id,
        "into": claim.into_id,
        "state": claim.state,
        "revision": claim.revision,
    }


def lines(found: Sequence[Patient], language: Language, today: date) -> list[PatientLine]:
    return [line(one, language, today) for one in found]


def _value(language: Language, key: str, value: str) -> str:
    if not value:
        return "—"
    match key:
        case "sex":
            return words.coded(language, "sex", value)
        case "kind":
            return text(language, f"card.{value}")
        case "held_as":
            return text(language, f"card-of.{value}")
        case _:
            return value
