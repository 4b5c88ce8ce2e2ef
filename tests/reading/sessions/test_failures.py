"""What the security administrator sees of failed proofs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Engine

from reading.kinds import Role
from reading.sessions import attempts
from reading.sessions.attempts import Caller
from reading.sessions.failed_proofs import Kind
from reading.sessions.failures import by_kind, overview
from storage.database import transaction
from tests.reading.region import KEYS, hire, make_region


def test_the_security_administrator_sees_who_is_tried_and_from_where(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        ada = hire(tx, "ada", now, (Role.READER, make_region(tx, now).oak))
        for number in range(3):
            caller = Caller(address=f"2001:db8::{number}")
            hers = attempts.of_username(tx, KEYS, "ada", caller, now, person_id=ada.person_id)
            attempts.begin(tx, hers, now)
        attempts.begin(tx, attempts.of_card(tx, KEYS, "110105199003071220", Caller(address="10.0.0.1"), now), now)

        seen = overview(tx, KEYS, now)
        sums = by_kind(tx)

    assert {(one.kind, one.about, one.failures) for one in seen.counters} == {
        (Kind.ACCOUNT, "ada", 3),
        (Kind.ADDRESS, "2001:db8::/64", 3),
        (Kind.CARD, "", 1),
        (Kind.ADDRESS, "10.0.0.1", 1),
    }
    assert (seen.within_an_hour, seen.brake_is_on) == (4, False)
    counted = {Kind.PAIR: 4, Kind.ACCOUNT: 3, Kind.CARD: 1, Kind.ADDRESS: 4, Kind.EVERYBODY: 4}
    assert sums == dict.fromkeys(Kind, 0) | counted
    assert "ada" not in repr(seen)
