"""Searching the audit: events by time, person, thing, word, outcome and address, the latest first, page by page."""

from __future__ import annotations

import base64
import binascii
import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.audit import Event, Outcome, event_of
from reading.errors import Invalid
from reading.tables import audit_event
from storage.open_transactions import outside_transaction

_NUMBERS: Final = 1 << 63
MOST: Final = 1000
"""Events of one page."""

Thing: TypeAlias = tuple[str, str]
"""Kind and id of what an event is about."""


@dataclass(frozen=True, kw_only=True)
class After:
    """The last event of a page, from which the next goes on."""

    at: datetime
    writer: str
    number: int

    def written(self) -> str:
        """For an address or a command: opaque, and without anything of a person."""
        return base64.urlsafe_b64encode(json.dumps([self.at.isoformat(), self.writer, self.number]).encode()).decode()


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which events are asked for; what is None is not asked about."""

    since: datetime | None = None
    until: datetime | None = None
    """Excluded."""
    actor_id: str | None = None
    """The id of a person, a device or a patient."""
    subject_kind: str | None = None
    subject_id: str | None = None
    about: tuple[Thing, ...] = ()
    """Instead of the subject: it and all that belongs to it (`audit_subjects.widened`)."""
    or_by: tuple[str, ...] = ()
    """Beside ``about``: what these patients did themselves."""
    is_whole: bool = True
    """False: more belongs to the subject than ``about`` holds (`audit_subjects.MOST_THINGS`), which has the latest."""
    action: str | None = None
    outcome: Outcome | None = None
    address: str | None = None
    after: After | None = None


def after(written: str) -> After:
    """What `After.written` gave.

    Raises:
        Invalid: it is something else.

    """
    try:
        at, writer, number = json.loads(base64.urlsafe_b64decode(written.encode()))
        found = After(at=datetime.fromisoformat(at).astimezone(UTC), writer=str(writer), number=int(number))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise Invalid("after", "form") from None
    if not 0 <= found.number < _NUMBERS or "\0" in found.writer:
        raise Invalid("after", "form")
    return found


def page(tx: Connection, search: Search, *, limit: int) -> list[Event]:
    """The latest events of a search, at most ``limit``.

    Each way to ask has an index that ends with the time, so that a page reads about as many events as it shows. Of
    several things each is asked for by itself: one statement about all of them would read and sort all their events.
    What no index answers takes seconds, so never while a write transaction is open.
    """
    outside_transaction("searching the audit")
    conditions, most = _conditions(search), min(limit, MOST)
    if not search.about and not search.or_by:
        if search.subject_kind is not None:
            conditions.append(audit_event.c.subject_kind == search.subject_kind)
        if search.subject_id is not None:
            conditions.append(audit_event.c.subject_id == search.subject_id)
        return _latest(tx, conditions, most)
    row = audit_event.c
    each_way = [(row.subject_kind == kind) & (row.subject_id == thing) for kind, thing in search.about]
    each_way += [row.actor_id == one for one in search.or_by]
    found = heapq.merge(*(_latest(tx, [*conditions, way], most) for way in each_way), key=_place, reverse=True)
    return list(islice(_once(found), most))


def next_page(search: Search, found: Sequence[Event]) -> Search:
    """The search for what follows a page that was not empty."""
    last = found[-1]
    return replace(search, after=After(at=last.at, writer=last.writer, number=last.number))


def every_page(tx: Connection, search: Search) -> Iterator[list[Event]]:
    """All events of a search, the latest first, a page at a time."""
    while found := page(tx, search, limit=MOST):
        yield found
        search = next_page(search, found)


def _conditions(search: Search) -> list[sa.ColumnElement[bool]]:
    row = audit_event.c
    conditions: list[sa.ColumnElement[bool]] = []
    if search.since is not None:
        conditions.append(row.at >= search.since)
    if search.until is not None:
        conditions.append(row.at < search.until)
    if search.actor_id is not None:
        conditions.append(row.actor_id == search.actor_id)
    if search.action is not None:
        conditions.append(row.action == search.action)
    if search.outcome is not None:
        # As a word of the statement, not a parameter of it: the index of what was refused is for this value alone.
        conditions.append(row.outcome == sa.literal_column(f"'{search.outcome.value}'"))
    if search.address is not None:
        conditions += [row.address == search.address, row.address != sa.literal_column("''")]
    if search.after is not None:
        last = search.after
        before = (row.at < last.at) | (sa.tuple_(row.writer, row.number) < sa.tuple_(last.writer, last.number))
        conditions += [row.at <= last.at, before]
    return conditions


def _latest(tx: Connection, conditions: Sequence[sa.ColumnElement[bool]], most: int) -> list[Event]:
    row = audit_event.c
    rows = tx.execute(
        sa.select(audit_event)
        .where(*conditions)
        .order_by(row.at.desc(), row.writer.desc(), row.number.desc())
        .limit(most)
    )
    return [event_of(each) for each in rows]


def _place(event: Event) -> tuple[datetime, str, int]:
    return event.at, event.writer, event.number


def _once(found: Iterator[Event]) -> Iterator[Event]:
    """Each event once: what a patient does is often about themselves."""
    before: tuple[datetime, str, int] | None = None
    for event in found:
        if _place(event) != before:
            yield event
        before = _place(event)
