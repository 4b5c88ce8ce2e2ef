"""Rows of factors: what a person has, and whether what they show is theirs and was not shown before."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid
from reading.factors import passkeys, recovery_codes, totp
from reading.factors.passkeys import Credential, Place
from reading.patients.keys import Keys
from reading.row_rules import open_at, taken_as
from reading.tables import factor, person
from reading.texts import checked
from storage.ids import new_id

MOST: Final = 10
"""Factors of one person at a time."""
LONGEST_NAME: Final = 60
ADDING: Final = "add"
"""What the challenge of a new passkey is for."""
_USING: Final = "use"
_PURPOSE: Final = "factor"


class Kind(StrEnum):
    """What a factor is."""

    TOTP = "totp"
    PASSKEY = "passkey"


class By(StrEnum):
    """What somebody showed."""

    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One factor of a person."""

    id: str
    kind: Kind
    name: str = field(repr=False)
    """What its owner calls it."""
    since: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What somebody shows beside their password: a code that they typed, or the answer of a passkey."""

    code: str = field(default="", repr=False)
    """Of an app, or a recovery code."""
    passkey: str = field(default="", repr=False)
    """JSON of the browser's `PublicKeyCredential`."""
    place: Place | None = None
    """None where the service has no name, and so knows no passkeys."""


def of(tx: Connection, person_id: str, now: datetime) -> list[Factor]:
    """The factors that a person has now, the oldest first."""
    return [
        Factor(id=row.id, kind=Kind(row.kind), name=row.name, since=row.since, last_used_at=row.last_used_at)
        for row in _rows(tx, person_id, now)
    ]


def kinds_of_each(tx: Connection, now: datetime, person_id: str | None = None) -> dict[str, tuple[Kind, ...]]:
    """The kinds of the factors of everybody, or of one person, the oldest first, by the id of the person."""
    asked = sa.select(factor.c.person_id, factor.c.kind).where(_of_one_or_all(person_id), open_at(factor, now))
    found: dict[str, tuple[Kind, ...]] = {}
    for row in tx.execute(asked.order_by(factor.c.since, factor.c.id)):
        found[row.person_id] = (*found.get(row.person_id, ()), Kind(row.kind))
    return found


def add_totp(tx: Connection, keys: Keys, person_id: str, *, name: str, secret: bytes, code: str, now: datetime) -> str:
    """Keep an app's secret once its owner typed a code of it; answers the id.

    Raises:
        Invalid: a wrong code, a name that cannot be kept, or too many factors.

    """
    step = totp.taken_step(secret, code, now, after=None)
    if step is None:
        raise Invalid("code", "wrong")
    sealed = keys.seal(secret.hex(), _PURPOSE)
    return _add(tx, person_id, Kind.TOTP, name, now, secret=sealed, last_step=step)


def add_passkey(tx: Connection, person_id: str, *, name: str, credential: Credential, now: datetime) -> str:
    """Keep a passkey; answers the id.

    Raises:
        Invalid: it is somebody's already, a name that cannot be kept, or too many factors.

    """
    with taken_as(tx, "passkey"):
        return _add(
            tx,
            person_id,
            Kind.PASSKEY,
            name,
            now,
            credential_id=credential.id,
            public_key=credential.public_key,
            sign_count=credential.sign_count,
        )


def end(tx: Connection, person_id: str, now: datetime, *, by: str | None, factor_id: str | None = None) -> int:
    """End one factor of a person, or all; answers how many."""
    theirs = (factor.c.person_id == person_id) & open_at(factor, now)
    if factor_id is not None:
        theirs &= factor.c.id == factor_id
    return tx.execute(factor.update().where(theirs).values(until=now, ended_by=by)).rowcount


def one_at_a_time(tx: Connection, person_id: str) -> None:
    """Let one transaction alone set up factors of a person: of two first ones that come at once, one is the first."""
    tx.execute(sa.select(person.c.id).where(person.c.id == person_id).with_for_update(key_share=True))


def number_of_next(tx: Connection, person_id: str) -> int:
    """How many factors a person ever had: what the next one is offered with is another than any before."""
    return tx.scalar(sa.select(sa.func.count()).select_from(factor).where(factor.c.person_id == person_id)) or 0


def answers_taken(tx: Connection, person_id: str) -> int:
    """Goes on with each factor that is added and each answer of a passkey that is taken."""
    used = tx.scalar(sa.select(sa.func.sum(factor.c.uses)).where(factor.c.person_id == person_id)) or 0
    return number_of_next(tx, person_id) + int(used)


def credentials(tx: Connection, person_id: str, now: datetime) -> list[bytes]:
    """The ids of a person's passkeys."""
    return [bytes(row.credential_id) for row in _rows(tx, person_id, now) if row.kind == Kind.PASSKEY]


def take(  # noqa: PLR0917
    tx: Connection, keys: Keys, person_id: str, shown: Shown, token_digest: bytes, now: datetime
) -> By | None:
    """What of the person's was shown, which is good no second time; None where it is nothing of theirs.

    ``token_digest`` is of the session whose challenge a passkey answered.
    """
    if shown.passkey:
        return By.PASSKEY if _takes_passkey(tx, keys, person_id, shown, token_digest, now) else None
    if totp.digits_of(shown.code):
        return By.TOTP if _takes_code(tx, keys, person_id, shown.code, now) else None
    return By.RECOVERY_CODE if recovery_codes.use(tx, keys, person_id, shown.code, now) else None


def request_options(  # noqa: PLR0917
    tx: Connection, keys: Keys, person_id: str, place: Place | None, token_digest: bytes, now: datetime
) -> str:
    """JSON with which a browser asks a passkey of the person; empty where there is none that it could ask."""
    known = credentials(tx, person_id, now)
    if place is None or not known:
        return ""
    challenge = passkeys.challenge(keys, token_digest, _USING, answers_taken(tx, person_id))
    return passkeys.request_options(place, challenge=challenge, known=known)


def _takes_code(tx: Connection, keys: Keys, person_id: str, typed: str, now: datetime) -> bool:
    for row in _rows(tx, person_id, now):
        if row.kind != Kind.TOTP:
            continue
        secret = bytes.fromhex(keys.open(bytes(row.secret), _PURPOSE))
        step = totp.taken_step(secret, typed, now, after=row.last_step)
        if step is not None:
            # Of two that come at once with the same code the second one finds the step taken.
            unused = factor.c.last_step.is_(None) | (factor.c.last_step < step)
            taken = tx.execute(
                factor.update().where(factor.c.id == row.id, unused).values(last_step=step, last_used_at=now)
            )
            return taken.rowcount > 0
    return False


def _takes_passkey(  # noqa: PLR0917
    tx: Connection, keys: Keys, person_id: str, shown: Shown, token_digest: bytes, now: datetime
) -> bool:
    asked = passkeys.answered_by(shown.passkey)
    rows = [row for row in _rows(tx, person_id, now) if row.kind == Kind.PASSKEY and row.credential_id == asked]
    if shown.place is None or not rows:
        return False
    row = rows[0]
    challenge = passkeys.challenge(keys, token_digest, _USING, answers_taken(tx, person_id))
    kept = Credential(id=bytes(row.credential_id), public_key=bytes(row.public_key), sign_count=row.sign_count)
    count = passkeys.new_count(shown.place, shown.passkey, challenge, kept)
    if count is None:
        return False
    taken = tx.execute(
        factor.update()
        .where(factor.c.id == row.id, factor.c.uses == row.uses)
        .values(sign_count=count, uses=row.uses + 1, last_used_at=now)
    )
    return taken.rowcount > 0


def _add(tx: Connection, person_id: str, kind: Kind, name: str, now: datetime, **values: object) -> str:
    named = checked("name", name, longest=LONGEST_NAME, required=True)
    if len(_rows(tx, person_id, now)) >= MOST:
        raise Invalid("factor", "too_many")
    made = new_id()
    tx.execute(
        factor.insert(), {"id": made, "person_id": person_id, "kind": kind, "name": named, "since": now, **values}
    )
    return made


def _of_one_or_all(person_id: str | None) -> sa.ColumnElement[bool]:
    return sa.true() if person_id is None else factor.c.person_id == person_id


def _rows(tx: Connection, person_id: str, now: datetime) -> list[sa.Row[Any]]:
    theirs = (factor.c.person_id == person_id) & open_at(factor, now)
    return list(tx.execute(sa.select(factor).where(theirs).order_by(factor.c.since, factor.c.id)))
