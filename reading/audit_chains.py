"""The chains of the audit: their ends, and the check that no event was changed, moved or removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.audit import FIRST, Event, Head, digest_of, event_of, head_of
from reading.tables import audit_event

PAGE: Final = 1000


class Flaw(StrEnum):
    """What is wrong with a chain where it breaks."""

    CHANGED = "changed"
    """The event's content does not give its digest."""
    MISSING = "missing"
    """A number is missing, or the end of the chain that was noted elsewhere is gone."""
    OUT_OF_ORDER = "out_of_order"
    """The event matches its digest but does not follow its predecessor."""


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first place where a chain does not hold."""

    writer: str
    number: int
    flaw: Flaw


def writers(tx: Connection) -> list[str]:
    """The names of all chains."""
    found: list[str] = []
    # One step in the index for each chain: DISTINCT would read every event.
    following = sa.select(sa.func.min(audit_event.c.writer))
    writer = tx.scalar(following)
    while writer is not None:
        found.append(writer)
        writer = tx.scalar(following.where(audit_event.c.writer > writer))
    return found


def heads(tx: Connection) -> list[Head]:
    """The end of every chain, to be kept outside the database."""
    return [head_of(tx, writer) for writer in writers(tx)]


def verify_chain(tx: Connection, writer: str, *, noted: Head | None = None) -> Break | None:
    """The first break of a chain, None when it holds; ``noted`` is an earlier end of it that was kept."""
    noted_seen, last = noted is None or noted.number == 0, 0
    for event in _followed(tx, Head(writer=writer, number=0, digest=FIRST)):
        if isinstance(event, Break):
            return event
        last = event.number
        if noted is not None and event.number == noted.number:
            if event.digest != noted.digest:
                return Break(writer=writer, number=event.number, flaw=Flaw.CHANGED)
            noted_seen = True
    return None if noted_seen else Break(writer=writer, number=last + 1, flaw=Flaw.MISSING)


def verify_since(tx: Connection, noted: Head) -> Break | None:
    """The first break of a chain from the end that was noted: that event as it was, and what follows it."""
    if noted.number and _digest_at(tx, noted) != noted.digest:
        flaw = Flaw.MISSING if head_of(tx, noted.writer).number < noted.number else Flaw.CHANGED
        return Break(writer=noted.writer, number=noted.number, flaw=flaw)
    return next((each for each in _followed(tx, noted) if isinstance(each, Break)), None)


def _followed(tx: Connection, head: Head) -> Iterator[Event | Break]:
    """The events after ``head``, each checked; the first that does not hold ends it with a `Break`."""
    previous, expected = head.digest, head.number + 1
    for event in _events_of(tx, head.writer, after=head.number):
        flaw = None
        if event.number != expected:
            flaw = Flaw.MISSING
        elif event.digest != digest_of(event):
            flaw = Flaw.CHANGED
        elif event.previous != previous:
            flaw = Flaw.OUT_OF_ORDER
        if flaw is not None:
            yield Break(writer=head.writer, number=expected, flaw=flaw)
            return
        yield event
        previous, expected = event.digest, expected + 1


def _digest_at(tx: Connection, noted: Head) -> bytes | None:
    at = (audit_event.c.writer == noted.writer) & (audit_event.c.number == noted.number)
    return tx.scalar(sa.select(audit_event.c.digest).where(at))


def _events_of(tx: Connection, writer: str, *, after: int) -> Iterator[Event]:
    last = after
    while True:
        rows = tx.execute(
            sa.select(audit_event)
            .where(audit_event.c.writer == writer, audit_event.c.number > last)
            .order_by(audit_event.c.number)
            .limit(PAGE)
        ).all()
        for row in rows:
            event = event_of(row)
            last = event.number
            yield event
        if len(rows) < PAGE:
            return
