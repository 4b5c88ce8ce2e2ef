"""Result of an access check: the study with its corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pacs.errors import NotFound
from pacs.leaving.corrections import Correction
from storage.index.queries import Scope, Study


class NotVisible(NotFound):
    """The study does not exist, or this viewer may not see it; callers cannot tell which."""


@dataclass(frozen=True, kw_only=True)
class VisibleStudy:
    """A study that the viewer may see, with a person's corrections (revision 0: none)."""

    study: Study
    scope: Scope = field(repr=False)
    """What the viewer sees: the study's instances are found through it."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    revision: int = 0
    reason: str = ""
    made_at: datetime | None = None

    @property
    def correction(self) -> Correction | None:
        """The correction to apply whenever the study is sent; None where there is none."""
        if self.revision == 0 or not self.attributes or self.made_at is None:
            return None
        return Correction(attributes=self.attributes, revision=self.revision, reason=self.reason, made_at=self.made_at)
