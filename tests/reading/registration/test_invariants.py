"""Whatever people do at the register in whatever order, nobody gets a card, a case or a look that is not theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from reading.context import Context, Guess
from reading.errors import NotDone
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import merges, patient_identifiers, patients
from reading.patients.majority import comes_of_age
from reading.patients.merge_moves import MergeState, Move
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.registration import corrections, merging
from reading.registration.corrections import facts_of
from reading.tables import patient, patient_identifier
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.region import KEYS

CARDS: Final = ("AB" * 32, "CD" * 32, "EF" * 32)
NAMES: Final = ("皮亚", "皮娅", "王璡")
DAYS: Final = (date(1990, 3, 7), date(2015, 6, 1))
STEP: Final = st.tuples(
    st.sampled_from(("own", "guardian", "nameless", "correct", "propose", "merge", "undo")),
    st.sampled_from(CARDS),
    st.sampled_from(NAMES),
    st.sampled_from(DAYS),
    st.integers(0, 7),
)


def act(tx: Connection, clinic: Clinic, now: datetime, step: tuple[str, str, str, date, int]) -> None:
    """One act of a quality manager at Hills, as the step says; what is refused changes nothing."""
    what, card, name, day, number = step
    ctx = Context(tx, clinic.audit, now, clinic.mona, guess=Guess())
    known = everybody(tx)
    one, other = (known[(number + more) % len(known)] if known else None for more in (0, 1))
    claims = merges.of_records(tx, [each.id for each in known])
    holder = CardHolder(kind=IdentifierKind.HEALTH_CARD, card=card, name=name, sex=Sex.UNKNOWN, birth_date=day)
    hills = clinic.region.hills.id
    if what == "own":
        find_or_register(ctx, KEYS, holder, hills)
    elif what == "guardian":
        find_or_register(ctx, KEYS, replace(holder, held_as=HeldAs.GUARDIAN, guardian="监护人"), hills)
    elif what == "nameless":
        find_or_register(ctx, KEYS, replace(holder, kind=None, card="", name=""), hills)
    elif what == "correct" and one is not None:
        facts = replace(facts_of(one), name=name, birth_date=day)
        corrections.correct(ctx, KEYS, one.id, facts, revision=one.revision, reason="更正")
    elif what == "propose" and one is not None and other is not None:
        merging.propose(ctx, KEYS, one.id, other.id, reason="同一人")
    elif claims:
        claim = claims[number % len(claims)]
        move = Move.MERGE if what == "merge" else Move.UNDO
        merging.decide(ctx, KEYS, claim.id, move, revision=claim.revision, reason="核对")


def everybody(tx: Connection) -> list[Patient]:
    return patients.select(tx, sa.true())


def written(tx: Connection) -> list[tuple[object, ...]]:
    """Everything that a merge must leave as it was."""
    said = [column for column in patient.c if column.name != "facts_at"]
    of_patients = tx.execute(sa.select(*said).order_by(patient.c.id))
    of_cards = tx.execute(sa.select(patient_identifier).order_by(patient_identifier.c.id))
    return [tuple(row) for row in (*of_patients, *of_cards)]


def check(tx: Connection, now: datetime) -> None:
    for card in CARDS:
        shown = Identifier(kind=IdentifierKind.HEALTH_CARD, value=card)
        digest = KEYS.digest(shown.kind, shown.issuer, card)
        owners = tx.scalars(
            sa.select(patient_identifier.c.patient_id).where(
                patient_identifier.c.held_as == "own", patient_identifiers.holds_at([digest], now)
            )
        ).all()
        assert len(owners) <= 1
        wards = patients.wards(tx, KEYS, shown, now)
        assert not set(owners) & {ward.id for ward in wards}
        for ward in wards:
            assert ward.birth_date is not None
            of_age = comes_of_age(DAYS[1])
            assert ward.id not in {one.id for one in patients.of_card(tx, KEYS, shown, of_age)}
    standing = {one.id: one for one in everybody(tx)}
    in_force = {one.patient_id for one in merges.of_records(tx, list(standing)) if one.state is MergeState.MERGED}
    for one in standing.values():
        assert (one.merged_into is not None) == (one.id in in_force)
        assert one.merged_into is None or standing[one.merged_into].merged_into is None


def test_whatever_is_done_at_the_register_every_card_has_one_owner_and_parting_restores(
    engine: Engine, now: datetime
) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(STEP, max_size=14))
    def holds(steps: list[tuple[str, str, str, date, int]]) -> None:
        with engine.connect() as connection, connection.begin() as outer:
            clinic = open_clinic(connection, now)
            for number, step in enumerate(steps):
                try:
                    with connection.begin_nested():
                        act(connection, clinic, now + timedelta(minutes=number), step)
                except NotDone:
                    pass
                check(connection, now + timedelta(minutes=number))
            parted(connection, clinic, now + timedelta(hours=1))
            outer.rollback()

    holds()


def parted(tx: Connection, clinic: Clinic, now: datetime) -> None:
    """Merging what is proposed and parting it again leaves every row as it was."""
    ctx = Context(tx, clinic.audit, now, clinic.mona, guess=Guess())
    for claim in merges.waiting(tx):
        before = written(tx)
        try:
            with tx.begin_nested():
                merged = merging.decide(ctx, KEYS, claim.id, Move.MERGE, revision=claim.revision, reason="x")
        except NotDone:
            continue
        merging.decide(ctx, KEYS, claim.id, Move.UNDO, revision=merged.revision, reason="x")
        assert written(tx) == before
