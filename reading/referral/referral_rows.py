"""The rows of referrals: one as a value, and its moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import NotThere, Stale
from reading.kinds import Priority
from reading.referral.moves import Direction, Move, State
from reading.tables import person, referral, referral_move


@dataclass(frozen=True, kw_only=True)
class Referral:
    id: str
    case_id: str
    from_id: str
    to_id: str
    direction: Direction
    urgency: Priority
    reason: str = field(repr=False)
    contact: str = field(repr=False)
    """Whom to call at the sender, and under which telephone."""
    sent_at: datetime
    shown_until: datetime
    state: State
    answered_at: datetime | None
    place_kind: str
    """``bed`` or ``visit`` where it was accepted, else empty."""
    place: str = field(repr=False)
    expected_at: datetime | None
    revision: int


@dataclass(frozen=True, kw_only=True)
class MoveLine:
    move: Move
    person_name: str | None
    """None: by itself."""
    at: datetime
    why: str = field(repr=False)


def lock(tx: Connection, referral_id: str, *, seen: int | None) -> Referral:
    """A referral, locked until the transaction ends; ``seen`` is the revision on somebody's screen.

    Raises:
        NotThere: there is none.
        Stale: it has changed since.

    """
    row = tx.execute(sa.select(referral).where(referral.c.id == referral_id).with_for_update()).one_or_none()
    if row is None:
        raise NotThere
    if seen is not None and row.revision != seen:
        raise Stale(row.revision)
    return from_row(row)


def moves_of(tx: Connection, referral_id: str) -> list[MoveLine]:
    """What happened, the first thing first."""
    return moves_of_each(tx, [referral_id])[referral_id]


def moves_of_each(tx: Connection, referral_ids: Collection[str]) -> dict[str, list[MoveLine]]:
    """What happened to each, the first thing first."""
    rows = tx.execute(
        sa.select(referral_move, person.c.name)
        .outerjoin(person, person.c.id == referral_move.c.person_id)
        .where(referral_move.c.referral_id.in_(referral_ids))
        .order_by(referral_move.c.number)
    )
    found: dict[str, list[MoveLine]] = {each: [] for each in referral_ids}
    for row in rows:
        line = MoveLine(move=Move(row.move), person_name=row.name, at=row.at, why=row.why)
        found[row.referral_id].append(line)
    return found


def from_row(row: sa.Row[Any]) -> Referral:
    return Referral(
        id=row.id,
        case_id=row.case_id,
        from_id=row.from_id,
        to_id=row.to_id,
        direction=Direction(row.direction),
        urgency=Priority(row.urgency),
        reason=row.reason,
        contact=row.contact,
        sent_at=row.sent_at,
        shown_until=row.shown_until,
        state=State(row.state),
        answered_at=row.answered_at,
        place_kind=row.place_kind,
        place=row.place,
        expected_at=row.expected_at,
        revision=row.revision,
    )
