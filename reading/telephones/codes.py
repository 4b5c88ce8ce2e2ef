"""Codes sent to telephones: six digits, for minutes, with few tries, and never so many that a number is flooded.

An asking that names nobody leaves a row and an event like any other, so that neither the answer nor its time says who
has a telephone here. What is sent at most stands below; beyond it nothing goes out, and no stranger hears of that.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.patients.keys import Keys
from reading.tables import telephone_code
from reading.telephones.numbers import NUMBER, digest_of
from reading.texts import bare
from storage.ids import new_id

DIGITS: Final = 6
VALID: Final = timedelta(minutes=10)
TRIES: Final = 5
"""Of one code, whoever asked for it."""
APART: Final = timedelta(minutes=1)
"""Within this the code before is still on its way: it holds for the new asking, and no other goes out."""
DAY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=2)
CODE: Final = "telephone.code"
"""The kind of the outbox's message, and the purpose of the ciphertext."""


class Purpose(StrEnum):
    VERIFY = "verify"
    """At the counter, with the person there."""
    SIGN_IN = "sign_in"
    """From a place that never proved the card: anybody who knows its number."""
    RETURN = "return"
    """To sign in from a place that proved the card before."""
    OLD = "old"
    """A patient changes the number: to the one that ends."""
    NEW = "new"
    """And to the one that begins."""


SIGNING_IN: Final = frozenset({Purpose.SIGN_IN, Purpose.RETURN})
SENT_A_DAY: Final[Mapping[Purpose, int]] = {
    Purpose.VERIFY: 10,
    Purpose.SIGN_IN: 5,
    Purpose.RETURN: 10,
    Purpose.OLD: 5,
    Purpose.NEW: 5,
}
"""To one number, each apart: what strangers ask for shuts neither the counter nor those who were here before.

With `TRIES` this is what can be guessed: strangers are right in a day once in 40,000.
"""


@dataclass(frozen=True, kw_only=True)
class Proved:
    """What a right code proves: whoever typed it has this telephone in hand."""

    code_id: str
    patient_id: str
    number: str = field(repr=False)


def send(
    tx: Connection,
    keys: Keys,
    *,
    purpose: Purpose,
    asked: bytes,
    patient_id: str | None,
    number: str,
    now: datetime,
    site_id: str | None = None,
) -> bool:
    """Send a code to a number; where there is none, the same is done and nothing goes out.

    ``asked``: digest of who asked, by which the code is found again. Answers whether a code goes out, or is on its way.
    """
    made, until, row = new_id(), now + VALID, telephone_code.c
    digest = digest_of(keys, number)
    before = tx.execute(
        sa.select(telephone_code)
        .where(row.number_digest == digest, row.purpose == purpose, row.made_at > now - DAY, row.is_sent)
        .order_by(row.made_at.desc(), row.id.desc())
    ).all()
    code, is_sent = _new(), bool(number) and len(before) < SENT_A_DAY[purpose]
    opens = is_sent
    last = before[0] if before else None
    if last is not None and last.made_at > now - APART and last.used_at is None:
        # `_of_code` knows the rows of one code by their common end.
        code, until, is_sent, opens = keys.open(last.code_cipher, CODE), last.expires_at, False, True
    tx.execute(
        sa.insert(telephone_code),
        {
            "id": made,
            "purpose": purpose,
            # What nobody is sent opens nothing, whoever guesses it.
            "patient_id": patient_id if opens else None,
            "asked_digest": asked,
            # And it stands under no number: else there were more to look through the more of it was asked for.
            "number_digest": digest if opens else digest_of(keys, made),
            "number_cipher": keys.seal(number, NUMBER),
            "code_digest": keys.digest(CODE, made, code),
            "code_cipher": keys.seal(code, CODE),
            "is_sent": is_sent,
            "made_at": now,
            "expires_at": until,
        },
    )
    outbox.post(tx, CODE, made, {"organisation_id": site_id}, now)
    return opens


def check(
    tx: Connection, keys: Keys, *, purposes: Collection[Purpose], asked: bytes, code: str, now: datetime
) -> Proved | None:
    """What the last code for this asking proves, until it is used; None where it is wrong.

    The try counts, for whatever asking the code holds: commit it.
    """
    row = telephone_code.c
    named = tx.scalar(
        sa.select(row.id)
        .where(row.asked_digest == asked, row.purpose.in_(purposes))
        .order_by(row.made_at.desc(), row.id.desc())
        .limit(1)
    )
    made = named or ""
    rows = tx.execute(sa.select(telephone_code).where(_of_code(made)).order_by(row.id).with_for_update()).all()
    tx.execute(sa.update(telephone_code).where(row.id == made).values(tries=row.tries + 1))
    found = next((one for one in rows if one.id == made), None)
    expected = b"" if found is None else found.code_digest
    is_right = hmac.compare_digest(expected, keys.digest(CODE, made, bare(code)))
    if found is None or not is_right or not _is_open(found, now) or sum(one.tries for one in rows) >= TRIES:
        return None
    return Proved(code_id=made, patient_id=found.patient_id, number=keys.open(found.number_cipher, NUMBER))


def use(tx: Connection, proved: Proved, now: datetime) -> None:
    """Let a code prove nothing any more, for whatever asking it holds: what it was for is done."""
    unused = _of_code(proved.code_id) & telephone_code.c.used_at.is_(None)
    tx.execute(sa.update(telephone_code).where(unused).values(used_at=now))


def is_wanted(tx: Connection, code_id: str, now: datetime) -> bool:
    """Whether a code is still worth sending."""
    row = telephone_code.c
    waits = (row.id == code_id) & row.is_sent & row.used_at.is_(None) & (row.expires_at > now)
    return tx.scalar(sa.select(sa.literal(1)).where(waits)) is not None


def number_of(tx: Connection, keys: Keys, code_id: str) -> str:
    """The number that a code goes to."""
    cipher = tx.scalar(sa.select(telephone_code.c.number_cipher).where(telephone_code.c.id == code_id))
    return "" if cipher is None else keys.open(cipher, NUMBER)


def words_of(tx: Connection, keys: Keys, code_id: str) -> dict[str, str]:
    """What a message says of a code: its digits and its minutes."""
    cipher = tx.scalar(sa.select(telephone_code.c.code_cipher).where(telephone_code.c.id == code_id))
    code = "" if cipher is None else keys.open(cipher, CODE)
    return {"code": code, "minutes": str(int(VALID.total_seconds() // 60))}


def forget(tx: Connection, now: datetime) -> int:
    """Remove what counts no longer; for the workers."""
    return tx.execute(telephone_code.delete().where(telephone_code.c.made_at < now - KEPT)).rowcount


def _new() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def _of_code(code_id: str) -> sa.ColumnElement[bool]:
    """The rows of all askings for which the code of one row holds: one number, one purpose, one end."""
    row, one = telephone_code.c, telephone_code.alias("one").c
    digest, purpose, end = (
        sa.select(column).where(one.id == code_id).scalar_subquery()
        for column in (one.number_digest, one.purpose, one.expires_at)
    )
    return (row.number_digest == digest) & (row.purpose == purpose) & (row.expires_at == end)


def _is_open(found: sa.Row[Any], now: datetime) -> bool:
    return found.patient_id is not None and found.used_at is None and found.expires_at > now
