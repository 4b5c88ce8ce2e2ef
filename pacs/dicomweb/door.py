"""What DICOMweb asks of the rest of the house: who calls, and what they may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from starlette.requests import Request

from pacs.attribute import Correction
from pacs.receive import Sender
from storage.index import Scope, Study


class NotVisible(LookupError):
    """Not there, or not this viewer's: callers cannot tell which."""


@dataclass(frozen=True, kw_only=True)
class Shown:
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


@dataclass(frozen=True, kw_only=True)
class Door:
    """The one door, handed in by `service/wiring`.

    ``identify`` answers the viewer, or None for a caller that nobody knows (401).
    ``open_study`` takes viewer, Study Instance UID and action, leaves an audit event, and raises
    `NotVisible`. ``sender_of`` names the machine that may store; None for everybody else (403).
    """

    identify: Callable[[Request], object | None]
    scope: Callable[[object], Scope]
    open_study: Callable[[object, str, str], Shown]
    sender_of: Callable[[object], Sender | None]
