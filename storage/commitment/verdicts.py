"""Decides on requests: an instance is committed once its bytes were read back from the object store.

Read back means since the request. The read of the whole object that follows each put (`storage.keeping.shipping`)
counts when it came after the request; what was stored before is read again now, and its digest compared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.commitment import requests
from storage.commitment.requests import Undecided, Verdict
from storage.database import snapshot, transaction
from storage.objects.store import NoSuchObject, ObjectStore, StoreAway, StoreRefuses
from storage.quarantine_moves import Reason
from storage.segment_moves import SegmentState
from storage.segments.segment_rows import await_storing, segment_key

_LOOK_LEASE: Final = timedelta(seconds=60)
"""A worker that has not finished a request by then loses it to another."""
_SHORTEST_PAUSE: Final = timedelta(seconds=1)
_LONGEST_PAUSE: Final = timedelta(seconds=30)
_READS: Final = 200
_READ_BYTES: Final = 256 << 20
"""Bytes that are read for one request before others have their turn."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a request waits."""

    stragglers: timedelta
    """For instances that have not arrived, or that the machine has not compared yet."""
    put: timedelta
    """For the object store."""


class Next(Enum):
    """What an instance without a verdict waits for."""

    ARRIVAL = "arrival"
    SEAL = "seal"
    PUT = "put"
    READ = "read"


@dataclass(frozen=True, kw_only=True)
class Quarantined:
    """The quarantined bytes of one UID, from the site that asks."""

    refused: bool = False
    """The instance was refused, and the device was told."""
    held: bool = False
    """The instance was acknowledged and differs from the stored one: the machine compares, then a person decides."""
    compared: bool = False
    """The machine has compared, and found another instance."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where an instance of this site lies."""

    sop_class_uid: str
    digest: bytes
    segment_id: str
    offset: int
    """Offset of its data set, from the start of the segment's file."""
    size: int
    state: SegmentState
    stored_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ReferenceState:
    """What is known now about one instance of a request."""

    number: int
    """Its place in the request."""
    sop_class_uid: str
    place: Place | None
    quarantined: Quarantined


@dataclass(frozen=True, kw_only=True)
class Damage:
    """The place of an instance that the object store does not return as it came."""

    segment_id: str
    offset: int


@dataclass(frozen=True, kw_only=True)
class LookOutcome:
    """The outcome of one look at a request."""

    verdicts: int
    damages: tuple[Damage, ...]
    decided: bool


def judge(seen: ReferenceState, asked_at: datetime, now: datetime, patience: Patience) -> Verdict | Next:
    """The verdict on one instance, or what it waits for."""
    late = asked_at + patience.stragglers <= now
    if seen.quarantined.held:
        # What the device means may be the newcomer, and nobody answers for that before a person has decided.
        return Verdict.QUARANTINED if seen.quarantined.compared or late else Next.ARRIVAL
    if seen.place is None:
        if not late:
            return Next.ARRIVAL
        return Verdict.QUARANTINED if seen.quarantined.refused else Verdict.UNKNOWN
    if seen.place.sop_class_uid != seen.sop_class_uid:
        return Verdict.OTHER_CLASS
    if seen.place.state is SegmentState.STORED:
        read_since = seen.place.stored_at is not None and seen.place.stored_at >= asked_at
        return Verdict.COMMITTED if read_since else Next.READ
    if asked_at + patience.put <= now:
        return Verdict.NOT_STORED
    return Next.SEAL if seen.place.state is SegmentState.OPEN else Next.PUT


def pause(age: timedelta) -> timedelta:
    """The pause before the next look at a request of this age: short at first, longer as it grows older."""
    return min(max(age / 10, _SHORTEST_PAUSE), _LONGEST_PAUSE)


def look(engine: Engine, store: ObjectStore, now: datetime, patience: Patience) -> LookOutcome | None:
    """Look at the request that has waited longest; None when none is due."""
    with transaction(engine) as tx:
        request = requests.next_undecided(tx, now, now + _LOOK_LEASE)
    if request is None:
        return None
    with snapshot(engine) as tx:
        seen = _seen(tx, request)
    judged = {one.number: judge(one, request.asked_at, now, patience) for one in seen}
    verdicts = {number: verdict for number, verdict in judged.items() if isinstance(verdict, Verdict)}
    to_read = [one for one in seen if judged[one.number] is Next.READ]
    read, damages, more = _read(store, to_read, away=_when_away(request, now, patience))
    verdicts |= read
    open_segments = {one.place.segment_id for one in seen if one.place and judged[one.number] is Next.SEAL}
    with transaction(engine) as tx:
        requests.write_verdicts(tx, request.id, verdicts)
        if open_segments:
            await_storing(tx, open_segments)
        decided = requests.note_decided(tx, request.id, now)
        if not decided:
            requests.look_again(tx, request.id, now if more else now + pause(now - request.asked_at))
    return LookOutcome(verdicts=len(verdicts), damages=damages, decided=decided)


def _when_away(request: Undecided, now: datetime, patience: Patience) -> Verdict | None:
    return Verdict.NOT_STORED if request.asked_at + patience.put <= now else None


def _read(
    store: ObjectStore, wanted: Sequence[ReferenceState], *, away: Verdict | None
) -> tuple[dict[int, Verdict], tuple[Damage, ...], bool]:
    """Verdicts by reading, with ``away`` for what cannot be read now; and whether more can be read at once."""
    verdicts: dict[int, Verdict] = {}
    damages: list[Damage] = []
    left_bytes = _READ_BYTES
    for one in sorted(wanted, key=_where):
        place = one.place
        if place is None:
            continue
        if len(verdicts) == _READS or left_bytes <= 0:
            return verdicts, tuple(damages), True
        try:
            sound = _data_digest(store, place) == place.digest
        except (NoSuchObject, EOFError):
            sound = False
        except (StoreAway, StoreRefuses):  # shipping tells of it; here it is one more that does not give the bytes
            if away is not None:
                verdicts |= {each.number: away for each in wanted if each.number not in verdicts}
            return verdicts, tuple(damages), False
        left_bytes -= place.size
        verdicts[one.number] = Verdict.COMMITTED if sound else Verdict.DAMAGED
        if not sound:
            damages.append(Damage(segment_id=place.segment_id, offset=place.offset))
    return verdicts, tuple(damages), False


def _where(one: ReferenceState) -> tuple[str, int]:
    return (one.place.segment_id, one.place.offset) if one.place is not None else ("", 0)


def _data_digest(store: ObjectStore, place: Place) -> bytes:
    digest = hashlib.sha256()
    for chunk in store.stream(segment_key(place.segment_id), place.offset, place.size):
        digest.update(chunk)
    return digest.digest()


def _seen(tx: Connection, request: Undecided) -> list[ReferenceState]:
    quarantined = _quarantined(tx, request)
    reference, instance, holding, segment = (
        tables.commitment_reference.c,
        tables.instance.c,
        tables.holding.c,
        tables.segment.c,
    )
    asked = (
        sa.select(
            reference.place,
            reference.sop_class_uid.label("named_class"),
            reference.sop_instance_uid,
            holding.site_id.label("held_by"),
            instance.sop_class_uid,
            instance.stored_digest,
            instance.segment_id,
            instance.offset,
            instance.dataset_offset,
            instance.size,
            segment.state,
            segment.stored_at,
        )
        .select_from(tables.commitment_reference)
        .outerjoin(tables.instance, instance.sop_instance_uid == reference.sop_instance_uid)
        .outerjoin(
            tables.holding,
            sa.and_(
                holding.sop_instance_uid == reference.sop_instance_uid,
                holding.site_id == request.site_id,
            ),
        )
        .outerjoin(tables.segment, segment.id == instance.segment_id)
        .where(reference.commitment_id == request.id, reference.verdict.is_(None))
        .order_by(reference.place)
    )
    return [
        ReferenceState(
            number=row.place,
            sop_class_uid=row.named_class,
            place=_place(row) if row.held_by is not None and row.segment_id is not None else None,
            quarantined=quarantined.get(row.sop_instance_uid, Quarantined()),
        )
        for row in tx.execute(asked)
    ]


def _place(row: Any) -> Place:
    return Place(
        sop_class_uid=row.sop_class_uid,
        digest=bytes(row.stored_digest),
        segment_id=row.segment_id,
        offset=row.offset + row.dataset_offset,
        size=row.size - row.dataset_offset,
        state=SegmentState(row.state or SegmentState.OPEN),  # its row is noted a moment later
        stored_at=row.stored_at,
    )


def _quarantined(tx: Connection, request: Undecided) -> dict[str, Quarantined]:
    row, reference = tables.quarantine.c, tables.commitment_reference.c
    named = sa.select(reference.sop_instance_uid).where(
        reference.commitment_id == request.id, reference.verdict.is_(None)
    )
    asked = sa.select(row.sop_instance_uid, row.segment_id, row.reason).where(
        row.sop_instance_uid.in_(named), row.site_id == request.site_id, row.settled_at.is_(None)
    )
    found: dict[str, Quarantined] = {}
    for uid, segment_id, reason in tx.execute(asked):
        earlier = found.get(uid, Quarantined())
        acknowledged = segment_id is not None  # what is refused goes to a file of its own
        found[uid] = Quarantined(
            refused=earlier.refused or not acknowledged,
            held=earlier.held or acknowledged,
            compared=earlier.compared or (acknowledged and reason != Reason.HELD),
        )
    return found
