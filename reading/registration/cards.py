"""Cards of somebody who is registered: one more is added, one that was linked by mistake is ended."""

from __future__ import annotations

from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.intake import identity
from reading.kinds import HeldAs, IdentifierKind
from reading.patients import card_facts, changes, patient_identifiers, persons
from reading.patients.changes import What
from reading.patients.keys import Keys
from reading.patients.majority import comes_of_age
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.registration.records import open_patient, own_cards
from reading.sessions.patient_sessions import CARDS
from reading.viewers import Staff


def add(ctx: Context[Staff], keys: Keys, patient_id: str, card: Identifier, *, revision: int, reason: str) -> Patient:
    """Add a card that lies on the counter: the patient's own, or a guardian's; the patient is temporary no longer.

    Raises:
        NotThere: there is none, or none of their sites registers the person.
        Stale: somebody changed the record since ``revision``.
        Invalid: the card breaks its form, is another patient's, or contradicts what is registered; a second identity
            card; a guardian who is not named or not of age, or a patient who is; no reason.

    """
    opened = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    ids = persons.lock(ctx.tx, [opened.id])
    if card.kind not in CARDS:
        raise Invalid("card_type", "unknown")
    if not card.value.strip():
        raise Invalid("card", "empty")
    own = card.held_as is HeldAs.OWN
    sex, born = opened.sex, opened.birth_date
    if card.kind is IdentifierKind.IDENTITY_CARD:
        said = card_facts.read(card.value, ctx.now)
        if not own and comes_of_age(said.birth_date) > ctx.now:
            raise Invalid("card", "guardian_under_age")
        if own and own_cards(ctx.tx, keys, ids, ctx.now):
            raise Invalid("card", "second_identity_card")
    if not own and not card.holder_name.strip():
        raise Invalid("guardian", "empty")
    sex, born = card_facts.settled([card], sex, born, ctx.now)
    changes.write(
        ctx.tx,
        opened.id,
        seen_revision=revision,
        what=What.CARD_ADDED,
        before={},
        after={"kind": card.kind, "held_as": card.held_as},
        reason=reason,
        made_by=ctx.who.person_id,
        now=ctx.now,
        values={
            "sex": sex,
            "birth_date": born,
            "temporary": False,
            "estimated_age": None if born else opened.estimated_age,
        },
    )
    patient_identifiers.link(ctx.tx, keys, opened.id, card, ctx.now)
    if (sex, born) != (opened.sex, opened.birth_date):
        identity.recheck(ctx.tx, ids, ctx.now)
    ctx.record(action=Action.PATIENT_CARD_ADD, subject_kind="patient", subject_id=opened.id)
    return opened


def end(ctx: Context[Staff], keys: Keys, patient_id: str, identifier_id: str, *, revision: int, reason: str) -> Patient:
    """End a card that is not the patient's, or whose guardian stands for them no longer.

    Raises:
        NotThere: there is none, none of their sites registers the person, or the card is not theirs.
        Stale: somebody changed the record since ``revision``.
        Invalid: no reason.

    """
    opened = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    ids = persons.lock(ctx.tx, [opened.id])
    held = [one for each in ids for one in patient_identifiers.of_patient(ctx.tx, keys, each, ctx.now)]
    meant = next((one for one in held if one.id == identifier_id), None)
    if meant is None:
        raise NotThere
    changes.write(
        ctx.tx,
        opened.id,
        seen_revision=revision,
        what=What.CARD_ENDED,
        before={"kind": meant.kind, "held_as": meant.held_as},
        after={},
        reason=reason,
        made_by=ctx.who.person_id,
        now=ctx.now,
    )
    patient_identifiers.end(ctx.tx, meant.id, ctx.now)
    ctx.record(action=Action.PATIENT_CARD_END, subject_kind="patient", subject_id=opened.id)
    return opened
