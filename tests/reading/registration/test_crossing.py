"""Records of one person change while somebody else decides about them, or a worker compares images with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.access import visibility
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.context import Context
from reading.errors import Stale
from reading.patients import patients
from reading.patients.merge_moves import Move
from reading.patients.merges import Merge
from reading.registration import corrections, merging
from reading.registration.corrections import facts_of
from reading.viewers import PatientViewer
from storage.database import snapshot, transaction
from tests.reading.clinic import Clinic, compare_again, read
from tests.reading.crossing import cross
from tests.reading.intake.chens_images import AGREEING, Scene, one_more, scene
from tests.reading.intake.chens_images import come as comes
from tests.reading.region import KEYS
from tests.reading.registration.test_merging import AGAIN, NAMELESS, PIA, Desk


def decide(clinic: Clinic, claim: Merge, move: Move, now: datetime) -> Callable[[Connection], Merge]:
    def act(tx: Connection) -> Merge:
        ctx = Context(tx, clinic.audit, now, clinic.mona)
        return merging.decide(ctx, KEYS, claim.id, move, revision=claim.revision, reason="已核对")

    return act


def test_parting_while_the_record_that_stands_is_merged_again_is_asked_anew(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        pia, again, unknown = desk.register(PIA), desk.register(AGAIN), desk.register(NAMELESS)
        first = desk.merge(desk.propose(unknown, again))
        second = desk.propose(again, pia)
    merge, part = decide(desk.clinic, second, Move.MERGE, now), decide(desk.clinic, first, Move.UNDO, now)

    with pytest.raises(Stale):
        cross(engine, merge, part, lambda _: None)
    with transaction(engine) as tx:
        together = [one.merged_into for each in (again, unknown) if (one := patients.by_id(tx, each.id))]
        part(tx)
        apart = [one.merged_into for each in (again, unknown) if (one := patients.by_id(tx, each.id))]

    assert (together, apart) == ([pia.id, pia.id], [pia.id, None])


def test_a_correction_and_a_merge_of_one_record_wait_for_each_other(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        desk = Desk(tx, now)
        again, pia = desk.register(AGAIN), desk.register(PIA)
        merged = desk.merge(desk.propose(again, pia))

    def correct(tx: Connection) -> object:
        ctx, facts = (
            Context(tx, desk.clinic.audit, now, desk.clinic.mona),
            replace(facts_of(pia), telephone="13900139000"),
        )
        return corrections.correct(ctx, KEYS, pia.id, facts, revision=pia.revision, reason="更正")

    with pytest.raises(Stale):
        cross(engine, decide(desk.clinic, merged, Move.UNDO, now), correct, lambda _: None)
    with transaction(engine) as tx:
        correct(tx)


def renamed(made: Scene, now: datetime) -> Callable[[Connection], object]:
    def act(tx: Connection) -> object:
        ctx, facts = Context(tx, made.clinic.audit, now, made.clinic.mona), replace(facts_of(made.chen), name="李四")
        return corrections.correct(ctx, KEYS, made.chen.id, facts, revision=made.chen.revision, reason="更正")

    return act


def sees(tx: Connection, made: Scene, case: Case, now: datetime) -> bool:
    chen = PatientViewer(patient_id=made.chen.id, case_id=None)
    return cases.is_one_of(tx, case.id, visibility.visible_cases(tx, chen, now))


def test_a_case_that_is_compared_while_the_register_is_corrected_stays_closed_until_it_is_compared_again(
    engine: Engine, now: datetime
) -> None:
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writing transaction at a time")
    with transaction(engine) as tx:
        made = scene(tx, now)
    with transaction(engine) as comparing:
        case = comes(comparing, made, "patient number", now, AGREEING)
        read(comparing, made.clinic, made.clinic.ada, case.id, now)
        with transaction(engine) as correcting:
            renamed(made, now)(correcting)
    with snapshot(engine) as tx:
        compared, seen = cases.by_id(tx, case.id).identity, sees(tx, made, case, now)
    with transaction(engine) as tx:
        compare_again(tx, made.clinic, now)
        again = cases.by_id(tx, case.id).identity

    assert (compared, seen, again) == (Identity.AGREES, False, Identity.DIFFERS)


def test_a_correction_waits_for_whoever_compares_a_case_and_closes_it_afterwards(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = scene(tx, now)
    cross(engine, lambda tx: one_more(tx, made, "1.1", 2, now, AGREEING), renamed(made, now), lambda _: None)

    with snapshot(engine) as tx:
        assert cases.by_id(tx, made.earlier.id).identity is Identity.UNCHECKED
        assert not sees(tx, made, made.earlier, now)
