"""Two records of one person: whoever registers proposes it, a quality manager decides it and may take it back."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.access import door, visibility
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, NotAllowed, Stale
from reading.intake import identity
from reading.patients import merges, persons
from reading.patients.keys import Keys
from reading.patients.likeness import contradict
from reading.patients.merge_moves import Move
from reading.patients.merges import Merge
from reading.registration.records import open_patient, own_cards
from reading.tables import patient
from reading.viewers import Staff

ACTIONS: Final = {
    Move.MERGE: Action.PATIENT_MERGE,
    Move.DECLINE: Action.PATIENT_MERGE_DECLINE,
    Move.UNDO: Action.PATIENT_UNMERGE,
}


def propose(ctx: Context[Staff], keys: Keys, patient_id: str, into_id: str, *, reason: str) -> Merge:
    """Propose that ``patient_id`` is a record of the person of ``into_id``; nothing changes by that.

    Raises:
        NotThere: one of them is not there, or not a person whom their sites register.
        Invalid: they are one already, or proposed already; each has an identity card of its own; no reason.

    """
    one = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    other = open_patient(ctx, into_id, Action.PATIENT_OPEN)
    _check_cards(ctx, keys, one.id, other.id)
    made = merges.propose(ctx.tx, one.id, other.id, reason=reason, made_by=ctx.who.person_id, now=ctx.now)
    ctx.record_each(
        action=Action.PATIENT_MERGE_PROPOSE,
        subject_kind="patient",
        subject_ids=[one.id, other.id],
        details={"merge": made.id},
    )
    return made


def proposals(ctx: Context[Staff]) -> list[Merge]:
    """Claims about people of their sites that nobody has decided yet, the oldest first."""
    door.open_list(ctx, Action.PATIENT_SEARCH)
    theirs = visibility.registered_patients(ctx.tx, ctx.who, ctx.now)
    open_claims = merges.waiting(ctx.tx)
    about = {each for one in open_claims for each in (one.patient_id, one.into_id)}
    seen = set(ctx.tx.scalars(sa.select(patient.c.id).where(patient.c.id.in_(about), theirs)))
    return [one for one in open_claims if {one.patient_id, one.into_id} <= seen]


def decide(ctx: Context[Staff], keys: Keys, merge_id: str, move: Move, *, revision: int, reason: str) -> Merge:
    """Merge, decline, or part again. Each record keeps its cases, orders and cards; a link joins them.

    Raises:
        NotThere: no such claim, or about people whom their sites do not register.
        NotAllowed: they do not manage the quality of a site of both.
        MoveNotAllowed: it is not in a state for it.
        Stale: somebody decided since ``revision``.
        Invalid: each has an identity card of its own; one was merged with another meanwhile; no reason.

    """
    claim = merges.by_id(ctx.tx, merge_id)
    for each in (claim.patient_id, claim.into_id):
        open_patient(ctx, each, Action.PATIENT_OPEN)
    managed = visibility.managed_patients(ctx.tx, ctx.who, ctx.now)
    pair = patient.c.id.in_((claim.patient_id, claim.into_id))
    if len(ctx.tx.scalars(sa.select(patient.c.id).where(pair, managed)).all()) != 2:
        raise NotAllowed("quality_managers_of_both")
    if claim.revision != revision:
        raise Stale(claim.revision)
    if move is not Move.DECLINE:
        persons.lock(ctx.tx, (claim.patient_id, claim.into_id))  # before cards are compared: none is added meanwhile
    if move is Move.MERGE:
        _check_cards(ctx, keys, claim.patient_id, claim.into_id)
    made = merges.move(ctx.tx, claim, move, reason=reason, made_by=ctx.who.person_id, now=ctx.now)
    if move is not Move.DECLINE:
        ids = {each for one in (claim.patient_id, claim.into_id) for each in persons.record_ids(ctx.tx, one)}
        identity.recheck(ctx.tx, ids, ctx.now)
    ctx.record_each(
        action=ACTIONS[move],
        subject_kind="patient",
        subject_ids=[claim.patient_id, claim.into_id],
        details={"merge": made.id},
    )
    return made


def _check_cards(ctx: Context[Staff], keys: Keys, one: str, other: str) -> None:
    """Two identity cards are two people; one that was linked by mistake is ended first."""
    cards = [
        [card.value for card in own_cards(ctx.tx, keys, persons.record_ids(ctx.tx, each), ctx.now)]
        for each in (one, other)
    ]
    if contradict(*cards):
        raise Invalid("other", "two_identity_cards")
