"""What rebuilding an index did, or would do."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class RebuildOutcome:
    """The outcome of a rebuild; in a check, what a rebuild would do."""

    segments: int = 0
    """Segments that were read."""
    entries: int = 0
    """Instances in them."""
    instances: int = 0
    """Rows that were missing."""
    holdings: int = 0
    held: int = 0
    """Rows of the quarantine."""
    decisions: int = 0
    """Decisions that were made again."""
    incomplete: list[str] = field(default_factory=list[str])
    """Ids of decisions about instances that are not here."""
    mended: list[str] = field(default_factory=list[str])
    """Ids of segments without a readable end: the headers of their members were read one by one."""
    unreadable: list[str] = field(default_factory=list[str])
    """Ids of segments of which nothing can be read."""
    differing: int = 0
    """Rows that differ from the segments; they are left as they are."""

    @property
    def whole(self) -> bool:
        return not (self.incomplete or self.mended or self.unreadable or self.differing)
