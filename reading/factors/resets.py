"""Resets of a person's factors: asked for, confirmed with a slip, ended by a new factor.

Until then the password alone opens nothing: who has it and not the slip cannot set up a factor in the person's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.factors import recovery_codes
from reading.patients.keys import Keys
from reading.tables import factor_reset
from storage.ids import new_id

SLIP_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Reset:
    """A reset that has not ended."""

    id: str
    person_id: str
    asked_at: datetime
    asked_by: str | None
    """The id of a person; None: the server's operator."""
    confirmed_at: datetime | None
    """None while another administrator has to confirm it."""
    slip_until: datetime | None


def of(tx: Connection, person_id: str) -> Reset | None:
    """The open reset of a person."""
    theirs = (factor_reset.c.person_id == person_id) & factor_reset.c.ended_at.is_(None)
    row = tx.execute(sa.select(factor_reset).where(theirs)).one_or_none()
    if row is None:
        return None
    return Reset(
        id=row.id,
        person_id=row.person_id,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        confirmed_at=row.confirmed_at,
        slip_until=row.slip_until,
    )


def is_waiting(tx: Connection, person_id: str) -> bool:
    """Whether a slip was made, and no factor set up with it yet."""
    found = of(tx, person_id)
    return found is not None and found.confirmed_at is not None


def ask(tx: Connection, person_id: str, now: datetime, *, by: str | None) -> Reset:
    """Ask for a reset; one that stands open is ended."""
    end(tx, person_id, now)
    tx.execute(factor_reset.insert().values(id=new_id(), person_id=person_id, asked_at=now, asked_by=by))
    made = of(tx, person_id)
    assert made is not None  # noqa: S101 -- it was just entered
    return made


def confirm(tx: Connection, keys: Keys, reset: Reset, now: datetime, *, by: str | None) -> str:
    """Make the slip, whose code is returned this once."""
    code = recovery_codes.random_code()
    tx.execute(
        factor_reset.update()
        .where(factor_reset.c.id == reset.id)
        .values(
            confirmed_at=now,
            confirmed_by=by,
            slip_digest=recovery_codes.digest(keys, code),
            slip_until=now + SLIP_FOR,
        )
    )
    return code


def is_slip(tx: Connection, keys: Keys, person_id: str, typed: str, now: datetime) -> bool:
    """Whether this is the code of the person's slip, which is good until a factor was set up with it."""
    row = factor_reset.c
    theirs = (row.person_id == person_id) & row.ended_at.is_(None) & (row.slip_until > now)
    found = sa.select(row.id).where(theirs, row.slip_digest == recovery_codes.digest(keys, typed))
    return tx.execute(found).first() is not None


def end(tx: Connection, person_id: str, now: datetime) -> None:
    """A factor was set up, or the reset is not wanted any more."""
    theirs = (factor_reset.c.person_id == person_id) & factor_reset.c.ended_at.is_(None)
    tx.execute(factor_reset.update().where(theirs).values(ended_at=now))
