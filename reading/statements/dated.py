"""Rows that hold from a day to a day, both included; one that ends before it begins never holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, kw_only=True)
class Dated:
    """``last_day``: None where no end is known."""

    first_day: date
    last_day: date | None = None

    def holds_on(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    @property
    def ever_holds(self) -> bool:
        return self.last_day is None or self.first_day <= self.last_day

    def meets(self, other: Dated) -> bool:
        """Whether both hold on one day."""
        begins_within = self.holds_on(other.first_day) or other.holds_on(self.first_day)
        return self.ever_holds and other.ever_holds and begins_within
