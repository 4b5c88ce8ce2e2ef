"""The worker's care for what is stored: it reads everything again in rounds, repairs, copies and sweeps."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reading.access import report_seals
from reading.access.report_seals import check_reports
from reading.anchors.check import check_audit
from reading.audit import SYSTEM
from reading.context import Context
from reading.register import organisations
from reading.register.registry import REGION
from service.installation.house import House
from service.installation.nodes import holders_of
from service.steps import verify
from service.steps.anchor import places_of
from service.telemetry.logs import logger
from service.telemetry.metrics import DAMAGES, SWEPT, VERIFIED, VERIFIED_BYTES
from storage.database import snapshot, transaction
from storage.keeping import second_copy
from storage.segments.segment_rows import segment_key
from storage.upkeep import rounds, segment_queries
from storage.upkeep.litter import SAFE, Kind, Litter, dispose
from storage.upkeep.repair import Checker, CheckOutcome
from storage.upkeep.rounds import Round, Task
from storage.upkeep.segment_queries import Segment
from storage.upkeep.sweep import Sweeper

NIGHT: Final = (22, 6)
"""Hours of the region's clock between which everything is read again."""
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_HALF: Final = 0.5
"""Half a day: a round that began late in one night goes on early in the next."""
_LEASE: Final = timedelta(hours=2)
"""Time after which another node takes over a round; longer than the check of one segment."""


class _Stopping(Exception):
    """The worker is told to end."""


class Upkeep:
    """Steps of the worker; each node has one, and a round is one node's at a time."""

    def __init__(self, house: House, stop: threading.Event) -> None:
        self._house = house
        self._stop = stop
        self._node = house.settings.node
        self._uncopied: set[str] = set()
        self._copied_all_at: datetime | None = None
        self._checker = Checker(
            house.engine,
            house.folders.spool,
            house.object_store,
            holders=holders_of(house.engine, house.keys, house.clock),
            copy=house.copy_store,
        )

    def verify(self) -> int:
        """Read tonight's part of everything that is stored; answers how many segments were read.

        Raises:
            StoreAway, StoreRefuses: of a store: the round waits where it is.

        """
        pace = _Pace(self._house.settings.verify_mib_per_second * (1 << 20), self._stop)
        with snapshot(self._house.engine) as tx:
            behind, total = segment_queries.bytes_behind(tx, rounds.of(tx, Task.VERIFY).position)
        done = 0
        try:
            while (segment := self._next(behind / total if total else 1.0)) is not None:
                self._check(segment, pace)
                behind += segment.size
                done += 1
        except _Stopping:
            with transaction(self._house.engine) as tx:
                rounds.release(tx, Task.VERIFY, self._node)
        return done

    def copy(self) -> int:
        """Copy stored segments that have no second copy yet; answers how many.

        Raises:
            StoreAway, StoreRefuses: of a store.

        """
        house = self._house
        if house.copy_store is None:
            return 0
        copied = second_copy.copy_segments(
            house.engine,
            house.folders.spool,
            house.object_store,
            house.copy_store,
            self._node,
            house.clock(),
            self._uncopied,
        )
        for segment_id in copied.damaged:
            logger().error("a segment cannot be copied: what is stored is damaged", segment_id=segment_id)
        self._uncopied.update(copied.damaged)
        return copied.segments + second_copy.forget_gone(house.engine, house.copy_store)

    def copy_decisions(self) -> int:
        """Copy the decisions of the last two days; once a day and at the start, all that the second store lacks.

        Raises:
            StoreAway, StoreRefuses: of a store.

        """
        house, now = self._house, self._house.clock()
        if house.copy_store is None:
            return 0
        all_ = self._copied_all_at is None or self._copied_all_at + _DAY <= now
        days = None if all_ else (now - _DAY, now)
        copied = second_copy.copy_journal(house.folders.spool, house.object_store, house.copy_store, days)
        if all_:
            self._copied_all_at = now
            self._uncopied.clear()  # a repair may have made them whole
        return copied

    def sweep(self) -> int:
        """Remove once a week what nobody needs, and log what a person has to look at.

        Raises:
            StoreAway, StoreRefuses: of a store: it is done again later.

        """
        house, now = self._house, self._house.clock()
        mark = house.folders.run / "swept"
        sweeper = Sweeper(
            house.engine,
            spool_dir=house.folders.spool,
            node=self._node,
            store=house.object_store,
            copy=house.copy_store,
            now=now,
        )
        found: Counter[Kind] = Counter()
        if not mark.exists() or datetime.fromtimestamp(mark.stat().st_mtime, UTC) + _WEEK <= now:
            found += self._swept(sweeper.in_spool())
            mark.touch()
            os.utime(mark, (now.timestamp(), now.timestamp()))
        with transaction(house.engine) as tx:
            last = rounds.of(tx, Task.SWEEP).finished_at
            due_now = last is None or last + _WEEK <= now
            ours = due_now and rounds.claim(tx, Task.SWEEP, self._node, now, _LEASE) is not None
        if ours:
            found += self._swept(sweeper.in_stores())
            with transaction(house.engine) as tx:
                rounds.finish(tx, Task.SWEEP, self._node, house.clock())
        for kind, number in sorted(found.items()):
            if kind not in SAFE:
                logger().warning("look at it with `tierread sweep`", kind=kind, number=number)
        return sum(found[kind] for kind in SAFE)

    def _swept(self, litter: Iterable[Litter]) -> Counter[Kind]:
        found: Counter[Kind] = Counter()
        for one in dispose(litter, only=SAFE):
            found[one.kind] += 1
            SWEPT.labels(one.kind, str(one.kind in SAFE).lower()).inc()
        return found

    def _next(self, behind: float) -> Segment | None:
        """The segment that is to be read now; None by day, when tonight's part is read, or while another node reads."""
        house, now = self._house, self._house.clock()
        days = house.settings.verify_days
        if not days or self._stop.is_set() or not self._is_night(now):
            return None
        with snapshot(house.engine) as tx:
            so_far = rounds.of(tx, Task.VERIFY)
        if not due(so_far, behind, days, now):
            return None
        with transaction(house.engine) as tx:
            claimed = rounds.claim(tx, Task.VERIFY, self._node, now, _LEASE)
        if claimed is None:
            return None
        with snapshot(house.engine) as tx:
            following = segment_queries.after(tx, claimed.position, 1)
        if not following:
            self._finish(claimed, now)
            return None
        return following[0]

    def _check(self, segment: Segment, pace: _Pace) -> None:
        house = self._house
        checked = self._checker.check(segment, house.clock(), tell=pace.read, repair=True)
        if house.cache is not None and checked.damages:
            house.cache.drop(segment_key(segment.id))  # the other nodes do so when they trim theirs
        self._tell(checked)
        with transaction(house.engine) as tx:
            rounds.advance(tx, Task.VERIFY, self._node, segment.id, house.clock())

    def _tell(self, checked: CheckOutcome) -> None:
        VERIFIED.inc(checked.instances)
        for one in checked.damages:
            DAMAGES.labels(one.finding, str(one.repaired).lower()).inc()
            with snapshot(self._house.engine) as tx:
                named = verify.name_damage(tx, one)
            logger().error(
                "damage",
                segment_id=named.segment_id,
                offset=named.offset,
                finding=named.finding,
                instances=named.instances,
                repaired=named.repaired,
                cases=named.cases,
            )

    def _finish(self, ended: Round, now: datetime) -> None:
        """Check what is in no segment: lost segments, the chains of the audit, the signatures of reports."""
        with snapshot(self._house.engine) as tx:
            lost = segment_queries.lost_in(tx, verify.MOST_NAMED)
        for segment_id in lost:
            self._tell(self._checker.check(verify.lost(segment_id), now, tell=lambda _: None, repair=True))
        self._check_audit()
        for page in check_reports(self._house.engine, self._house.seal.public_key):
            for broken in page.broken:
                with transaction(self._house.engine) as tx:
                    ctx = Context(tx, self._house.audit, now, SYSTEM)
                    report_seals.raise_alarm(ctx, broken.version_id, frozenset(broken.flaws))
        with transaction(self._house.engine) as tx:
            rounds.finish(tx, Task.VERIFY, self._node, now)
        days = 0.0 if ended.started_at is None else (now - ended.started_at) / _DAY
        late = days > self._house.settings.verify_days + 1
        tell = logger().warning if late else logger().info
        tell("everything that is stored was read again", days=round(days, 1), late=late)

    def _check_audit(self) -> None:
        found = check_audit(places_of(self._house), self._house.seal.public_key)
        for one in found.breaks:
            DAMAGES.labels("audit", "false").inc()
            logger().error("an audit chain breaks", writer=one.writer, number=one.number, flaw=one.flaw)
        for anchor in found.broken_anchors:
            DAMAGES.labels("anchor", "false").inc()
            logger().error("an anchor of the audit does not hold", number=anchor.number, flaw=anchor.flaw)
        for signature_id in found.lost_signatures:
            DAMAGES.labels("signature", "false").inc()
            logger().error("a signature that was anchored is gone or changed", signature_id=signature_id)

    def _is_night(self, now: datetime) -> bool:
        with snapshot(self._house.engine) as tx:
            region = organisations.by_code(tx, REGION)
        hour = now.astimezone(ZoneInfo(region.time_zone)).hour if region is not None else now.hour
        return hour >= NIGHT[0] or hour < NIGHT[1]


def due(so_far: Round, behind: float, days: float, now: datetime) -> bool:
    """Whether something is to be read tonight; ``behind`` is the part of all that the round has read.

    A night's part is what brings a round to its end in so many days; the next one begins when they are over.
    """
    if so_far.started_at is None:
        return True
    age_days = (now - so_far.started_at) / _DAY
    if so_far.position == "":
        return age_days >= days - _HALF
    return behind >= 1 or behind < (int(age_days + _HALF) + 1) / days


class _Pace:
    """Reads no faster than so many bytes a second."""

    def __init__(self, bytes_per_second: float, stop: threading.Event) -> None:
        self._rate = bytes_per_second
        self._stop = stop
        self._free_at = time.monotonic()

    def read(self, size: int) -> None:
        """Wait until as much may be read again.

        Raises:
            _Stopping: the worker is to end.

        """
        VERIFIED_BYTES.inc(size)
        now = time.monotonic()
        self._free_at = max(self._free_at, now) + size / self._rate
        if self._stop.wait(self._free_at - now):
            raise _Stopping
