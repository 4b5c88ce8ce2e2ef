"""Compares every copy of a segment with its digests, and restores a damaged one from one that is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions import damage
from storage.files import write_file
from storage.nodes.other_nodes import HolderAway, Holders
from storage.objects.store import CHUNK_BYTES, NoSuchObject, ObjectStore
from storage.rewriting.row_switch import led_to
from storage.segment_moves import READABLE, UNSTORED, SegmentState
from storage.segments.inspection import Finding, IndexedInstance, InFile, InStore, Source, Tell
from storage.segments.segment_rows import segment_key
from storage.upkeep.segment_check import Damage, Found, Look, inspect_there
from storage.upkeep.segment_queries import Segment, by_id, rows_in

_LOOKS: Final = 3
"""Attempts to read a segment that moves meanwhile."""


@dataclass(frozen=True, kw_only=True)
class CheckOutcome:
    instances: int
    damages: tuple[Damage, ...] = ()


Choose = Callable[[Sequence[IndexedInstance]], Sequence[IndexedInstance]]


class Checker:
    """Reads segments past every cache, from the store itself and from every copy.

    ``copy`` is the second store, where there is one.
    """

    def __init__(
        self,
        engine: Engine,
        spool_dir: Path,
        store: ObjectStore,
        *,
        holders: Holders | None = None,
        copy: ObjectStore | None = None,
    ) -> None:
        self._engine = engine
        self._spool_dir = spool_dir
        self._store = store
        self._holders = holders
        self._copy = copy

    def check(
        self,
        segment: Segment,
        now: datetime,
        *,
        tell: Tell,
        choose: Choose | None = None,
        since: datetime | None = None,
        repair: bool = False,
    ) -> CheckOutcome:
        """Compare a segment with its digests, and mark instances as damaged, or as whole again.

        With ``choose`` or ``since`` only some of its instances are read; else the whole segment, once in each place.
        A segment that was given up since it was listed is not read.

        Raises:
            StoreAway, StoreRefuses: of a store.

        """
        for _ in range(_LOOKS):
            with snapshot(self._engine) as tx:
                segment = by_id(tx, segment.id) or segment
                rows = rows_in(tx, segment.id, since)
            rows = rows if choose is None else choose(rows)
            whole = choose is None and since is None
            if not rows and (not whole or segment.state not in READABLE):
                return CheckOutcome(instances=0)
            look = Look(segment=segment, rows=rows, tell=tell, whole=whole, now=now)
            try:
                found = self._unstored(look) if segment.state in UNSTORED else self._stored(look, repair=repair)
            except HolderAway:
                return CheckOutcome(instances=len(rows), damages=(look.of_all(Finding.AWAY),))
            if found is not None:
                break
            with snapshot(self._engine) as tx:
                moved = by_id(tx, segment.id)
            if moved is None or moved.state == segment.state:
                found = Found(damages=[look.of_all(Finding.MISSING)], bad=look.offsets)
                break
            segment = moved
        else:
            return CheckOutcome(instances=0)  # it goes from place to place: another time
        if found.damages and not self._is_wanted(segment.id):
            return CheckOutcome(instances=0)  # given up while it was read
        self._mark(look, found.bad, now)
        return CheckOutcome(instances=len(rows), damages=tuple(self._needed(found.damages)))

    def _needed(self, damages: Sequence[Damage]) -> Iterator[Damage]:
        """The damages, without those of bytes that no row leads to any more."""
        for one in damages:
            if one.finding is not Finding.CHANGED or one.instances or one.repaired:
                yield one
                continue
            row = tables.quarantine.c
            there = (row.segment_id == one.segment_id) & (row.offset == one.offset)
            with snapshot(self._engine) as tx:
                if tx.scalar(sa.select(row.id).where(there, row.settled_at.is_(None))) is not None:
                    yield one

    def _unstored(self, look: Look) -> Found | None:
        """Check a segment that only one spool has; None where it has left it."""
        path = self._spool_file(look.segment.id)
        if path.exists():
            seen = inspect_there(look, lambda: InFile(path, growing=look.segment.state is SegmentState.OPEN))
        elif self._holders is not None:
            lent = _Lent(self._holders, look.segment.id)
            seen = inspect_there(look, lambda: lent)
        else:
            raise HolderAway
        return seen and Found(damages=look.damages(seen), bad=seen.changed)

    def _stored(self, look: Look, *, repair: bool) -> Found | None:
        """Check a stored segment, also in this spool and in the second store; None where it is nowhere."""
        key, path, second = segment_key(look.segment.id), self._spool_file(look.segment.id), self._copy
        seen = inspect_there(look, lambda: InStore(self._store, key))
        spool = inspect_there(look, lambda: InFile(path))
        copied = None if second is None else inspect_there(look, lambda: InStore(second, key))
        if seen is None and spool is None and copied is None and not repair:
            return None
        if seen is not None and seen.intact:
            damages = look.damages(seen)
            if spool is not None and not spool.intact:
                if repair:
                    path.unlink(missing_ok=True)
                damages.append(look.of_all(Finding.SPOOL_COPY, repaired=repair))
            if look.segment.copied and (copied is None or not copied.intact) and second is not None:
                repaired = repair and self._put(look, second, key, [lambda: InStore(self._store, key)])
                damages.append(look.of_all(Finding.SECOND_COPY, repaired=repaired))
            return Found(damages=damages, bad=frozenset())
        if repair:
            copies: list[Callable[[], Source]] = []
            if spool is not None and spool.intact:
                copies.append(lambda: InFile(path))
            if copied is not None and copied.intact and second is not None:
                copies.append(lambda: InStore(second, key))
            copies += self._lent(look.segment)
            if self._put(look, self._store, key, copies):
                if spool is not None and not spool.intact:
                    path.unlink(missing_ok=True)
                damages = [
                    replace(one, repaired=one.finding is not Finding.ASTRAY) for one in look.damages_or_missing(seen)
                ]
                return Found(damages=damages, bad=frozenset())
            if copies:  # one of them may have been put, and not read back
                seen = inspect_there(look, lambda: InStore(self._store, key))
        if seen is None and spool is None and copied is None:
            return None
        return Found(damages=look.damages_or_missing(seen), bad=look.offsets if seen is None else seen.changed)

    def _lent(self, segment: Segment) -> list[Callable[[], Source]]:
        """The copy that the spool of its node may still have."""
        holders = self._holders
        if holders is None or not segment.size:
            return []
        return [lambda: _LentCopy(holders, segment)]

    def _put(self, look: Look, store: ObjectStore, key: str, copies: Sequence[Callable[[], Source]]) -> bool:
        """Put the first whole copy into a store; whether it reads back.

        A segment that is given up meanwhile is not put, or is deleted again, since nobody else would delete it.
        """
        draft = self._spool_dir / "repair" / f"{look.segment.id}.tar"
        for copy in copies:
            try:
                source = copy()
                write_file(draft, source.stream(0, source.size or 0))
            except (NoSuchObject, FileNotFoundError, EOFError, HolderAway):
                continue  # not to be had there
            try:
                if not look.whole_in(InFile(draft)).intact:
                    continue
                if not self._is_wanted(look.segment.id):
                    return False
                if store is self._store:  # before it is put: a process that dies then leaves caches that are to be told
                    self._note_repair(look)
                store.put_file(key, draft)
            finally:
                draft.unlink()
            if not self._is_wanted(look.segment.id):
                store.delete(key)
                return False
            back = inspect_there(look, lambda: InStore(store, key), whole=True)
            if back is not None and back.intact:
                return True
        return False

    def _note_repair(self, look: Look) -> None:
        ours = sa.update(tables.segment).where(tables.segment.c.id == look.segment.id)
        with transaction(self._engine) as tx:
            tx.execute(ours.values(repaired_at=look.now))

    def _is_wanted(self, segment_id: str) -> bool:
        with snapshot(self._engine) as tx:
            segment = by_id(tx, segment_id)
            return (segment is not None and segment.state in READABLE) or led_to(tx, [segment_id])

    def _mark(self, look: Look, bad: frozenset[int], now: datetime) -> None:
        for one in look.rows:
            if (one.offset in bad) != one.damaged:
                act = damage.clear if one.damaged else damage.mark
                with transaction(self._engine) as tx:
                    act(tx, one.sop_instance_uid, look.segment.id, one.offset, now)

    def _spool_file(self, segment_id: str) -> Path:
        return self._spool_dir / segment_key(segment_id)


class _Lent:
    """A segment that only another node's spool has."""

    def __init__(self, holders: Holders, segment_id: str) -> None:
        self._holders, self._segment_id = holders, segment_id
        self.size: int | None = None

    def stream(self, offset: int, length: int) -> Iterator[bytes]:
        lent = self._holders.stream(self._segment_id, offset, length, CHUNK_BYTES)
        if lent is None:
            raise FileNotFoundError  # stored meanwhile
        return lent


class _LentCopy:
    """The copy of a stored segment in another node's spool."""

    def __init__(self, holders: Holders, segment: Segment) -> None:
        self._holders, self._segment_id = holders, segment.id
        self.size: int | None = segment.size

    def stream(self, offset: int, length: int) -> Iterator[bytes]:
        return self._holders.stream_copy(self._segment_id, offset, length, CHUNK_BYTES)
