"""What is stored read again: digests of images, chains of the audit, signatures of reports."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Connection, Engine

from reading.access.report_seals import BrokenReport, check_reports
from reading.anchors.check import AuditCheck, check_audit
from reading.anchors.places import Places
from reading.cases import cases
from reading.reports import versions
from storage.database import snapshot
from storage.index import queries
from storage.objects.store import StoreAway
from storage.segment_moves import SegmentState
from storage.segments.inspection import Finding, IndexedInstance
from storage.upkeep import segment_queries
from storage.upkeep.repair import Checker, CheckOutcome
from storage.upkeep.segment_check import Damage
from storage.upkeep.segment_queries import Segment

PAGE: Final = 200
MOST_NAMED: Final = 5000
"""Damages that are named one by one; further ones are only counted."""
_MOST_STUDIES: Final = 20
_AWAY_MAX: Final = 3
"""Segments in a row after which a store that does not answer is not asked any more."""
_MARGIN: Final = timedelta(days=1)
"""A segment is sealed some time after its last instance came; recovery notes when it was opened."""


@dataclass(frozen=True, kw_only=True)
class NamedDamage:
    """A damage with the cases that it concerns."""

    segment_id: str
    offset: int
    finding: Finding
    instances: int
    repaired: bool
    cases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is to be read: everything, unless a field limits it."""

    since: datetime | None = None
    """Only instances that were received then or later."""
    instances: int | None = None
    """Number of instances, drawn at random."""
    percent: float | None = None
    """Percentage of the instances, drawn at random."""

    @property
    def whole(self) -> bool:
        return self.since is None and self.instances is None and self.percent is None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much there is to be read."""

    instances: int
    bytes: int


@dataclass(kw_only=True)
class Verification:
    instances: int = 0
    bytes_read: int = 0
    damages: list[NamedDamage] = field(default_factory=list[NamedDamage])
    unnamed: int = 0
    """Further damages."""
    audit: AuditCheck = field(default_factory=AuditCheck)
    """The chains of the audit, and the anchors that were kept outside the database."""
    reports: int = 0
    """Versions of reports that were compared with their signatures."""
    broken_reports: list[BrokenReport] = field(default_factory=list[BrokenReport])
    seal_missing: bool = False
    """Whether there is something that the seal signed and its key is not in the folder of the keys."""

    @property
    def sound(self) -> bool:
        return not self.damages and self.audit.sound and not self.broken_reports and not self.seal_missing


def size_of(tx: Connection, scope: Scope) -> Size:
    """How much a scope reads: the whole in bytes of segments, a part in bytes of instances."""
    instances, size = queries.count_since(tx, scope.since)
    if scope.whole:
        _, in_segments = segment_queries.bytes_behind(tx, "")
        return Size(instances=instances, bytes=max(size, in_segments))
    chosen = instances
    if scope.instances is not None:
        chosen = min(instances, scope.instances)
    elif scope.percent is not None:
        chosen = math.ceil(instances * scope.percent / 100)
    return Size(instances=chosen, bytes=size * chosen // instances if instances else 0)


def verify(
    engine: Engine,
    checker: Checker,
    scope: Scope,
    clock: Callable[[], datetime],
    tell: Callable[[int], None],
    *,
    repair: bool,
    seal_key: Ed25519PublicKey | None,
    anchors: Places,
) -> Verification:
    """Read the instances of a scope in their order on disk, and mark the damaged ones; ``tell`` hears of bytes read.

    The audit's chains and the signatures of reports are all checked, whatever the scope.

    Raises:
        StoreAway: several times in a row.
        StoreRefuses: of the store.

    """
    with snapshot(engine) as tx:
        size = size_of(tx, scope)
        all_ = size_of(tx, Scope(since=scope.since)).instances
    found = Verification()

    def count(read: int) -> None:
        found.bytes_read += read
        tell(read)

    draw = None if scope.instances is None and scope.percent is None else _Draw(wanted=size.instances, of=all_)
    away = 0
    for one in _segments(engine, scope.since):
        try:
            checked = checker.check(one, clock(), tell=count, choose=draw, since=scope.since, repair=repair)
        except StoreAway:
            away += 1
            if away == _AWAY_MAX:
                raise
            checked = CheckOutcome(
                instances=0, damages=(Damage(segment_id=one.id, offset=0, finding=Finding.AWAY, instances=0),)
            )
        else:
            away = 0
        found.instances += checked.instances
        add(engine, found, checked.damages)
    found.audit = check_audit(anchors, seal_key)
    found.seal_missing = seal_key is None and _something_is_sealed(engine)
    for page in check_reports(engine, seal_key) if seal_key is not None else ():
        found.reports += page.versions
        found.broken_reports += page.broken
    return found


def _something_is_sealed(engine: Engine) -> bool:
    with snapshot(engine) as tx:
        return bool(versions.rows_after(tx, "", 1))


def add(engine: Engine, found: Verification, damages: Sequence[Damage]) -> None:
    """Add damages with their cases, up to `MOST_NAMED`; further ones are only counted."""
    if not damages:
        return
    room = max(0, MOST_NAMED - len(found.damages))
    with snapshot(engine) as tx:
        found.damages += [name_damage(tx, one) for one in damages[:room]]
    found.unnamed += max(0, len(damages) - room)


def name_damage(tx: Connection, one: Damage) -> NamedDamage:
    found = (cases.of_study(tx, uid) for uid in sorted(one.study_uids)[:_MOST_STUDIES])
    ids = {case.id for case in found if case is not None}
    return NamedDamage(
        segment_id=one.segment_id,
        offset=one.offset,
        finding=one.finding,
        instances=one.instances,
        repaired=one.repaired,
        cases=tuple(sorted(ids)),
    )


class _Draw:
    """Draws ``wanted`` instances of all by chance, in order and without a list of them (Knuth 3.4.2, algorithm S)."""

    def __init__(self, *, wanted: int, of: int) -> None:
        self._wanted = wanted
        self._left = of
        self._random = random.SystemRandom()

    def __call__(self, rows: Sequence[IndexedInstance]) -> Sequence[IndexedInstance]:
        drawn: list[IndexedInstance] = []
        for one in rows:
            if self._random.random() * max(self._left, 1) < self._wanted:
                drawn.append(one)
                self._wanted -= 1
            self._left -= 1
        return drawn


def _segments(engine: Engine, since: datetime | None) -> Iterator[Segment]:
    """Segments in their order on disk, a page at a time: no transaction stays open while bytes are read."""
    last = ""
    while True:
        with snapshot(engine) as tx:
            page = segment_queries.after(tx, last, PAGE, sealed_since=since and since - _MARGIN)
        yield from page
        if len(page) < PAGE:
            break
        last = page[-1].id
    with snapshot(engine) as tx:
        ids = segment_queries.lost_in(tx, MOST_NAMED)
    yield from map(lost, ids)


def lost(segment_id: str) -> Segment:
    """A segment that rows of instances name and that has no row of its own."""
    return Segment(id=segment_id, state=SegmentState.STORED, size=0)
