"""Counters of failed proofs: each closes for a growing time, of at most some minutes, once its free failures are over.

An attempt is counted *before* it is known how it ends, in one statement a counter, and taken back if it succeeds: so
attempts that come at once are all counted, however long the check of a password takes. Counters are always moved in the
order of their digests, so that two attempts never wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import failed_proof
from storage.database import UtcDateTime, insert_or_change

_SECOND: Final = timedelta(seconds=1)


class Kind(StrEnum):
    """What a counter counts the failures of."""

    PAIR = "pair"
    """One account from one place: an address, or a browser that proved the account before."""
    SESSION = "session"
    """The password, or the code, that an open session asks for again."""
    FACTOR_PAIR = "factor_pair"
    """The second step of one account from one place."""
    FACTOR_ACCOUNT = "factor_account"
    """The second step of one account from every place that never proved it."""
    ACCOUNT = "account"
    """One account from every place that never proved it."""
    CARD = "card"
    """One patient's card from every place that never proved it."""
    PAPER = "paper"
    """The words of one printed report, compared from anywhere."""
    ADDRESS = "address"
    """One address, whatever accounts it tries that it never proved."""
    NAMING = "naming"
    """Cards and numbers of patients that one member of staff names and that are refused."""
    EVERYBODY = "everybody"
    """All places and accounts: strangers alone."""


_OF_ONE_PLACE: Final = frozenset({Kind.PAIR, Kind.FACTOR_PAIR, Kind.SESSION})
"""Of these nothing is left after a success."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a counter allows."""

    free: int | None
    """Failures before the first delay; None: it counts, and never closes."""
    longest: timedelta
    """The delay doubles from one second up to this."""
    window: timedelta
    """So long after its first failure a counter begins anew."""


@dataclass(frozen=True, kw_only=True)
class Counter:
    """One counter, as its keyed digest."""

    digest: bytes
    kind: Kind
    limit: Limit
    about: str = ""
    """For the security administrator: the id of whom it is about, or the network of an address; else empty."""


class _Closed(Exception):
    """One of the counters was closed between the look at it and the count."""


def delay_after(failures: int, limit: Limit) -> timedelta:
    """Zero for the free failures, then 1 second, doubling with each, up to the limit's longest."""
    over = 0 if limit.free is None else failures - limit.free
    return timedelta(0) if over <= 0 else min(_SECOND * 2 ** min(over - 1, 20), limit.longest)


def remaining_wait(tx: Connection, counters: Sequence[Counter], now: datetime) -> timedelta:
    """The longest time that any of the counters stays closed, zero when all are open."""
    theirs = failed_proof.c.subject_digest.in_([counter.digest for counter in counters])
    until = tx.scalar(sa.select(sa.func.max(failed_proof.c.closed_until)).where(theirs))
    return max(timedelta(0), until - now) if until is not None else timedelta(0)


def count(tx: Connection, counters: Sequence[Counter], now: datetime) -> timedelta:
    """Count one attempt against each counter; answers zero, or the remaining wait when one is closed and none counts.

    The count stands when the transaction is committed.
    """
    wait = remaining_wait(tx, counters, now)
    if wait > timedelta(0):
        return wait
    try:
        with tx.begin_nested():
            _count_each(tx, counters, now)
    except _Closed:
        return max(remaining_wait(tx, counters, now), _SECOND)
    return timedelta(0)


def take_back(tx: Connection, counters: Sequence[Counter], now: datetime) -> None:
    """An attempt that was counted succeeded: nothing of its pair or session is left, and one less of the others."""
    for counter in _in_order(counters):
        if counter.kind in _OF_ONE_PLACE:
            tx.execute(failed_proof.delete().where(failed_proof.c.subject_digest == counter.digest))
        else:
            _one_less(tx, counter, now)


def take_back_one(tx: Connection, counters: Sequence[Counter], now: datetime) -> None:
    """What was counted last was right, and proves nothing by itself: all stand as they stood before it, and open."""
    for counter in _in_order(counters):
        _one_less(tx, counter, now)


def drop(tx: Connection, counters: Sequence[Counter]) -> None:
    """Leave nothing of counters that are none of this attempt's; one that another attempt has in hand stays.

    Nobody waits here: it would be out of the order in which attempts lock.
    """
    if not counters:
        return
    row = failed_proof.c
    free = sa.select(row.subject_digest).where(row.subject_digest.in_([one.digest for one in counters]))
    tx.execute(failed_proof.delete().where(row.subject_digest.in_(free.with_for_update(skip_locked=True))))


def failures_of(tx: Connection, counter: Counter, now: datetime) -> int:
    """The failures that count now."""
    row = failed_proof.c
    ours = (row.subject_digest == counter.digest) & (row.since > now - counter.limit.window)
    return tx.scalar(sa.select(row.failures).where(ours)) or 0


def forget(tx: Connection, now: datetime, longest_window: timedelta) -> int:
    """Remove counters that began before the longest window and are open; for the workers."""
    row = failed_proof.c
    # In the order in which attempts lock them, and none that an attempt has in hand.
    over = (
        sa.select(row.subject_digest)
        .where(row.since < now - longest_window, row.closed_until < now)
        .order_by(row.subject_digest)
        .with_for_update(skip_locked=True)
    )
    return tx.execute(failed_proof.delete().where(row.subject_digest.in_(over))).rowcount


def _in_order(counters: Sequence[Counter]) -> list[Counter]:
    return sorted(counters, key=lambda counter: counter.digest)


def _one_less(tx: Connection, counter: Counter, now: datetime) -> None:
    less = sa.case((failed_proof.c.failures > 0, failed_proof.c.failures - 1), else_=0)
    ours = failed_proof.c.subject_digest == counter.digest
    tx.execute(failed_proof.update().where(ours).values(failures=less, closed_until=now))


def _count_each(tx: Connection, counters: Sequence[Counter], now: datetime) -> None:
    for counter in _in_order(counters):
        if not _count(tx, counter, now):
            raise _Closed


def _count(tx: Connection, counter: Counter, now: datetime) -> bool:
    """Whether it was open; one statement looks, counts and closes."""
    row, limit = failed_proof.c, counter.limit
    anew = row.since <= now - limit.window
    failures = sa.case((anew, 1), else_=row.failures + 1)
    statement = (
        insert_or_change(tx, failed_proof)
        .values(
            subject_digest=counter.digest,
            kind=counter.kind,
            about=counter.about,
            failures=1,
            since=now,
            last_failed_at=now,
            closed_until=now + delay_after(1, limit),
        )
        .on_conflict_do_update(
            index_elements=[row.subject_digest],
            set_={
                "failures": failures,
                "since": sa.case((anew, _time(now)), else_=row.since),
                "last_failed_at": _time(now),
                "closed_until": _closed_until(failures, limit, now),
            },
            where=row.closed_until <= now,
        )
        .returning(row.subject_digest)
    )
    return tx.execute(statement).one_or_none() is not None


def _closed_until(failures: sa.ColumnElement[int], limit: Limit, now: datetime) -> sa.ColumnElement[datetime]:
    """`delay_after` as a condition of the statement, which alone knows the new count."""
    if limit.free is None:
        return _time(now)
    numbers = [limit.free + step for step in range(1, (limit.longest // _SECOND).bit_length() + 1)]
    return sa.case(
        (failures <= limit.free, _time(now)),
        *((failures == number, _time(now + delay_after(number, limit))) for number in numbers),
        else_=_time(now + limit.longest),
    )


def _time(moment: datetime) -> sa.ColumnElement[datetime]:
    return sa.literal(moment, UtcDateTime)
