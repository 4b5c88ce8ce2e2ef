"""The audit: events that are only ever inserted, chained by hashes for each writer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.tables import audit_event
from reading.viewers import LinkViewer, Machine, PatientViewer, Staff, Viewer
from storage.prepared import Prepared, Work, fetch, fetch_each, write

FIRST: Final = bytes(32)
"""The digest that the first event of a chain names as its predecessor."""
MOST_CHAINS: Final = 64
"""Most transactions of one process that record at the same time without waiting for each other (PostgreSQL)."""

_OF_WRITER: Final = sa.bindparam("of_writer", type_=sa.String)


def _last_event(writer: sa.ColumnElement[str]) -> sa.Select[*tuple[Any, ...]]:
    event = audit_event.c
    last = sa.select(event.writer, event.number, event.digest).where(event.writer == writer)
    return last.order_by(event.number.desc()).limit(sa.literal_column("1"))


_LAST_EVENT: Final = Prepared(lambda _: _last_event(_OF_WRITER))
_CHAINS: Final = (
    sa.func.unnest(
        sa.bindparam("keys", type_=postgresql.ARRAY(sa.BigInteger)),
        sa.bindparam("chains", type_=postgresql.ARRAY(sa.String)),
    )
    .table_valued(sa.column("key", sa.BigInteger), sa.column("chain", sa.String))
    .render_derived()
)
_NOTED: Final = "tierread.chain"
_FIRST_FREE: Final = (
    sa.select(_CHAINS.c.chain)
    .where(sa.func.pg_try_advisory_xact_lock(_CHAINS.c.key))
    .limit(sa.literal_column("1"))
    .scalar_subquery()
)
"""The first of some chains whose lock nobody holds, taken; those behind it are not tried."""
_TAKE: Final = Prepared(
    lambda _: sa.select(sa.func.set_config(_NOTED, sa.func.coalesce(_FIRST_FREE, ""), sa.true()).label("chain"))
)
"""It is noted in the transaction, so that the next statement, which sees what the last holder committed, can be sent
without waiting for the answer."""
_LAST_OF_TAKEN: Final = Prepared(lambda _: _last_event(sa.func.current_setting(_NOTED)))
_INSERT: Final = Prepared(lambda _: sa.insert(audit_event))

Detail: TypeAlias = str | int | bool | None


class ActorKind(StrEnum):
    """Who did it."""

    STAFF = "staff"
    MACHINE = "machine"
    PATIENT = "patient"
    LINK = "link"
    """Whoever has a patient's link; its id is the link's."""
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Whoever acted; ``id`` is a person's, device's, patient's or link's, and empty for the system and strangers."""

    kind: ActorKind
    id: str = ""
    address: str = field(default="", compare=False)
    """The network address that they acted from; empty where there is none, and before November 2026."""


SYSTEM: Final = Actor(kind=ActorKind.SYSTEM)


def stranger(address: str = "") -> Actor:
    """Somebody at the door who is not known yet."""
    return Actor(kind=ActorKind.UNKNOWN, address=address)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of a chain; ``details`` hold ids and codes, never the name or number of a person."""

    writer: str
    number: int
    at: datetime
    actor: Actor
    action: str
    subject_kind: str
    subject_id: str
    outcome: Outcome
    details: Mapping[str, Detail]
    previous: bytes = field(repr=False)
    digest: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Head:
    """The end of a chain; a copy kept outside the database proves later that no events were cut off."""

    writer: str
    number: int
    digest: bytes


class Audit:
    """Records events for one writer (a process on a node).

    Two transactions cannot both append to one chain before either commits, so on PostgreSQL a writer
    owns several chains (``writer``, ``writer+1``, ...) and a transaction takes the first that is free
    until it ends: nobody waits for another's commit, and no deadlock arises from the order of locks.
    SQLite has one writing transaction at a time, and so one chain.
    """

    def __init__(self, writer: str) -> None:
        self.writer = writer

    def record(
        self,
        tx: Connection,
        *,
        actor: Actor,
        action: Action,
        subject_kind: str,
        subject_id: str,
        now: datetime,
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Append one event; it stands or falls with the transaction."""
        self.record_each(
            tx,
            actor=actor,
            action=action,
            subject_kind=subject_kind,
            subject_ids=[subject_id],
            now=now,
            outcome=outcome,
            details=details,
        )

    def record_each(
        self,
        tx: Connection,
        *,
        actor: Actor,
        action: Action,
        subject_kind: str,
        subject_ids: Sequence[str],
        now: datetime,
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, Detail] | None = None,
    ) -> None:
        """Append an event for each subject."""
        write(tx, self.events(tx, actor, action, subject_kind, subject_ids, now=now, outcome=outcome, details=details))

    def events(
        self,
        tx: Connection,
        actor: Actor,
        action: Action,
        subject_kind: str,
        subject_ids: Sequence[str],
        *,
        now: datetime,
        outcome: Outcome = Outcome.DONE,
        details: Mapping[str, Detail] | None = None,
    ) -> list[Work]:
        """The rows of `record_each`, for an act that writes them together with others, before any other event."""
        if not subject_ids:
            return []
        head = self._head(tx)
        rows: list[dict[str, object]] = []
        for number, subject_id in enumerate(subject_ids, head.number + 1):
            event = Event(
                writer=head.writer,
                number=number,
                at=now.astimezone(UTC),
                actor=actor,
                action=action,
                subject_kind=subject_kind,
                subject_id=subject_id,
                outcome=outcome,
                details=dict(details or {}),
                previous=head.digest,
                digest=b"",
            )
            head = Head(writer=head.writer, number=number, digest=digest_of(event))
            rows.append(_row(event, head.digest))
        return [(_INSERT, rows)]

    def _head(self, tx: Connection) -> Head:
        """The end of the chain that this transaction appends to."""
        if tx.dialect.name != "postgresql":
            return head_of(tx, self.writer)
        keys, chains = _locks(self.writer, MOST_CHAINS)
        ((chain,),), last = fetch_each(tx, [(_TAKE, {"keys": keys, "chains": chains}), (_LAST_OF_TAKEN, {})])
        if not chain:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(keys[0])))
            return head_of(tx, self.writer)
        return _head_in(chain, last)


def _row(event: Event, digest: bytes) -> dict[str, object]:
    return {
        "writer": event.writer,
        "number": event.number,
        "at": event.at,
        "actor_kind": event.actor.kind,
        "actor_id": event.actor.id,
        "address": event.actor.address,
        "action": event.action,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "outcome": event.outcome,
        "details": event.details,
        "previous": event.previous,
        "digest": digest,
    }


def actor_of(who: Viewer | Actor) -> Actor:
    match who:
        case Actor():
            return who
        case Staff():
            return Actor(kind=ActorKind.STAFF, id=who.person_id, address=who.address)
        case Machine():
            return Actor(kind=ActorKind.MACHINE, id=who.device_id, address=who.address)
        case LinkViewer():
            return Actor(kind=ActorKind.LINK, id=who.link_id, address=who.address)
        case PatientViewer():
            return Actor(kind=ActorKind.PATIENT, id=who.patient_id, address=who.address)


def done_lately(
    tx: Connection,
    *,
    actor: Actor,
    action: Action,
    subject_kind: str,
    subject_ids: Sequence[str],
    within: timedelta,
    now: datetime,
) -> set[str]:
    """The subjects on which this actor's same action was recorded within the time ``within``."""
    if not subject_ids:
        return set()
    same = (
        (audit_event.c.subject_kind == subject_kind)
        & audit_event.c.subject_id.in_(subject_ids)
        & (audit_event.c.at > now - within)
        & (audit_event.c.at <= now)
        & (audit_event.c.actor_kind == actor.kind)
        & (audit_event.c.actor_id == actor.id)
        & (audit_event.c.action == action)
        & (audit_event.c.outcome == Outcome.DONE)
    )
    return set(tx.scalars(sa.select(audit_event.c.subject_id).where(same).distinct()))


def events_about(tx: Connection, subject_kind: str, subject_id: str, *, limit: int | None = None) -> list[Event]:
    """Who did what with a thing, the latest first."""
    rows = tx.execute(
        sa.select(audit_event)
        .where(audit_event.c.subject_kind == subject_kind, audit_event.c.subject_id == subject_id)
        .order_by(audit_event.c.at.desc(), audit_event.c.number.desc())
        .limit(limit)
    )
    return [event_of(row) for row in rows]


def head_of(tx: Connection, writer: str) -> Head:
    """The end of a chain; of one without events, number 0 and the digest `FIRST`."""
    return _head_in(writer, fetch(tx, _LAST_EVENT, {"of_writer": writer}))


def _head_in(writer: str, last: Sequence[Sequence[Any]]) -> Head:
    return Head(writer=writer, number=last[0][1] if last else 0, digest=bytes(last[0][2]) if last else FIRST)


def event_of(row: sa.Row[tuple[object, ...]]) -> Event:
    """The event in a row of the table ``audit_event``."""
    return Event(
        writer=row.writer,
        number=row.number,
        at=row.at,
        actor=Actor(kind=ActorKind(row.actor_kind), id=row.actor_id, address=row.address),
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        outcome=Outcome(row.outcome),
        details=row.details,
        previous=bytes(row.previous),
        digest=bytes(row.digest),
    )


def digest_of(event: Event) -> bytes:
    """SHA-256 over the digest of the event before and the content of this one."""
    content = {
        "writer": event.writer,
        "number": event.number,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_kind": event.actor.kind,
        "actor_id": event.actor.id,
        "action": event.action,
        "subject_kind": event.subject_kind,
        "subject_id": event.subject_id,
        "outcome": event.outcome,
        "details": event.details,
    }
    if event.actor.address:  # without it the digests of events before there were addresses stand
        content["address"] = event.actor.address
    text = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(event.previous + text.encode()).digest()


def _chain(writer: str, slot: int) -> str:
    return f"{writer}+{slot}" if slot else writer


@lru_cache(maxsize=16)
def _locks(writer: str, chains: int) -> tuple[list[int], list[str]]:
    """The keys of the locks of a writer's chains, and the chains."""
    names = [_chain(writer, slot) for slot in range(chains)]
    digests = (hashlib.sha256(f"tierread audit {name}".encode()) for name in names)
    return [int.from_bytes(digest.digest()[:8], signed=True) for digest in digests], names
