"""A study that somebody may see, and what a person corrected in it: what every door answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pacs.errors import NotFound
from pacs.leaving.corrections import Correction
from storage.index.queries import Study


class NotVisible(NotFound):
    """Not there, or not this viewer's: callers cannot tell which."""


@dataclass(frozen=True, kw_only=True)
class VisibleStudy:
    """A study that the viewer may see, with what a person corrected in it (none: revision 0)."""

    study: Study
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    revision: int = 0
    reason: str = ""
    made_at: datetime | None = None

    @property
    def correction(self) -> Correction | None:
        """The attribution to apply to every egress; None leaves the bytes as they came."""
        if self.revision == 0 or not self.attributes or self.made_at is None:
            return None
        return Correction(attributes=self.attributes, revision=self.revision, reason=self.reason, made_at=self.made_at)
