"""Commits index rows in groups, one thread a process."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from storage import tables
from storage.entering import Batch, Entered, Known, Raced
from storage.members import Entry
from storage.rows import InstanceRow, Place, Provenance

_BATCH_MAX: Final = 256
_DURABLE_AFTER_SECONDS: Final = 10
"""PostgreSQL flushes an asynchronous commit within three times wal_writer_delay, 0.6 s by default."""
_PROBE_SECONDS: Final = 5
_RACES_MAX: Final = 100
"""Each lost race means that another process has committed; so many in a row mean that something else is wrong."""


class IndexUnavailable(Exception):
    """The row was not committed; its bytes stay in the segment and replay enters them later."""


class _Slot:
    """One caller that waits for its row."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.result: Entered | None = None
        self.failure: Exception | None = None
        self.done = threading.Event()


class Index:
    """Commits rows in groups: what waits while one transaction runs goes into the next.

    ``engine`` commits asynchronously. When PostgreSQL is restarted under us, the commits of the last moment
    may be lost, so everything that may not have been durable is entered again on the new connection.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = Known()
        self._queue: queue.SimpleQueue[_Slot | None] = queue.SimpleQueue()
        self._recent: deque[tuple[float, Entry, Entered]] = deque()
        self._may_lose_commits = engine.dialect.name == "postgresql"
        self._connection: Connection | None = None
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)
        self._thread.start()

    def enter(self, row: InstanceRow, place: Place, provenance: Provenance) -> Entered:
        """Enter one instance whose bytes are flushed; returns when its row is committed.

        Raises:
            IndexUnavailable: it is not.

        """
        return self.enter_all([Entry(row=row, place=place, provenance=provenance)])[0]

    def enter_all(self, entries: Iterable[Entry]) -> list[Entered]:
        """Enter many, in their order; as `enter`."""
        slots = [_Slot(entry) for entry in entries]
        with self._closing:
            if self._closed:
                raise IndexUnavailable
            for slot in slots:
                self._queue.put(slot)
        results: list[Entered] = []
        for slot in slots:
            slot.done.wait()
            if slot.result is None:
                raise IndexUnavailable from slot.failure
            results.append(slot.result)
        return results

    def close(self) -> None:
        """Commit what waits, then end."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        open_ = True
        while open_:
            slots, open_ = self._next()
            if slots:
                self._answer(slots)
            elif open_:
                self._probe()
        self._disconnect()

    def _next(self) -> tuple[list[_Slot], bool]:
        """What waits by now, at least one if any comes in time; and whether more may come."""
        slots: list[_Slot] = []
        try:
            slot = self._queue.get(timeout=_PROBE_SECONDS if self._recent else None)
            while slot is not None:
                slots.append(slot)
                if len(slots) == _BATCH_MAX:
                    return slots, True
                slot = self._queue.get_nowait()
        except queue.Empty:
            return slots, True
        return slots, False

    def _answer(self, slots: list[_Slot]) -> None:
        try:
            for slot, result in zip(slots, self._enter([slot.entry for slot in slots]), strict=True):
                slot.result = result
        except Exception as failure:  # noqa: BLE001 # whatever it is, each caller hears of it
            if len(slots) > 1 and not isinstance(failure, (_Disconnected, OperationalError)):
                for slot in slots:  # one row that the database refuses must not fail its neighbours
                    self._answer([slot])
                return
            for slot in slots:
                slot.failure = failure
        for slot in slots:
            slot.done.set()

    def _enter(self, entries: Sequence[Entry]) -> list[Entered]:
        try:
            results = self._commit(entries)
        except _Disconnected:
            results = self._commit(entries)
        if self._may_lose_commits:
            at = time.monotonic()
            self._recent.extend((at, entry, result) for entry, result in zip(entries, results, strict=True))
            self._forget_durable(at)
        return results

    def _commit(self, entries: Sequence[Entry]) -> list[Entered]:
        tx = self._connected()
        try:
            return self._write(tx, entries)
        except DBAPIError as error:
            if error.connection_invalidated:
                self._disconnect()
                raise _Disconnected from error
            raise

    def _write(self, tx: Connection, entries: Sequence[Entry]) -> list[Entered]:
        races = 0
        while True:
            try:
                with tx.begin():
                    batch = Batch(tx, entries, self._known)
                    results = batch.enter()
            except Raced:
                self._known.clear()
                races += 1
                if races == _RACES_MAX:
                    raise
                continue
            self._known.learn(batch.seen)
            return results

    def _connected(self) -> Connection:
        """The connection; a new one counts only when what the old one may have lost is entered again."""
        if self._connection is None:
            self._known.clear()
            lost = [entry for _, entry, result in self._recent if result is not Entered.SAME]
            same = [entry for _, entry, result in self._recent if result is Entered.SAME]
            try:
                self._connection = self._engine.connect()
                for start in range(0, len(lost), _BATCH_MAX):
                    self._write(self._connection, lost[start : start + _BATCH_MAX])
                for start in range(0, len(same), _BATCH_MAX):
                    self._write(self._connection, _indexed(self._connection, same[start : start + _BATCH_MAX]))
            except (SQLAlchemyError, Raced) as error:
                self._disconnect()
                raise _Disconnected from error
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _probe(self) -> None:
        """Notice a restarted server while nothing arrives."""
        try:
            tx = self._connected()
            with tx.begin():
                tx.execute(sa.select(1))
            self._forget_durable(time.monotonic())
        except (SQLAlchemyError, _Disconnected):
            self._disconnect()  # the next probe or the next batch connects and replays

    def _forget_durable(self, at: float) -> None:
        # This very connection has lived since, so the server has, and its log writer has flushed them.
        while self._recent and self._recent[0][0] < at - _DURABLE_AFTER_SECONDS:
            self._recent.popleft()


def _indexed(tx: Connection, same: Sequence[Entry]) -> list[Entry]:
    """Those whose instance is in the index; the bytes of the others were given back and may be another's by now.

    Whoever entered the first of them enters it again.
    """
    uid = tables.instance.c.sop_instance_uid
    with tx.begin():
        there = set(tx.execute(sa.select(uid).where(uid.in_([one.row.sop_instance_uid for one in same]))).scalars())
    return [one for one in same if one.row.sop_instance_uid in there]


class _Disconnected(Exception):
    """The connection is gone, and with it perhaps the last commits."""
