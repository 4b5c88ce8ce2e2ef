"""One look at a segment in one of its places, and the damages that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from storage.objects.store import NoSuchObject
from storage.segments.inspection import Finding, IndexedInstance, Inspection, Source, Tell, inspect
from storage.upkeep.segment_queries import Segment


@dataclass(frozen=True, kw_only=True)
class Damage:
    """A damage, named by its place and never by its patient."""

    segment_id: str
    offset: int
    finding: Finding
    instances: int
    """How many indexed instances it concerns."""
    repaired: bool = False
    study_uids: frozenset[str] = field(default=frozenset[str](), repr=False)


@dataclass(kw_only=True)
class Found:
    damages: list[Damage]
    bad: frozenset[int]
    """Offsets of instances whose bytes are damaged in the place that readers use."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """One segment, and the instances that are checked in it."""

    segment: Segment
    rows: Sequence[IndexedInstance]
    tell: Tell
    whole: bool
    now: datetime

    @property
    def offsets(self) -> frozenset[int]:
        return frozenset(one.offset for one in self.rows)

    def at(self, source: Source) -> Inspection:
        return inspect(source, self.segment.id, self.rows, self.tell, whole=self.whole)

    def whole_in(self, source: Source) -> Inspection:
        return inspect(source, self.segment.id, self.rows, self.tell, whole=True)

    def of_all(self, finding: Finding, *, repaired: bool = False) -> Damage:
        """One damage that concerns every instance."""
        return Damage(
            segment_id=self.segment.id,
            offset=min(self.offsets, default=0),
            finding=finding,
            instances=len(self.rows),
            repaired=repaired,
            study_uids=frozenset(one.study_uid for one in self.rows),
        )

    def damages_or_missing(self, seen: Inspection | None) -> list[Damage]:
        """As `damages`, or one damage of all where the segment is not there."""
        return [self.of_all(Finding.MISSING)] if seen is None else self.damages(seen)

    def damages(self, seen: Inspection) -> list[Damage]:
        studies = {one.offset: one.study_uid for one in self.rows}
        kinds = {Finding.CHANGED: seen.changed, Finding.ASTRAY: seen.astray - seen.changed, Finding.LABEL: seen.labels}
        return [
            Damage(
                segment_id=self.segment.id,
                offset=offset,
                finding=finding,
                instances=int(offset in studies),
                study_uids=frozenset({studies[offset]} if offset in studies else ()),
            )
            for finding, offsets in kinds.items()
            for offset in sorted(offsets)
        ]


def inspect_there(look: Look, source: Callable[[], Source], *, whole: bool = False) -> Inspection | None:
    try:
        return look.whole_in(source()) if whole else look.at(source())
    except (NoSuchObject, FileNotFoundError):
        return None
