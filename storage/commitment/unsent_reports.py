"""The reports to devices on their decided requests: which node sends one, when, and whether it arrived (PS3.4 J)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from storage import tables

_COMMITMENT: Final = tables.commitment


@dataclass(frozen=True, kw_only=True)
class UnsentReport:
    """The report on a decided request that its device has not received yet."""

    id: str
    device_id: str
    transaction_uid: str
    decided_at: datetime
    next_at: datetime
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """The reports that a device has not received, for whoever helps it."""

    reports: int
    since: datetime
    failure: str | None
    """Why the last one did not arrive, a word of ours."""


def due(tx: Connection, node: str, now: datetime, *, devices_here: Collection[str], limit: int) -> list[UnsentReport]:
    """Reports that this node may send: those that are due, and those of devices with an association to this node."""
    row = _COMMITMENT.c
    asked = (
        sa.select(_COMMITMENT)
        .where(row.decided_at.is_not(None), row.reported_at.is_(None), row.given_up_at.is_(None))
        .where(_free_for(node, now))
        .where(sa.or_(row.next_at <= now, row.device_id.in_(devices_here)))
        .order_by(row.next_at, row.id)
        .limit(limit)
    )
    return [_unsent(found) for found in tx.execute(asked)]


def lease(tx: Connection, commitment_ids: Collection[str], node: str, now: datetime, until: datetime) -> set[str]:
    """Keep other nodes from sending these reports; answers those that this node has now."""
    held: set[str] = set()
    for one in sorted(commitment_ids):  # in one order, so that two nodes never wait for each other in a ring
        ours = sa.update(_COMMITMENT).where(
            _COMMITMENT.c.id == one, _COMMITMENT.c.reported_at.is_(None), _free_for(node, now)
        )
        if tx.execute(ours.values(held_by=node, held_until=until)).rowcount == 1:
            held.add(one)
    return held


def release(tx: Connection, commitment_ids: Collection[str], node: str) -> None:
    row = _COMMITMENT.c
    ours = sa.update(_COMMITMENT).where(row.id.in_(commitment_ids), row.held_by == node)
    tx.execute(ours.values(held_by=None, held_until=None))


def note_sent(tx: Connection, commitment_id: str, now: datetime) -> None:
    done = {"reported_at": now, "failure": None, "held_by": None, "held_until": None}
    tx.execute(sa.update(_COMMITMENT).where(_COMMITMENT.c.id == commitment_id).values(done))


def postpone(
    tx: Connection, commitment_id: str, failure: str, *, next_at: datetime, given_up_at: datetime | None
) -> None:
    """The report did not reach its device; ``failure`` is a word of ours."""
    row = _COMMITMENT.c
    tx.execute(
        sa.update(_COMMITMENT)
        .where(row.id == commitment_id, row.reported_at.is_(None))
        .values(
            failure=str(failure),
            attempts=row.attempts + 1,
            next_at=next_at,
            given_up_at=given_up_at,
            held_by=None,
            held_until=None,
        )
    )


def backlog_of(tx: Connection, device_id: str) -> Backlog | None:
    """The reports that a device has not received, given up or not; None when it has all."""
    row = _COMMITMENT.c
    left = sa.select(row.decided_at, row.failure).where(
        row.device_id == device_id, row.decided_at.is_not(None), row.reported_at.is_(None)
    )
    found = tx.execute(left.order_by(row.decided_at)).all()
    if not found:
        return None
    return Backlog(reports=len(found), since=found[0].decided_at, failure=found[-1].failure)


def _free_for(node: str, now: datetime) -> sa.ColumnElement[bool]:
    row = _COMMITMENT.c
    return sa.or_(row.held_until.is_(None), row.held_until <= now, row.held_by == node)


def _unsent(found: Row[tuple[object, ...]]) -> UnsentReport:
    return UnsentReport(
        id=found.id,
        device_id=found.device_id,
        transaction_uid=found.transaction_uid,
        decided_at=found.decided_at,
        next_at=found.next_at,
        attempts=found.attempts,
    )
