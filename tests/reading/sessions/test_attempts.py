"""Failed proofs: nobody is kept out by others, and nobody guesses without end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy.engine import Connection, Engine

from reading.errors import TooManyAttempts
from reading.sessions import attempts
from reading.sessions.attempts import ADDRESS, Caller
from storage.database import transaction
from tests.reading.region import KEYS

HERS: Final = Caller(address="10.0.0.1", browser="hers")
AT_HOME: Final = Caller(address="192.0.2.7")
GUESSES_IN_A_DAY: Final = 150
"""K of docs/adr/0014: at one account, from however many addresses that never proved it."""
GUESSES_IN_AN_HOUR: Final = 40


def fails(tx: Connection, caller: Caller, now: datetime, username: str = "ada") -> bool:
    """Whether the guess was heard at all."""
    try:
        attempts.begin(tx, attempts.of_username(tx, KEYS, username, caller, now), now)
    except TooManyAttempts:
        return False
    return True


def proves(tx: Connection, caller: Caller, now: datetime, username: str = "ada") -> bool:
    attempt = attempts.of_username(tx, KEYS, username, caller, now)
    try:
        attempts.begin(tx, attempt, now)
    except TooManyAttempts:
        return False
    attempts.succeeded(tx, attempt, now)
    return True


def test_an_ipv6_network_is_one_address(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        heard = [fails(tx, Caller(address=f"2001:db8::{number:x}"), now) for number in range(1, 12)]

        assert heard.count(True) == 6
        assert fails(tx, Caller(address="2001:db8:0:1::1"), now)
        assert attempts.network_of("::ffff:10.0.0.1") == "10.0.0.1"


def test_strangers_slow_down_strangers_and_not_who_was_here_before(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        assert proves(tx, HERS, now)
        for number in range(200):
            fails(tx, Caller(address=f"10.1.{number}.1"), now)

        assert not proves(tx, AT_HOME, now)
        assert proves(tx, Caller(address="10.0.0.1"), now)
        assert proves(tx, Caller(address="198.51.100.9", browser="hers"), now)
        assert proves(tx, AT_HOME, now, "ben")
        assert proves(tx, AT_HOME, now + timedelta(minutes=15))


def test_a_place_is_forgotten_after_half_a_year(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        proves(tx, HERS, now)
        later = now + attempts.KNOWN_FOR + timedelta(days=1)

        assert not attempts.of_username(tx, KEYS, "ada", HERS, later).is_known
        assert attempts.forget(tx, later) == 5  # two places; the counters of the username, the address and altogether


def test_many_accounts_from_one_address_are_slowed_down_and_never_locked(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        free = ADDRESS.free or 0
        heard = sum(fails(tx, AT_HOME, now, f"user{number}") for number in range(free + 60))
        wait = attempts.failed_proofs.remaining_wait(
            tx, attempts.of_username(tx, KEYS, "pia", AT_HOME, now).counters, now
        )

        assert heard == free + 1
        assert timedelta(0) < wait <= timedelta(seconds=10)
        assert proves(tx, AT_HOME, now + wait, "pia")


def test_guesses_from_everywhere_meet_a_brake_that_keeps_nobody_out(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tenth of 3,600 guesses from 120 addresses within an hour, each at another account.
    monkeypatch.setattr(attempts, "BRAKE_AT", 100)
    guesses = 0
    with transaction(engine) as tx:
        proves(tx, HERS, now)
        for number in range(360):
            at = now + timedelta(seconds=10 * number)
            guesses += fails(tx, Caller(address=f"10.2.{number % 12}.1"), at, f"user{number}")
        at = now + timedelta(minutes=59)

        assert attempts.brake_is_on(tx, KEYS, at)
        assert 100 < guesses < 260
        assert proves(tx, HERS, at)
        assert proves(tx, Caller(address="10.3.3.3"), at, "ben")  # a new place that has not failed
        assert not attempts.brake_is_on(tx, KEYS, now + timedelta(hours=2))


Step = tuple[int, int, bool]


@pytest.mark.parametrize("places", [1, 3, 500])
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(0, 499), st.integers(0, 900), st.booleans()), min_size=20, max_size=40))
def test_whatever_an_attacker_does_the_owner_comes_in_and_few_guesses_are_heard(
    engine: Engine, now: datetime, places: int, steps: list[Step]
) -> None:
    heard: list[datetime] = []
    at = now
    with engine.connect() as connection, connection.begin() as begun:
        proves(connection, HERS, at)
        for place, pause, beside_her in steps:
            at += timedelta(seconds=pause % 60 if pause < 600 else pause)
            # Every place guesses as fast as it can; some sit behind the owner's own address.
            address = "10.0.0.1" if beside_her else f"10.{place % places // 250}.{place % places % 250}.9"
            guesses = sum(fails(connection, Caller(address=address), at) for _ in range(3))
            heard += [] if beside_her else [at] * guesses

            assert attempts.of_username(connection, KEYS, "ada", HERS, at).is_known
            assert not attempts.failed_proofs.remaining_wait(
                connection, attempts.of_username(connection, KEYS, "ada", HERS, at).counters, at
            )
        assert proves(connection, HERS, at)
        begun.rollback()

    for first in heard:
        assert sum(first <= one < first + timedelta(hours=1) for one in heard) <= GUESSES_IN_AN_HOUR
        assert sum(first <= one < first + timedelta(days=1) for one in heard) <= GUESSES_IN_A_DAY
