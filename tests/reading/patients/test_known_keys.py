"""The keys that a database was written with."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from reading.patients.known_keys import knows_keys, strange_keys
from storage.database import transaction


def test_the_first_start_notes_the_keys_and_others_are_named_from_then_on(engine: Engine) -> None:
    keys = {"identifiers.hmac": b"one", "seal": b"two"}
    with transaction(engine) as tx:
        before = knows_keys(tx)
        first = strange_keys(tx, keys)
    with transaction(engine) as tx:
        assert (before, knows_keys(tx)) == (False, True)
        assert first == []
        assert strange_keys(tx, keys) == []
        assert strange_keys(tx, {**keys, "seal": b"another"}) == ["seal"]
