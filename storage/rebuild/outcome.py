"""What rebuilding an index did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class RebuildOutcome:
    """What came of it. In a check: what would."""

    segments: int = 0
    """Segments that were read."""
    entries: int = 0
    """Instances that they tell."""
    instances: int = 0
    """Rows that were missing."""
    holdings: int = 0
    held: int = 0
    """Rows of the quarantine."""
    decisions: int = 0
    """Decisions that were made again."""
    incomplete: list[str] = field(default_factory=list[str])
    """Ids of decisions about something that is not here."""
    mended: list[str] = field(default_factory=list[str])
    """Ids of segments without their end: their members were asked one by one."""
    unreadable: list[str] = field(default_factory=list[str])
    """Ids of segments that tell nothing."""
    differing: int = 0
    """Rows that say something else than the segments; they are left as they are."""

    @property
    def whole(self) -> bool:
        return not (self.incomplete or self.mended or self.unreadable or self.differing)
