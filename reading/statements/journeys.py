"""Journeys that patients were spared: by a formula whose parameters are dated rows; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from reading.statements.dated import Dated
from reading.statements.money import half_up


@dataclass(frozen=True, kw_only=True)
class Terms(Dated):
    """What a journey to the reading hospital would have cost, on the days from the first to the last (included)."""

    id: str = ""
    site_id: str | None = None
    """None: every site that has none of its own."""
    km: int
    """One way."""
    fare_fen: int
    """For a kilometre and a person."""
    wage_fen: int
    """Of a day, for a person."""
    people: int
    """Who travels, in hundredths: 150 is every second patient with somebody beside them."""

    def overlaps(self, other: Terms) -> bool:
        """Whether two rows of one site hold on one day."""
        return self.site_id == other.site_id and self.meets(other)


def terms_of(every: Iterable[Terms], site_id: str, day: date) -> Terms | None:
    """The row of a site on a day, else the general one; None where there is neither."""
    holding = [one for one in every if one.site_id in {None, site_id} and one.holds_on(day)]
    return max(holding, key=lambda one: one.site_id is not None, default=None)


def kilometres(journeys: int, terms: Terms) -> int:
    """There and back, of the patients alone."""
    return journeys * 2 * terms.km


def spared_fen(journeys: int, terms: Terms) -> int:
    """``journeys x people x (2 x km x fare + wage)`` in fen, rounded once."""
    return half_up(journeys * terms.people * (2 * terms.km * terms.fare_fen + terms.wage_fen), 100)
