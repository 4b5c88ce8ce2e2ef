"""Resets of a person's factors: asked for, confirmed with a slip, ended by a new factor.

From the first confirmation until then the password alone opens nothing, whatever is asked for meanwhile: who has it and
not the slip cannot set up a factor in the person's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import NotThere
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
    """When the factors ended, or ended again; None while they are what they were."""
    has_slip: bool
    """Else another administrator has to confirm it."""
    slip_until: datetime | None


def of(tx: Connection, person_id: str) -> Reset | None:
    """The open reset of a person."""
    return of_each(tx, person_id).get(person_id)


def of_each(tx: Connection, person_id: str | None = None) -> dict[str, Reset]:
    """The open resets of all people, or of one, by the id of the person: nobody has two."""
    standing = factor_reset.c.ended_at.is_(None) if person_id is None else _open(person_id)
    return {
        row.person_id: Reset(
            id=row.id,
            person_id=row.person_id,
            asked_at=row.asked_at,
            asked_by=row.asked_by,
            confirmed_at=row.confirmed_at,
            has_slip=row.slip_digest is not None,
            slip_until=row.slip_until,
        )
        for row in tx.execute(sa.select(factor_reset).where(standing))
    }


def is_waiting(tx: Connection, person_id: str) -> bool:
    """Whether the factors were reset, and none set up with a slip yet."""
    found = of(tx, person_id)
    return found is not None and found.confirmed_at is not None


def ask(tx: Connection, person_id: str, now: datetime, *, by: str | None) -> Reset:
    """Ask for a reset; of one that stands open the slip is void, and what was confirmed stays so."""
    again = factor_reset.update().where(_open(person_id))
    if not tx.execute(again.values(asked_at=now, asked_by=by, slip_digest=None, slip_until=None)).rowcount:
        tx.execute(factor_reset.insert(), {"id": new_id(), "person_id": person_id, "asked_at": now, "asked_by": by})
    made = of(tx, person_id)
    assert made is not None  # noqa: S101 -- it was just entered
    return made


def confirm(tx: Connection, keys: Keys, reset: Reset, now: datetime, *, by: str | None) -> str:
    """Make the slip, whose code is returned this once.

    Raises:
        NotThere: it was withdrawn, or confirmed, since it was looked at.

    """
    code = recovery_codes.random_code()
    row = factor_reset.c
    made = tx.execute(
        factor_reset.update()
        .where(row.id == reset.id, row.ended_at.is_(None), row.slip_digest.is_(None))
        .values(
            confirmed_at=now,
            confirmed_by=by,
            slip_digest=recovery_codes.digest(keys, code),
            slip_until=now + SLIP_FOR,
        )
    )
    if not made.rowcount:
        raise NotThere
    return code


def is_slip(tx: Connection, keys: Keys, person_id: str, typed: str, now: datetime) -> bool:
    """Whether this is the code of the person's slip, which is good until a factor was set up with it."""
    row = factor_reset.c
    found = sa.select(row.id).where(
        _open(person_id), row.slip_until > now, row.slip_digest == recovery_codes.digest(keys, typed)
    )
    return tx.execute(found).first() is not None


def end(tx: Connection, person_id: str, now: datetime) -> None:
    """A factor was set up."""
    tx.execute(factor_reset.update().where(_open(person_id)).values(ended_at=now))


def withdraw(tx: Connection, person_id: str, now: datetime) -> bool:
    """Whether one stood open that nobody ever confirmed; it is ended."""
    unconfirmed = _open(person_id) & factor_reset.c.confirmed_at.is_(None)
    return tx.execute(factor_reset.update().where(unconfirmed).values(ended_at=now)).rowcount > 0


def _open(person_id: str) -> sa.ColumnElement[bool]:
    return (factor_reset.c.person_id == person_id) & factor_reset.c.ended_at.is_(None)
