"""The indicators: each a share, a time or a count of the same facts, with what it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reading.numbers.bins import percentile
from reading.numbers.sums import Sums
from reading.review.agreement import Share, kappa_of, share

FEW: Final = 10
"""A share of fewer than so many is marked as one of few, and never goes without its interval."""


class Shape(StrEnum):
    COUNT = "count"
    SHARE = "share"
    TIME = "time"
    """p50 and p90, with the share inside the rule."""
    KAPPA = "kappa"
    MEAN = "mean"
    """A mean weight."""


class Better(StrEnum):
    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


@dataclass(frozen=True, kw_only=True)
class Indicator:
    name: str
    shape: Shape
    better: Better
    part: str = ""
    """The measure that is counted: of a share its numerator, of a time what is inside the rule."""
    whole: str = ""
    time: str = ""
    """The measure of a time, in `measures.TIMES`."""
    of_people: bool = False
    """Whether it says something of the work of one person."""

    @property
    def counts(self) -> frozenset[str]:
        if self.shape is Shape.KAPPA:
            return frozenset(_TABLE)
        return frozenset({self.part, self.whole} - {""})


@dataclass(frozen=True, kw_only=True)
class Figure:
    """What an indicator comes to; what cannot be said is None."""

    count: int
    """The numerator, or what was counted."""
    of: int
    """The denominator; of a count the same."""
    share: Share | None = None
    p50: float | None = None
    """Minutes, like ``p90``."""
    p90: float | None = None
    number: float | None = None
    """A kappa or a mean weight."""

    @property
    def few(self) -> bool:
        return self.of < FEW


_TABLE: Final = {
    "both_positive": (True, True),
    "first_positive": (True, False),
    "second_positive": (False, True),
    "both_negative": (False, False),
}
"""What the first and the second reader said, by the measure that counts it."""


def _count(name: str, *, of_people: bool = False) -> Indicator:
    return Indicator(name=name, shape=Shape.COUNT, better=Better.NEITHER, part=name, of_people=of_people)


def _share(name: str, part: str, whole: str, better: Better, *, of_people: bool = False) -> Indicator:
    return Indicator(name=name, shape=Shape.SHARE, better=better, part=part, whole=whole, of_people=of_people)


def _time(name: str, part: str, whole: str, time: str, *, of_people: bool = False) -> Indicator:
    return Indicator(
        name=name, shape=Shape.TIME, better=Better.MORE, part=part, whole=whole, time=time, of_people=of_people
    )


GROUPS: Final[Mapping[str, tuple[Indicator, ...]]] = {
    "volume": (
        _count("received"),
        _count("released", of_people=True),
        _count("reads", of_people=True),
        _count("verified", of_people=True),
        _count("reviewed", of_people=True),
        _share("urgent", "urgent", "received", Better.NEITHER),
    ),
    "turnaround": (
        _time("examined", "examined_in_time", "examined_timed", "examined"),
        _time("receipt", "in_time", "released", "released", of_people=True),
        _share("late", "late", "released", Better.LESS, of_people=True),
        _time("read", "reads_in_time", "reads_timed", "read", of_people=True),
        _time("verify", "verified_in_time", "verified_timed", "verify", of_people=True),
        _time("review", "reviewed_in_time", "reviewed_timed", "review", of_people=True),
        _share("rush", "rush_two_hours", "rush", Better.MORE),
    ),
    "results": (
        _share("positive", "positive", "judged", Better.NEITHER, of_people=True),
        _share("complete", "complete", "released", Better.MORE, of_people=True),
        _share("revised", "revised", "released", Better.LESS, of_people=True),
        _share("returned", "returned", "received", Better.LESS),
    ),
    "critical": (
        _share("told_ten", "alerts_ten", "alerts", Better.MORE),
        _time("told", "alerts_in_time", "alerts", "told"),
        _share("disposed", "alerts_disposed", "alerts", Better.MORE),
    ),
    "agreement": (
        _share("discrepant", "discrepant", "scored", Better.LESS, of_people=True),
        _share("serious", "serious", "scored", Better.LESS, of_people=True),
        Indicator(name="kappa", shape=Shape.KAPPA, better=Better.MORE, of_people=True),
    ),
    "load": (
        _share("chosen", "chosen", "taken", Better.NEITHER, of_people=True),
        Indicator(
            name="weight", shape=Shape.MEAN, better=Better.NEITHER, part="weight", whole="weighed", of_people=True
        ),
        Indicator(
            name="chosen_weight",
            shape=Shape.MEAN,
            better=Better.NEITHER,
            part="chosen_weight",
            whole="chosen_weighed",
            of_people=True,
        ),
        _count("skipped", of_people=True),
    ),
}
"""The indicators in the groups in which they are shown."""
INDICATORS: Final[Mapping[str, Indicator]] = {one.name: one for each in GROUPS.values() for one in each}


def figure(one: Indicator, sums: Sums) -> Figure:
    """What an indicator comes to."""
    count, of = sums[one.part], sums[one.whole] if one.whole else sums[one.part]
    match one.shape:
        case Shape.COUNT:
            return Figure(count=count, of=of)
        case Shape.SHARE:
            # A case may be returned more often than once, so that a share of those received may be over 100 %.
            return Figure(count=count, of=of, share=share(count, of) if count <= of else None)
        case Shape.TIME:
            bins = sums.time(one.time)
            return Figure(
                count=count,
                of=of or sum(bins),
                share=share(count, of),
                p50=percentile(bins, 0.5),
                p90=percentile(bins, 0.9),
            )
        case Shape.MEAN:
            return Figure(count=count, of=of, number=count / of / 100 if of else None)
        case Shape.KAPPA:
            said = {pair: sums[name] for name, pair in _TABLE.items()}
            alike = sum(count for (first, second), count in said.items() if first == second)
            return Figure(count=alike, of=sum(said.values()), number=kappa_of(said))
