"""Recovery codes: ten, each good once instead of a factor that is lost; the database has their keyed digests alone."""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.patients.keys import Keys
from reading.register.passwords import ALPHABET
from reading.row_rules import open_at
from reading.tables import recovery_code
from storage.ids import new_id

HOW_MANY: Final = 10
GROUP_LENGTH: Final = 5
"""Two groups of five characters, 49 bits: guesses are counted, and a digest is of no use without the key."""


def make(tx: Connection, keys: Keys, person_id: str, now: datetime) -> tuple[str, ...]:
    """Ten new codes, returned this once; those from before are good no longer."""
    end(tx, person_id, now)
    codes = tuple(random_code() for _ in range(HOW_MANY))
    tx.execute(
        recovery_code.insert(),
        [{"id": new_id(), "person_id": person_id, "digest": digest(keys, one), "since": now} for one in codes],
    )
    return codes


def use(tx: Connection, keys: Keys, person_id: str, typed: str, now: datetime) -> bool:
    """Take a code; whether it was one that is good."""
    row = recovery_code.c
    theirs = (row.person_id == person_id) & (row.digest == digest(keys, typed)) & row.used_at.is_(None)
    return (
        tx.execute(recovery_code.update().where(theirs, open_at(recovery_code, now)).values(used_at=now)).rowcount > 0
    )


def left(tx: Connection, person_id: str, now: datetime) -> int:
    return left_of_each(tx, now, person_id).get(person_id, 0)


def left_of_each(tx: Connection, now: datetime, person_id: str | None = None) -> dict[str, int]:
    """How many are good, of everybody who has any or of one person, by the id of the person."""
    row = recovery_code.c
    good = row.used_at.is_(None) & open_at(recovery_code, now)
    if person_id is not None:
        good &= row.person_id == person_id
    counted = sa.select(row.person_id, sa.func.count().label("left")).where(good).group_by(row.person_id)
    return {one.person_id: one.left for one in tx.execute(counted)}


def end(tx: Connection, person_id: str, now: datetime) -> None:
    tx.execute(
        recovery_code.update()
        .where(recovery_code.c.person_id == person_id, open_at(recovery_code, now))
        .values(until=now)
    )


def random_code() -> str:
    """Such as ``k3vw9-mpt2x``; also what stands on the slip of a reset."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(2))


def digest(keys: Keys, typed: str) -> bytes:
    """Of a code as it is read from paper: capitals, spaces and dashes count for nothing."""
    plain = unicodedata.normalize("NFKC", typed).casefold()
    return keys.digest("recovery_code", "".join(each for each in plain if each in ALPHABET))
