"""Series that the desk could not show to somebody who signed: what failed, of how many pictures, and their reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    """Why a picture was not on the screen: what went wrong when the desk tried to show it, or that nobody tried."""

    UNSUPPORTED = "unsupported"
    """Nothing here draws such pixels: video, an unknown transfer syntax, colours or a sample type without a rule."""
    DAMAGED = "damaged"
    """The pixels contradict what the header or the codestream says of them, or end too early."""
    LOAD_FAILED = "load_failed"
    """The server or the line did not deliver them."""
    NOT_DRAWN = "not_drawn"
    """They came whole, and the screen drew nothing."""
    NOT_NEEDED = "not_needed"
    """Whoever signed did not need them, and the rule of the case leaves that to them."""


@dataclass(frozen=True, kw_only=True)
class FailedSeries:
    """How showing a series failed."""

    fault: Fault
    """The first one, where its pictures failed in several ways."""
    pictures: int | None = None
    """How many of its pictures; None for the whole series."""


@dataclass(frozen=True, kw_only=True)
class NotShown:
    """The series that were never on the screen of somebody who signed, and why they signed all the same."""

    series: Mapping[str, FailedSeries] = field(default_factory=dict[str, FailedSeries])
    """By Series Instance UID; empty where everything was shown."""
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        series = {uid: {"fault": one.fault, "pictures": one.pictures} for uid, one in sorted(self.series.items())}
        return {"series": series, "reason": self.reason}

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> NotShown:
        """What `to_json` wrote; nothing of the kind was kept while everything was shown."""
        if value is None:
            return EVERYTHING_SHOWN
        series = {
            uid: FailedSeries(fault=Fault(one["fault"]), pictures=one["pictures"])
            for uid, one in value["series"].items()
        }
        return cls(series=series, reason=value["reason"])


EVERYTHING_SHOWN = NotShown()
