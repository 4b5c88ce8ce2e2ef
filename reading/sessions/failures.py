"""What the security administrator sees of failed proofs: how many, against whom, from where, and whether they wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.patients.keys import Keys
from reading.sessions import attempts
from reading.sessions.failed_proofs import Kind
from reading.tables import failed_proof, person

_OF_PEOPLE: Final = (Kind.ACCOUNT, Kind.FACTOR_ACCOUNT, Kind.NAMING)
MOST: Final = 100
"""Lines that are listed, the most failures first."""


@dataclass(frozen=True, kw_only=True)
class Failures:
    """Failures against one username, from one address, or at patients' cards by one person, since the counter began."""

    kind: Kind
    about: str = field(repr=False)
    """The username, or the address (of IPv6 the network); empty for a card, and for a username that is nobody's.
    With `Kind.NAMING` the username of who named wrong patients."""
    failures: int
    since: datetime
    last_failed_at: datetime
    closed_until: datetime | None
    """Strangers have to wait until then; None where they need not."""


@dataclass(frozen=True, kw_only=True)
class Overview:
    """Failures of strangers within the last hour, whether the brake is on, and the counters with most failures."""

    within_an_hour: int
    brake_is_on: bool
    counters: tuple[Failures, ...]


def overview(tx: Connection, keys: Keys, now: datetime) -> Overview:
    row = failed_proof.c
    worst = (
        sa.select(failed_proof, person.c.username)
        .outerjoin(person, (person.c.id == row.about) & row.kind.in_(_OF_PEOPLE))
        .where(row.kind.in_([*_OF_PEOPLE, Kind.CARD, Kind.PAPER, Kind.ADDRESS]), row.failures > 0)
        .order_by(row.failures.desc(), row.subject_digest)
        .limit(MOST)
    )
    return Overview(
        within_an_hour=attempts.failures_of_strangers(tx, keys, now),
        brake_is_on=attempts.brake_is_on(tx, keys, now),
        counters=tuple(
            Failures(
                kind=Kind(each.kind),
                about=each.username or (each.about if each.kind == Kind.ADDRESS else ""),
                failures=each.failures,
                since=each.since,
                last_failed_at=each.last_failed_at,
                closed_until=each.closed_until if each.closed_until > now else None,
            )
            for each in tx.execute(worst)
        ),
    )


def by_kind(tx: Connection) -> dict[str, float]:
    """The failures that the counters hold, by kind, for a metric that says nothing of anybody."""
    row = failed_proof.c
    sums = dict.fromkeys((kind.value for kind in Kind), 0.0)
    counted = tx.execute(sa.select(row.kind, sa.func.sum(row.failures)).group_by(row.kind))
    return sums | {kind: float(number) for kind, number in counted}
