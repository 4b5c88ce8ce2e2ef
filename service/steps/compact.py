"""The worker's step of compaction: hours after a study was read, its segments become one, in HTJ2K where allowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from pacs.pixels.opened import NATIVE
from pacs.pixels.permanent_htj2k import recode
from reading.retention import reading_over
from service.installation.house import House
from service.telemetry.logs import logger
from service.telemetry.metrics import COMPACTED_BYTES, COMPACTED_INSTANCES, COMPACTED_STUDIES
from storage.database import snapshot, transaction
from storage.decisions import erasure
from storage.errors import Overtaken
from storage.rewriting import candidates, old_segments
from storage.rewriting.candidates import Stored, Waiting
from storage.rewriting.rewrite import CannotRewrite, Damaged, NothingGained, RewriteOutcome, Work, alone, rewrite
from storage.segments.open_segment import NoSpace

MOST_BYTES: Final = 1 << 30
MOST_INSTANCES: Final = 4000
"""Limits of segments that are merged; a larger segment is compacted alone."""
SMALL_BYTES: Final = 64 << 20
"""Size up to which a compacted segment is merged again when new images have come."""
_AT_ONCE: Final = 20
_SOON: Final = timedelta(minutes=10)
_TOMORROW: Final = timedelta(days=1)
_LOOK_SECONDS: Final = 2.0
_REST_SECONDS_MAX: Final = 5.0


class Stopped(Exception):
    """The worker ends: the compaction under way is given up, and begins anew after the next start."""


def work_of(house: House) -> Work:
    return Work(
        engine=house.engine,
        spool_dir=house.folders.spool,
        store=house.object_store,
        node=house.settings.node,
        clock=house.clock,
    )


def compact_step(house: House, stop: threading.Event) -> Callable[[], int]:
    """A step that compacts at most one study; answers how many."""
    after = timedelta(hours=house.settings.compact_after_hours)
    work = work_of(house)
    pause = Pause(house, stop)

    def run() -> int:
        if not after:
            return 0
        with snapshot(house.engine) as tx:
            studies = candidates.due(tx, house.clock(), _AT_ONCE)
        return any(_look(house, work, study_uid, after, pause) for study_uid in studies)

    return run


def purge_step(house: House) -> Callable[[], int]:
    """A step that writes segments without what was erased."""
    work = work_of(house)
    return lambda: erasure.purge(work)


def tidy_step(house: House) -> Callable[[], int]:
    """A step that deletes replaced segments and the drafts of rewritings that never ended."""

    def run() -> int:
        old_segments.tidy(house.engine, house.folders.spool, house.settings.node, house.clock())
        return old_segments.remove_retired(house.engine, house.object_store, house.clock())

    return run


class Pause:
    """Rests between instances: while the node receives, three times as long as the work on the last one took."""

    def __init__(self, house: House, stop: threading.Event) -> None:
        self._house = house
        self._stop = stop
        self._worked_since = time.monotonic()
        self._look_at = 0.0
        self._receiving = False

    def begin(self) -> None:
        self._worked_since = time.monotonic()

    def __call__(self) -> None:
        """Raises: Stopped."""
        now = time.monotonic()
        if now >= self._look_at:
            with snapshot(self._house.engine) as tx:
                self._receiving = candidates.is_receiving(tx, self._house.settings.node)
            self._look_at = now + _LOOK_SECONDS
        rest = min(3 * (now - self._worked_since), _REST_SECONDS_MAX) if self._receiving else 0.0
        if self._stop.wait(rest):
            raise Stopped
        self._worked_since = time.monotonic()


def _look(house: House, work: Work, study_uid: str, after: timedelta, pause: Pause) -> bool:
    """Compact a study if its time has come; answers whether anything was rewritten."""
    with alone(house.engine, study_uid) as ours:
        if not ours:
            return False
        with snapshot(house.engine) as tx:
            there = candidates.of_study(tx, study_uid, sorted(NATIVE))
            reading = reading_over.of_studies(tx, there.shown_in)
        until = _until(there, reading, after, house.clock())
        if until is not None:
            _postpone(house, study_uid, until)
            return False
        try:
            return _compact(house, work, study_uid, there, pause)
        except Stopped:
            return False
        except Damaged as damage:
            logger().error("a stored segment is damaged", segment_id=damage.segment_id, offset=damage.offset)
            _postpone(house, study_uid, house.clock() + _TOMORROW)
        except CannotRewrite as unfit:
            logger().warning("segments stay as they are", reason=unfit.reason)
            _postpone(house, study_uid, house.clock() + _TOMORROW)
        except (Overtaken, NoSpace) as later:
            logger().info("compaction is tried again later", reason=type(later).__name__)
            _postpone(house, study_uid, house.clock() + _SOON)
        except Exception:
            # Whatever is wrong with this one keeps the others waiting only once.
            _postpone(house, study_uid, house.clock() + _SOON)
            raise
        return False


def _until(there: Waiting, reading: reading_over.Reading, after: timedelta, now: datetime) -> datetime | None:
    """When to look at the study again; None: compact it now."""
    if not reading.over:
        return now + after
    if there.unstored or there.undescribed:
        return now + min(_SOON, after)
    if there.damaged:
        return now + _TOMORROW
    quiet = max((at + after for at in (reading.since, there.last_received_at) if at is not None), default=now)
    return quiet if quiet > now else None


def _compact(house: House, work: Work, study_uid: str, there: Waiting, pause: Pause) -> bool:
    rewritten = False
    for group in groups(there.segments):
        ids = [one.id for one in group]
        if not worth_it(group):
            with transaction(house.engine) as tx:
                candidates.nothing_to_gain(tx, ids)
            continue
        pause.begin()
        try:
            done = rewrite(work, study_uid, ids, recode=recode, pause=pause)
        except NothingGained:
            with transaction(house.engine) as tx:
                candidates.nothing_to_gain(tx, ids)
            continue
        _count(done)
        rewritten = True
    if rewritten:
        COMPACTED_STUDIES.inc()
    return rewritten


def groups(segments: Sequence[Stored]) -> list[list[Stored]]:
    """Segments that become one each: all that are new, and small ones from before where something new joins them."""
    made: list[list[Stored]] = []
    for one in segments:
        if not one.fresh and one.size > SMALL_BYTES:
            continue
        last = made[-1] if made else None
        if (
            last is not None
            and sum(each.size for each in last) + one.size <= MOST_BYTES
            and sum(each.instances for each in last) + one.instances <= MOST_INSTANCES
        ):
            last.append(one)
        else:
            made.append([one])
    return [group for group in made if any(one.fresh for one in group)]


def worth_it(group: Sequence[Stored]) -> bool:
    """Whether there is something to merge, or perhaps to make smaller."""
    return len(group) > 1 or any(one.native for one in group)


def _postpone(house: House, study_uid: str, until: datetime) -> None:
    with transaction(house.engine) as tx:
        candidates.postpone(tx, study_uid, until)


def _count(done: RewriteOutcome) -> None:
    COMPACTED_INSTANCES.labels("htj2k").inc(done.recoded)
    COMPACTED_INSTANCES.labels("as_it_was").inc(done.instances - done.recoded)
    COMPACTED_BYTES.labels("before").inc(done.bytes_before)
    COMPACTED_BYTES.labels("after").inc(done.bytes_after)
