"""Rebuilds the index from segments and journal alone: missing rows are added, right ones stay as they are.

Instances are entered first, in the order in which they were received; then decisions are made again, in the order in
which they were made. Rebuilding may be interrupted and begun anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import insert_new, snapshot, transaction
from storage.ids import made_at
from storage.index import entry_batch, journal
from storage.index.entry_batch import Batch, Raced
from storage.index.journal import Decision
from storage.index.known_studies import Known
from storage.index.other_bytes import point_at
from storage.instance_row import Place
from storage.objects.store import ObjectStore
from storage.rebuild import manifests
from storage.rebuild.dead_writers import take
from storage.rebuild.journal_facts import all_decisions, held_places, resent_places
from storage.rebuild.manifests import ReceivedOrder, ReplacedSegments, Tail
from storage.rebuild.outcome import RebuildOutcome
from storage.rebuild.replay import REPLAYS, Replay
from storage.segment_moves import ENDED, SegmentMove
from storage.segments import quarantine_files, segment_rows
from storage.segments.members import Entry, Where
from storage.segments.spool import Spool

_SEGMENT: Final = tables.segment
_INSTANCE: Final = tables.instance
_QUARANTINE: Final = tables.quarantine
_REBUILDING: Final = tables.rebuilding
_AT_ONCE: Final = 256
_UNTIL_DELETED: Final = timedelta(days=1)
"""A replaced segment stays longer than any request that may still read it."""


def is_unfinished(engine: Engine) -> bool:
    """Whether a rebuild was begun and has not ended: the index may show hidden images."""
    with snapshot(engine) as tx:
        return tx.scalar(sa.select(_REBUILDING.c.name)) is not None


def count(store: ObjectStore, spool: Spool) -> int:
    """How many segments there are."""
    return sum(1 for _ in manifests.sources(store, spool.directory))


def rebuild(
    spool: Spool, store: ObjectStore, replays: Mapping[str, Replay], now: datetime, tell: Callable[[], None]
) -> RebuildOutcome:
    """Rebuild the index; ``tell`` is called for each segment. Nothing may be served meanwhile.

    ``replays`` make decisions of kinds again that other packages write.

    Raises:
        StoreAway, StoreRefuses: of the store; what was done stays done.

    """
    return _Rebuild(spool, store, {**REPLAYS, **replays}, now, tell).run()


class _Rebuild:
    def __init__(
        self,
        spool: Spool,
        store: ObjectStore,
        replays: Mapping[str, Replay],
        now: datetime,
        tell: Callable[[], None],
    ) -> None:
        self._spool = spool
        self._engine = spool.engine
        self._store = store
        self._replays = replays
        self._now = now
        self._tell = tell
        self._known = Known()
        self._held: dict[Where, str] = {}
        self._healing: frozenset[Where] = frozenset()
        self._moved: dict[Where, Entry] = {}
        """Resent bytes that replaced damaged ones: their place then, and their entry now."""
        self._replaced = ReplacedSegments()
        self._found = RebuildOutcome()

    def run(self) -> RebuildOutcome:
        begun = {"name": "index", "started_at": self._now}
        with transaction(self._engine) as tx:
            tx.execute(insert_new(tx, _REBUILDING).values(begun))
        before = _counts(self._engine)
        take(self._spool)  # what a writer that died left open is sealed, and its rows follow below
        self._held = held_places(self._store)
        self._healing = resent_places(self._store)
        self._enter_segments()
        for row in quarantine_files.noted(self._spool.directory):
            with transaction(self._engine) as tx:
                quarantine_files.enter(tx, row)
        self._replay()
        after = _counts(self._engine)
        self._found.instances, self._found.holdings, self._found.held = (
            now - then for now, then in zip(after, before, strict=True)
        )
        with transaction(self._engine) as tx:
            tx.execute(sa.delete(_REBUILDING))
        return self._found

    # -- segments

    def _enter_segments(self) -> None:
        entries = self._entries()
        while batch := list(islice(entries, _AT_ONCE)):
            self._enter(batch)

    def _entries(self) -> Iterator[Entry]:
        ordered = ReceivedOrder()
        for tail in manifests.read(self._store, manifests.sources(self._store, self._spool.directory)):
            yield from ordered.add(tail, self._told(tail))
            self._tell()
        yield from ordered.rest()

    def _told(self, tail: Tail) -> list[Entry]:
        """The entries of a segment; none where another segment has its members by now."""
        found, segment_id = self._found, tail.source.segment_id
        found.segments += 1
        if tail.manifest is None:
            if tail.size:
                found.unreadable.append(segment_id)
            return []
        if self._is_over(segment_id):
            return []
        if not tail.sealed:
            found.mended.append(segment_id)
        replaced = segment_id in self._replaced
        self._replaced.add(tail.manifest.replaces)
        entries = tail.manifest.entries
        with transaction(self._engine) as tx:
            _note_replaced(tx, tail.manifest.replaces, self._now)
            _note_segment(tx, tail, self._spool.node, self._now, replaced=replaced)
        if replaced:
            return []
        found.entries += len(entries)
        return entries

    def _is_over(self, segment_id: str) -> bool:
        """Whether the database knows that the segment was replaced, or given up half written."""
        with snapshot(self._engine) as tx:
            return is_over(tx, segment_id)

    def _enter(self, read: Sequence[Entry]) -> None:
        elsewhere = {where for one in read for where in one.earlier}
        batch = [one for one in read if (one.place.segment_id, one.place.offset) not in elsewhere]
        self._moved |= {where: one for one in batch for where in one.earlier if where in self._healing}
        again = {
            (one.place.segment_id, one.place.offset): self._held[where]
            for one in batch
            for where in ((one.place.segment_id, one.place.offset), *one.earlier)
            if where in self._held
        }
        while True:
            try:
                with transaction(self._engine) as tx:
                    _lead_on(tx, [one for one in batch if one.earlier])
                    entered = Batch(tx, batch, self._known, again=again)
                    entered.enter()
            except Raced:
                self._known.clear()
                continue
            self._known.learn(entered.seen)
            return

    # -- journal

    def _replay(self) -> None:
        for some in _in_chunks(all_decisions(self._engine, self._store)):
            with snapshot(self._engine) as tx:
                done = journal.applied(tx, [one.id for one in some])
            for decision in some:
                if decision.id not in done:
                    self._replay_one(decision)

    def _replay_one(self, decision: Decision) -> None:
        replay = self._replays.get(decision.kind)
        if replay is None:
            self._found.incomplete.append(decision.id)
            return
        with transaction(self._engine) as tx:
            whole = replay(tx, self._told_now(decision), decision.at)
            journal.note_applied(tx, decision, self._now)
        self._found.decisions += 1
        if not whole:
            self._found.incomplete.append(decision.id)

    def _told_now(self, decision: Decision) -> Mapping[str, Any]:
        """The decision's payload with the place where resent bytes lie now: they may have been rewritten."""
        if decision.kind != entry_batch.KIND_RESENT:
            return decision.payload
        place = decision.payload["entry"]["place"]
        moved = self._moved.get((place["segment_id"], place["offset"]))
        return decision.payload if moved is None else {**decision.payload, "entry": moved.to_json()}


def is_over(tx: Connection, segment_id: str) -> bool:
    """Whether a segment was replaced or given up."""
    state = tx.scalar(sa.select(_SEGMENT.c.state).where(_SEGMENT.c.id == segment_id))
    return state in ENDED


def _in_chunks(decisions: Iterator[Decision]) -> Iterator[list[Decision]]:
    while some := list(islice(decisions, _AT_ONCE)):
        yield some


def _counts(engine: Engine) -> tuple[int, int, int]:
    with snapshot(engine) as tx:
        asked = (sa.select(sa.func.count()).select_from(of) for of in (_INSTANCE, tables.holding, _QUARANTINE))
        instances, holdings, held = (tx.scalar(one) or 0 for one in asked)
        return instances, holdings, held


def _note_segment(tx: Connection, tail: Tail, node: str, now: datetime, *, replaced: bool) -> None:
    """Write the row of a segment that was read; a row that is right stays."""
    entries = tail.manifest.entries if tail.manifest else []
    segment_id = tail.source.segment_id
    sealed_at = max((one.provenance.received_at for one in entries), default=made_at(segment_id))
    move = SegmentMove.SEAL
    columns: dict[str, Any] = {"size": tail.size, "sealed_at": sealed_at}
    if tail.stored:
        move = SegmentMove.FIND_STORED
        # Since when is not known: a commitment reads what was stored before its request once more.
        rewritten = bool(tail.manifest and tail.manifest.replaces)
        columns |= {"stored_at": sealed_at, "compact_at": None if rewritten else now}
    if replaced:
        move = SegmentMove.FIND_REPLACED
        columns |= {"delete_at": now + _UNTIL_DELETED, "compact_at": None}
    begun = {"study_uid": entries[0].row.study_uid if entries else "", "node": node}
    segment_rows.change_or_begin(tx, segment_id, move, begun, **columns)


def _note_replaced(tx: Connection, segment_ids: Iterable[str], now: datetime) -> None:
    """Retire segments that an older backup knows as stored, and that another segment has replaced."""
    these = _SEGMENT.c.id.in_(list(segment_ids))
    segment_rows.change(tx, these, SegmentMove.FIND_REPLACED, delete_at=now + _UNTIL_DELETED, compact_at=None)


def _lead_on(tx: Connection, rewritten: Sequence[Entry]) -> None:
    """Let rows that lead to an earlier place of bytes lead to their place now."""
    if not rewritten:
        return
    uids = [one.row.sop_instance_uid for one in rewritten]
    row = _INSTANCE.c
    asked = sa.select(row.sop_instance_uid, row.segment_id, row.offset).where(row.sop_instance_uid.in_(uids))
    leads_to = {uid: (segment_id, offset) for uid, segment_id, offset in tx.execute(asked)}
    kept = _QUARANTINE.c
    waiting = sa.select(kept.id, kept.segment_id, kept.offset).where(
        kept.sop_instance_uid.in_(uids), kept.segment_id.is_not(None)
    )
    lies_at = {(segment_id, offset): quarantine_id for quarantine_id, segment_id, offset in tx.execute(waiting)}
    for one in rewritten:
        there = leads_to.get(one.row.sop_instance_uid)
        if there in one.earlier:
            segment_id, offset = there
            point_at(tx, one, instead_of=Place(segment_id=segment_id, offset=offset, size=0), same_sender=True)
        for where in one.earlier:
            if where in lies_at:
                place = {"segment_id": one.place.segment_id, "offset": one.place.offset}
                tx.execute(sa.update(_QUARANTINE).where(kept.id == lies_at[where]).values(place))
