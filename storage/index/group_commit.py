"""Commits index rows in groups, one group at a time in a process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from storage import tables
from storage.database import writing
from storage.errors import StorageError
from storage.index.entry_batch import Batch, Entered, Raced
from storage.index.known_studies import Known
from storage.index.newcomers import Newcomers
from storage.instance_row import InstanceRow, Place, Provenance
from storage.segments.members import Entry

_BATCH_MAX: Final = 256
_DURABLE_AFTER_SECONDS: Final = 10
"""PostgreSQL flushes an asynchronous commit within three times wal_writer_delay, 0.6 s by default."""
_PROBE_SECONDS: Final = 5
_RACES_MAX: Final = 100
"""Each lost race means that another process has committed; so many in a row have another cause."""


class IndexUnavailable(StorageError):
    """The row was not committed; the bytes stay in the segment, and recovery enters them later."""


class _Call:
    """A caller that waits for its rows; it is woken once, with the answer or to commit in its turn."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self.results: list[Entered] = []
        self.failure: Exception | None = None
        self.answered = False
        self._sleep = threading.Lock()  # an Event costs six times as much
        self._sleep.acquire()

    def wake(self) -> None:
        self._sleep.release()

    def wait(self) -> None:
        self._sleep.acquire()


class Index:
    """Commits rows in groups: rows that wait while one transaction runs go into the next.

    A caller that finds no commit running commits for all that wait, in its own thread, which spares two switches; then
    it wakes the first caller that came meanwhile.

    ``engine`` commits asynchronously. A restart of PostgreSQL may lose the last commits, so rows that may not have been
    durable are entered again on the new connection.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = Known()
        self._newcomers = Newcomers()
        self._recent: deque[tuple[float, Entry, Entered]] = deque()
        self._may_lose_commits = engine.dialect.name == "postgresql"
        self._connection: Connection | None = None
        self._state = threading.Condition()
        self._waiting: deque[_Call] = deque()
        self._committing = False
        self._closed = False
        self._prober = threading.Thread(target=self._probe_until_closed, name="index", daemon=True)
        if self._may_lose_commits:
            self._prober.start()

    def enter(
        self,
        row: InstanceRow,
        place: Place,
        provenance: Provenance,
        description: bytes | None = None,
        alike: object = None,
    ) -> Entered:
        """Enter one instance whose bytes are flushed; returns when its row is committed.

        ``description`` is the compressed DICOM JSON of its header, where the caller has it already; ``alike`` is that
        of `Entry`.

        Raises:
            IndexUnavailable: it is not.

        """
        entry = Entry(row=row, place=place, provenance=provenance, description=description, alike=alike)
        return self._call((entry,))[0]

    def enter_all(self, entries: Iterable[Entry]) -> list[Entered]:
        """Enter many, in their order; as `enter`."""
        rest = iter(entries)
        results: list[Entered] = []
        while some := list(islice(rest, _BATCH_MAX)):
            results += self._call(some)
        return results

    def close(self) -> None:
        """Commit what waits, then end."""
        with self._state:
            self._closed = True
            self._state.notify_all()
            self._state.wait_for(lambda: not self._committing)
        if self._may_lose_commits:
            self._prober.join()
        self._disconnect()

    def _call(self, entries: Sequence[Entry]) -> list[Entered]:
        call = _Call(entries)
        with self._state:
            if self._closed:
                raise IndexUnavailable
            self._waiting.append(call)
            first = not self._committing
            self._committing = True
        if not first:
            call.wait()
        if not call.answered:
            self._commit_in_turn()
        if len(call.results) < len(entries) or call.failure is not None:
            raise IndexUnavailable from call.failure
        return call.results

    def _commit_in_turn(self) -> None:
        """Commit the calls that wait, this caller's first, then let the next caller commit."""
        calls = self._next()
        try:
            self._answer(calls)
        finally:  # the others hear of a failure also when this thread is interrupted
            for call in calls:
                call.answered = True
            self._hand_on()
            for call in calls[1:]:
                call.wake()

    def _hand_on(self) -> None:
        with self._state:
            if not self._waiting:
                self._committing = False
                self._state.notify_all()
                return
            successor = self._waiting[0]
        successor.wake()

    def _next(self) -> list[_Call]:
        calls: list[_Call] = []
        size = 0
        with self._state:
            while self._waiting and size < _BATCH_MAX:
                calls.append(self._waiting.popleft())
                size += len(calls[-1].entries)
        return calls

    def _answer(self, calls: Sequence[_Call]) -> None:
        try:
            results = iter(self._enter([entry for call in calls for entry in call.entries]))
            for call in calls:
                call.results = list(islice(results, len(call.entries)))
        except Exception as failure:  # noqa: BLE001 # whatever it is, each caller hears of it
            if len(calls) > 1 and not isinstance(failure, (_Disconnected, OperationalError)):
                for call in calls:  # one row that the database refuses must not fail its neighbours
                    self._answer([call])
                return
            for call in calls:
                call.failure = failure

    def _enter(self, entries: Sequence[Entry]) -> list[Entered]:
        """Enter a batch. Without entries it only checks that the connection lives."""
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
        if entries and self._newcomers.enter(tx, entries, self._known):
            return [Entered.NEW] * len(entries)
        races = 0
        while True:
            try:
                with writing(tx):
                    if not entries:
                        tx.execute(sa.select(1))  # a probe: without a statement nobody asks the server
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
        """The connection; on a new one, rows that the old one may have lost are entered again first."""
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

    def _probe_until_closed(self) -> None:
        """Notice a restarted server while nothing arrives."""
        while True:
            with self._state:
                if self._state.wait_for(lambda: self._closed, _PROBE_SECONDS):
                    return
            if self._recent:
                with suppress(IndexUnavailable):  # the next probe or the next batch connects and replays
                    self._call(())

    def _forget_durable(self, at: float) -> None:
        # The connection has lived since then, so the server has, and its log writer has flushed these rows.
        while self._recent and self._recent[0][0] < at - _DURABLE_AFTER_SECONDS:
            self._recent.popleft()


def _indexed(tx: Connection, same: Sequence[Entry]) -> list[Entry]:
    """The entries whose instance is in the index. The bytes of the others were undone, and may be overwritten by now.

    The process that entered the first instance of a UID enters it again.
    """
    uid = tables.instance.c.sop_instance_uid
    with tx.begin():
        there = set(tx.execute(sa.select(uid).where(uid.in_([one.row.sop_instance_uid for one in same]))).scalars())
    return [one for one in same if one.row.sop_instance_uid in there]


class _Disconnected(StorageError):
    """The connection was lost, perhaps with the last commits."""
