"""Questions before an examination as they are kept, each with who asked it and who answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.protocolling.moves import State
from reading.row_rules import word

MOST: Final = 100
"""Questions of a list."""


@dataclass(frozen=True, kw_only=True)
class ProtocolRequest:
    """What a site asked about an examination that is still to be made, and what it was told."""

    id: str
    order_id: str
    site_id: str
    asked_by: str
    asker: str = field(repr=False)
    asked_at: datetime
    words: str = field(repr=False)
    state: State
    answer: str = field(repr=False)
    """The protocol, or the reason against the examination."""
    answered_by: str = field(repr=False)
    answered_by_id: str | None
    ended_at: datetime | None
    read_at: datetime | None
    """When somebody at the site noted the answer."""
    revision: int


def of_orders(tx: Connection, order_ids: Collection[str]) -> Sequence[ProtocolRequest]:
    """All questions about these orders, the oldest first; for callers that have opened the orders."""
    if not order_ids:
        return []
    row = tables.protocol_request.c
    return select(tx, row.order_id.in_(order_ids), (row.asked_at, row.id), most=None)


def by_id(tx: Connection, request_id: str) -> ProtocolRequest:
    return select(tx, tables.protocol_request.c.id == request_id, ())[0]


def is_answered() -> sa.ColumnElement[bool]:
    state = tables.protocol_request.c.state
    return (state == word(State.ACCEPTED)) | (state == word(State.REFUSED))


def joined() -> sa.Join:
    order = tables.imaging_order
    return tables.protocol_request.join(order, order.c.id == tables.protocol_request.c.order_id)


def select(
    tx: Connection,
    condition: sa.ColumnElement[bool],
    order_by: Sequence[sa.ColumnElement[Any]],
    *,
    most: int | None = MOST,
) -> list[ProtocolRequest]:
    row, order = tables.protocol_request, tables.imaging_order
    asker, answered = tables.person.alias(), tables.person.alias()
    found = tx.execute(
        sa.select(row, order.c.site_id, asker.c.name.label("asker"), answered.c.name.label("answered_name"))
        .join(order, order.c.id == row.c.order_id)
        .join(asker, asker.c.id == row.c.asked_by)
        .outerjoin(answered, answered.c.id == row.c.ended_by)
        .where(condition)
        .order_by(*order_by)
        .limit(most)
    )
    return [
        ProtocolRequest(
            id=one.id,
            order_id=one.order_id,
            site_id=one.site_id,
            asked_by=one.asked_by,
            asker=one.asker,
            asked_at=one.asked_at,
            words=one.words,
            state=State(one.state),
            answer=one.answer,
            answered_by=one.answered_name or "",
            answered_by_id=one.ended_by,
            ended_at=one.ended_at,
            read_at=one.read_at,
            revision=one.revision,
        )
        for one in found
    ]
