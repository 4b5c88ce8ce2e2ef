"""Whoever tries cards and numbers of strangers waits, and nobody else; other refusals count nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.access import guesses
from reading.access.act_transaction import acting
from reading.errors import Invalid, NotThere, TooManyAttempts
from reading.intake import putting_right
from reading.kinds import IdentifierKind, Priority, Sex
from reading.orders import counter
from reading.orders.registration import CardHolder, find_or_register
from reading.registration import records
from reading.sessions.attempts import NAMING
from reading.sessions.failed_proofs import Kind
from reading.sessions.failures import overview
from reading.viewers import Staff
from storage.database import snapshot, transaction
from tests.reading.access.test_visibility import STUDY, pias_case
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.region import KEYS, PIA_CARD

FREE = NAMING.free or 0


def holder(name: str) -> CardHolder:
    return CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name=name, sex=Sex.UNKNOWN, birth_date=None)


def names(engine: Engine, clinic: Clinic, who: Staff, name: str, at: datetime) -> str:
    """Somebody at a counter names the holder of Pia's card."""
    site = clinic.region.moor if who is clinic.quinn else clinic.region.hills
    with acting(engine, clinic.audit, at, who, naming=KEYS) as ctx:
        return find_or_register(ctx, KEYS, holder(name), site.id).id


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    """A clinic with Pia's case."""
    with transaction(engine) as tx:
        made = open_clinic(tx, now)
        pias_case(tx, made, now)
    return made


def test_quinn_tries_names_on_a_strangers_card_two_dozen_times_an_hour(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    at, heard = now, 0
    while at < now + timedelta(hours=1):
        try:
            names(engine, clinic, clinic.quinn, f"Paul{heard}", at)
        except Invalid:
            heard += 1
        except TooManyAttempts as wait:
            at += wait.retry_after
    with pytest.raises(TooManyAttempts):
        names(engine, clinic, clinic.quinn, "Pia", now + timedelta(minutes=59))
    with snapshot(engine) as tx:
        worst = overview(tx, KEYS, now).counters[0]

    assert heard == 2 * FREE
    assert (worst.kind, worst.about, worst.failures) == (Kind.NAMING, "quinn", heard)
    assert names(engine, clinic, clinic.tang, "Pia", now)
    assert names(engine, clinic, clinic.quinn, "Pia", now + timedelta(hours=2))


def test_guesses_that_come_at_once_are_no_more_than_are_free(engine: Engine, now: datetime, clinic: Clinic) -> None:
    def guess(number: int) -> bool:
        try:
            names(engine, clinic, clinic.quinn, f"Paul{number}", now)
        except Invalid:
            return True
        except TooManyAttempts:
            return False
        raise AssertionError("a wrong name is no patient's")

    with ThreadPoolExecutor(8) as pool:
        heard = sum(pool.map(guess, range(4 * FREE)))

    assert heard == FREE + 1  # the last of them closes


def test_refusals_for_other_reasons_and_right_names_never_slow_a_counter_down(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    order = counter.Request(
        site_code="hills",
        patient=holder("Pia"),
        modality="DX",
        priority=Priority.ROUTINE,
        procedures=[],
        reason="cough",
        scheduled_at=now + timedelta(days=900),
        station="",
    )
    for _ in range(FREE + 2):
        names(engine, clinic, clinic.tang, "Pia", now)
        with (
            pytest.raises(Invalid, match="scheduled_at"),
            acting(engine, clinic.audit, now, clinic.tang, naming=KEYS) as ctx,
        ):
            counter.place(ctx, KEYS, order)

    assert names(engine, clinic, clinic.tang, "Pia", now)


def test_wrong_numbers_are_guesses_as_well(engine: Engine, now: datetime, clinic: Clinic) -> None:
    def link(number: str) -> None:
        with acting(engine, clinic.audit, now, clinic.tang, naming=KEYS) as ctx:
            putting_right.correct_study(ctx, STUDY, {}, patient_number=number, reason="登记错误")

    for number in range(FREE + 1):
        with pytest.raises(Invalid):
            link(f"P{number}")
    with pytest.raises(TooManyAttempts):
        link("P")


def test_what_is_not_counted_finds_nobody(engine: Engine, now: datetime, clinic: Clinic) -> None:
    with pytest.raises(guesses.NotCounted), acting(engine, clinic.audit, now, clinic.tang) as ctx:
        records.register(ctx, KEYS, holder("Pia"), "hills")


def test_a_site_that_is_not_theirs_is_no_guess(engine: Engine, now: datetime, clinic: Clinic) -> None:
    for _ in range(FREE + 2):
        with pytest.raises(NotThere), acting(engine, clinic.audit, now, clinic.quinn, naming=KEYS) as ctx:
            records.register(ctx, KEYS, holder("Pia"), "hills")

    with snapshot(engine) as tx:
        assert overview(tx, KEYS, now).counters == ()
