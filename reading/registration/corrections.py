"""Corrections of who a patient is: name, sex, birth date and telephone, each with its reason, none against a card."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid
from reading.intake import identity
from reading.kinds import Sex
from reading.patients import card_facts, changes, patient_identifiers, persons, telephones
from reading.patients.changes import What
from reading.patients.keys import Keys
from reading.patients.majority import ZONE
from reading.patients.names import one_spelling, search_forms
from reading.patients.patients import Patient
from reading.registration.records import open_patient, own_cards
from reading.telephones import numbers
from reading.texts import checked
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a record says of its person."""

    name: str = field(repr=False)
    sex: Sex
    birth_date: date | None = field(repr=False)
    telephone: str = field(repr=False)


def facts_of(patient: Patient) -> Facts:
    return Facts(name=patient.name, sex=patient.sex, birth_date=patient.birth_date, telephone=patient.telephone)


def correct(ctx: Context[Staff], keys: Keys, patient_id: str, facts: Facts, *, revision: int, reason: str) -> Patient:
    """Correct a patient; ``revision`` is that of the record on the screen.

    Guardians' cards end with the majority that a corrected birth date means, never later than before. Another telephone
    has to be verified anew; the number that was verified is told.

    Raises:
        NotThere: there is none, or none of their sites registers the person.
        Stale: somebody changed the record since.
        Invalid: nothing was changed; no name, or two spellings in one (`names.one_spelling`); no reason; a
            birth date in the future; a telephone that is none; sex or
            birth date contradict an identity card of their own.

    """
    opened = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    if facts.birth_date is not None and facts.birth_date > ctx.now.astimezone(ZONE).date():
        raise Invalid("birth_date", "date")
    ids = persons.lock(ctx.tx, [opened.id])
    sex, born = card_facts.settled(own_cards(ctx.tx, keys, ids, ctx.now), facts.sex, facts.birth_date, ctx.now)
    name = checked("name", facts.name, longest=200, required=True)
    new = Facts(
        name=name if name == opened.name else one_spelling("name", name),
        sex=sex,
        birth_date=born,
        telephone=telephones.normal(facts.telephone),
    )
    before, after = _differences(facts_of(opened), new)
    if not after:
        raise Invalid("attributes", "unchanged")
    number = changes.write(
        ctx.tx,
        opened.id,
        seen_revision=revision,
        what=What.CORRECTED,
        before=before,
        after=after,
        reason=reason,
        made_by=ctx.who.person_id,
        now=ctx.now,
        values={
            "name": new.name,
            **search_forms(new.name),
            "sex": new.sex,
            "birth_date": new.birth_date,
            "telephone": new.telephone,
            "estimated_age": None if new.birth_date else opened.estimated_age,
        },
    )
    if "telephone" in after:
        numbers.end(ctx.tx, keys, opened.id, ctx.now)
    if "birth_date" in after:
        for each in ids:
            patient_identifiers.end_with_majority(ctx.tx, each, new.birth_date, ctx.now)
    if set(after) - {"telephone"}:
        identity.recheck(ctx.tx, ids, ctx.now)
    ctx.record(
        action=Action.PATIENT_CORRECT, subject_kind="patient", subject_id=opened.id, details={"revision": number}
    )
    return open_patient(ctx, opened.id, Action.PATIENT_OPEN)


def _differences(old: Facts, new: Facts) -> tuple[dict[str, str], dict[str, str]]:
    before, after = _words(old), _words(new)
    differ = [key for key in before if before[key] != after[key]]
    return {key: before[key] for key in differ}, {key: after[key] for key in differ}


def _words(facts: Facts) -> dict[str, str]:
    return {
        "name": facts.name,
        "sex": str(facts.sex),
        "birth_date": facts.birth_date.isoformat() if facts.birth_date else "",
        "telephone": facts.telephone,
    }
