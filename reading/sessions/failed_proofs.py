"""Failed proofs: after failures a username, a card or an address is closed for a growing time."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.patients.keys import Keys
from reading.register import devices
from reading.tables import failed_proof

LONGEST: Final = timedelta(minutes=15)
FORGOTTEN: Final = timedelta(hours=1)
"""After so long without a failure, counting begins anew."""


FREE_FAILURES: Final = 5
FREE_FAILURES_OF_AN_ADDRESS: Final = 30
"""A whole hospital may call from one address."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A username, a card or a calling address, as its keyed digest."""

    digest: bytes
    free: int
    """Failures before the first delay: few for a name, more for an address that a whole hospital calls from."""


def subjects(keys: Keys, kind: str, value: str, address: str) -> list[Subject]:
    """What one attempt tries: the username or card first, then the calling address."""
    caller = devices.read_address(address)
    # Who has one address of an IPv6 network has the other 2^64 as well.
    nearby = str(ipaddress.ip_network((caller, 64), strict=False)) if caller and caller.version == 6 else str(caller)
    return [
        Subject(digest=keys.digest("failed_proof", kind, value), free=FREE_FAILURES),
        Subject(digest=keys.digest("failed_proof", "address", nearby), free=FREE_FAILURES_OF_AN_ADDRESS),
    ]


def delay_after(failures: int, free: int) -> timedelta:
    """Zero for the free failures, then 1 second, doubling with each, up to `LONGEST`."""
    over = failures - free
    return timedelta(0) if over <= 0 else min(timedelta(seconds=2 ** min(over - 1, 20)), LONGEST)


def remaining_wait(tx: Connection, subjects: list[Subject], now: datetime) -> timedelta:
    """The longest time that any of the subjects stays closed, zero when all are open.

    The rows stay locked until the transaction ends, so that simultaneous guesses are checked one after the other.
    """
    longest = timedelta(0)
    for subject in subjects:
        until = tx.scalar(
            sa.select(failed_proof.c.closed_until)
            .where(failed_proof.c.subject_digest == subject.digest)
            .with_for_update()
        )
        if until is not None:
            longest = max(longest, until - now)
    return longest


def count_failure(tx: Connection, subjects: list[Subject], now: datetime) -> None:
    """Count a failure against each; it counts only when the transaction is committed."""
    for subject in subjects:
        if _count(tx, subject, now):
            continue
        try:
            with tx.begin_nested():
                tx.execute(
                    failed_proof.insert().values(
                        subject_digest=subject.digest,
                        failures=1,
                        last_failed_at=now,
                        closed_until=now + delay_after(1, subject.free),
                    )
                )
        except IntegrityError:  # another's first failure came between
            _count(tx, subject, now)


def clear(tx: Connection, subject: Subject) -> None:
    """Drop the failures of a username or card that was proved.

    Never those of an address: whoever has one good account could then guess at others without delay.
    """
    tx.execute(failed_proof.delete().where(failed_proof.c.subject_digest == subject.digest))


def forget(tx: Connection, now: datetime) -> int:
    """Remove rows whose failures no longer count; for the workers."""
    return tx.execute(
        failed_proof.delete().where(failed_proof.c.last_failed_at < now - FORGOTTEN, failed_proof.c.closed_until < now)
    ).rowcount


def _count(tx: Connection, subject: Subject, now: datetime) -> bool:
    row = tx.execute(
        sa.select(failed_proof).where(failed_proof.c.subject_digest == subject.digest).with_for_update()
    ).one_or_none()
    if row is None:
        return False
    failures = 1 if now - row.last_failed_at > FORGOTTEN else row.failures + 1
    tx.execute(
        failed_proof.update()
        .where(failed_proof.c.subject_digest == subject.digest)
        .values(failures=failures, last_failed_at=now, closed_until=now + delay_after(failures, subject.free))
    )
    return True
