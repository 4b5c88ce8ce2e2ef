"""Codes sent to telephones: six digits, for minutes, with few tries, and never so many that a number is flooded.

An asking that names nobody leaves a row and an event like any other, so that neither the answer nor its time says who
has a telephone here. What is sent at most stands below; beyond it the answer is the same, and nothing goes out.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
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
from storage.ids import new_id

DIGITS: Final = 6
VALID: Final = timedelta(minutes=10)
TRIES: Final = 5
"""Of one code."""
TRIES_A_DAY: Final = 30
"""Of all codes to one number, from places that never proved it: one in 33,000 guesses right in a day."""
APART: Final = timedelta(minutes=1)
"""Within this the code before is still on its way: it holds for the new asking, and no other goes out."""
SENT_A_DAY: Final = 10
"""To one number."""
DAY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=2)
CODE: Final = "telephone.code"
"""The kind of the outbox's message, and the purpose of the ciphertext."""


class Purpose(StrEnum):
    VERIFY = "verify"
    """At the counter, with the person there."""
    SIGN_IN = "sign_in"
    OLD = "old"
    """A patient changes the number: to the one that ends."""
    NEW = "new"
    """And to the one that begins."""


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
) -> None:
    """Send a code to a number; where there is none, the same is done and nothing goes out.

    ``asked``: digest of who asked, by which the code is found again.
    """
    digest, made, until = digest_of(keys, number), new_id(), now + VALID
    row = telephone_code.c
    before = tx.execute(
        sa.select(telephone_code)
        .where(row.number_digest == digest, row.made_at > now - DAY, row.is_sent)
        .order_by(row.made_at.desc(), row.id.desc())
    ).all()
    code, is_sent = _new(), bool(number) and len(before) < SENT_A_DAY
    opens = is_sent
    last = before[0] if number and before else None
    if last is not None and last.made_at > now - APART and last.purpose == purpose and last.used_at is None:
        code, until, is_sent = keys.open(last.code_cipher, CODE), last.expires_at, False
        opens = True
    tx.execute(
        sa.insert(telephone_code),
        {
            "id": made,
            "purpose": purpose,
            # What nobody is sent opens nothing, whoever guesses it.
            "patient_id": patient_id if opens else None,
            "asked_digest": asked,
            "number_digest": digest,
            "number_cipher": keys.seal(number, NUMBER),
            "code_digest": keys.digest(CODE, made, code),
            "code_cipher": keys.seal(code, CODE),
            "is_sent": is_sent,
            "made_at": now,
            "expires_at": until,
        },
    )
    outbox.post(tx, CODE, made, {"organisation_id": site_id}, now)


def check(
    tx: Connection, keys: Keys, *, purpose: Purpose, asked: bytes, code: str, now: datetime, is_known: bool = False
) -> Proved | None:
    """What the last code for this asking proves, until it is used; None where it is wrong. The try counts: commit it.

    ``is_known``: whoever types was let in from this place before, so strangers' tries at the number do not count.
    """
    row = telephone_code.c
    found = tx.execute(
        sa.select(telephone_code)
        .where(row.asked_digest == asked, row.purpose == purpose)
        .order_by(row.made_at.desc(), row.id.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    made, digest, expected = ("", b"", b"") if found is None else (found.id, found.number_digest, found.code_digest)
    today = sa.select(sa.func.coalesce(sa.func.sum(row.tries), 0)).where(
        row.number_digest == digest, row.made_at > now - DAY
    )
    tried = int(tx.scalar(today) or 0)
    tx.execute(sa.update(telephone_code).where(row.id == made).values(tries=row.tries + 1))
    is_right = hmac.compare_digest(expected, keys.digest(CODE, made, _bare(code)))
    if found is None or not is_right or not _is_open(found, now) or (tried >= TRIES_A_DAY and not is_known):
        return None
    return Proved(code_id=made, patient_id=found.patient_id, number=keys.open(found.number_cipher, NUMBER))


def use(tx: Connection, proved: Proved, now: datetime) -> None:
    """Let a code prove nothing any more, for whatever asking it holds: what it was for is done."""
    row, one = telephone_code.c, telephone_code.alias("one")
    same = sa.select(one.c.id).where(
        one.c.id == proved.code_id, one.c.number_digest == row.number_digest, one.c.purpose == row.purpose
    )
    tx.execute(sa.update(telephone_code).where(same.exists(), row.used_at.is_(None)).values(used_at=now))


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


def _bare(code: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", code) if letter not in " -")


def _is_open(found: sa.Row[Any], now: datetime) -> bool:
    return found.patient_id is not None and found.used_at is None and found.expires_at > now and found.tries < TRIES
