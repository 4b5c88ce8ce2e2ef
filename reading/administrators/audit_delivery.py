"""The audit on its way to a collector: which worker sends, what comes next, and how far each chain was sent.

A chain is read behind the number that was sent last, and its numbers are committed in their order: nothing is passed
over. The number moves once the collector has taken what was sent; what a broken connection leaves unclear goes again.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.audit import Actor, Event, event_of, head_of
from reading.audit_chains import writers
from reading.context import Context, without_door
from reading.kinds import Role
from reading.register.administrator import only
from reading.tables import audit_collector, audit_event, audit_sent
from reading.viewers import Staff
from storage.database import insert_new_on, insert_or_change

HELD: Final = timedelta(minutes=5)
"""A worker that has not come back within this time sends no longer: another one takes over."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """How far the audit went to one collector."""

    address: str
    sent_at: datetime | None
    failed_at: datetime | None
    """When it could not be reached last, where that is after ``sent_at``."""
    waiting: int
    """Events that were not sent yet."""


def take(tx: Connection, address: str, holder: str, now: datetime) -> bool:
    """Be the one who sends to a collector for a while; False while another worker does.

    Whoever has more than half of that while before them writes nothing.
    """
    row = audit_collector.c
    held = tx.execute(sa.select(row.holder, row.held_until).where(row.address == address)).one_or_none()
    if held is not None and held.holder == holder and held.held_until > now + HELD / 2:
        return True
    first = {"address": address, "holder": holder, "held_until": now}
    tx.execute(insert_new_on(tx.dialect.name, audit_collector), first)
    free = (row.holder == holder) | (row.held_until < now)
    taken = audit_collector.update().where(row.address == address, free).values(holder=holder, held_until=now + HELD)
    return bool(tx.execute(taken).rowcount)


def waiting(tx: Connection, address: str, *, limit: int) -> list[Event]:
    """The next events that a collector has not got: those of a chain in its order, chains by their times."""
    sent = _sent(tx, address)
    chains = (_after(tx, writer, sent.get(writer, 0), limit) for writer in writers(tx))
    return list(islice(heapq.merge(*chains, key=lambda one: one.at), limit))


def delivered(tx: Connection, address: str, events: Sequence[Event], now: datetime) -> None:
    """Note that a collector has taken these, which `waiting` gave.

    A worker that was too late does not put back what another one has sent meanwhile.
    """
    ends = {one.writer: one.number for one in events}
    for writer, number in sorted(ends.items()):
        sent = insert_or_change(tx, audit_sent).values(address=address, writer=writer, number=number)
        onward = sent.excluded.number > audit_sent.c.number
        key = [audit_sent.c.address, audit_sent.c.writer]
        tx.execute(sent.on_conflict_do_update(index_elements=key, set_={"number": sent.excluded.number}, where=onward))
    tx.execute(audit_collector.update().where(audit_collector.c.address == address).values(sent_at=now))


def failed(tx: Connection, address: str, now: datetime) -> None:
    """Note that a collector could not be reached."""
    tx.execute(audit_collector.update().where(audit_collector.c.address == address).values(failed_at=now))


@without_door("The audit holds ids and words of ours, and nothing of a patient.")
def deliveries(ctx: Context[Staff | Actor]) -> list[Delivery]:
    """The collectors that the audit is sent to, or was.

    Raises:
        NotAllowed: they are no audit administrator.

    """
    only(ctx.who, Role.AUDIT_ADMINISTRATOR)
    heads = {writer: head_of(ctx.tx, writer).number for writer in writers(ctx.tx)}
    found: list[Delivery] = []
    for row in ctx.tx.execute(sa.select(audit_collector).order_by(audit_collector.c.address)):
        sent = _sent(ctx.tx, row.address)
        is_away = row.failed_at is not None and (row.sent_at is None or row.failed_at > row.sent_at)
        found.append(
            Delivery(
                address=row.address,
                sent_at=row.sent_at,
                failed_at=row.failed_at if is_away else None,
                waiting=sum(number - sent.get(writer, 0) for writer, number in heads.items()),
            )
        )
    return found


def _sent(tx: Connection, address: str) -> dict[str, int]:
    asked = sa.select(audit_sent.c.writer, audit_sent.c.number).where(audit_sent.c.address == address)
    return {row.writer: row.number for row in tx.execute(asked)}


def _after(tx: Connection, writer: str, number: int, limit: int) -> list[Event]:
    behind = (audit_event.c.writer == writer) & (audit_event.c.number > number)
    rows = tx.execute(sa.select(audit_event).where(behind).order_by(audit_event.c.number).limit(limit))
    return [event_of(row) for row in rows]
