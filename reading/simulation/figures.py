"""What a run shows as numbers, and what many runs show: means, each with the interval in which it lies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt
from statistics import fmean, stdev
from typing import Final

from reading.cases.moves import State
from reading.simulation.model import Played
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Region
from reading.simulation.scenario import Scenario

_MINUTE: Final = timedelta(minutes=1)
_T975: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""Student's t of a two-sided interval of 95 %, for 1 to 30 degrees of freedom."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean over runs, and the interval of 95 % in which it lies (Student's t across runs)."""

    mean: float
    low: float
    high: float
    runs: int
    """How many runs had the number at all."""


def interval(values: Sequence[float]) -> Interval | None:
    """None of nothing; of one run alone the interval is the number."""
    if not values:
        return None
    mean = fmean(values)
    if len(values) == 1:
        return Interval(mean=mean, low=mean, high=mean, runs=1)
    degrees = len(values) - 1
    # Beyond 30 degrees the first term of Cornish and Fisher (1938); it is right to 0.002.
    student = _T975[degrees - 1] if degrees <= len(_T975) else 1.959964 + 2.3723 / degrees
    reach = student * stdev(values) / sqrt(len(values))
    return Interval(mean=mean, low=mean - reach, high=mean + reach, runs=len(values))


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What became of the cases of one sort in a run; minutes."""

    arrived: int
    released: int
    decided: int
    """Released, or late without being so."""
    inside: int
    """Released when they were due, or before."""
    indicator: int
    """Released inside the minutes of the quality indicator, of those decided."""
    p50: float | None
    """From receipt to release."""
    p90: float | None
    p95: float | None
    rerouted: int


@dataclass(frozen=True, kw_only=True)
class Queue:
    """How long cases waited for a step at an organisation's kind; minutes."""

    step: str
    place: str
    taken: int
    mean: float
    p50: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Busy:
    """How much of the time of their slots people of a kind worked."""

    staff: str
    place: str
    people: int
    hours: float
    """Of their slots."""
    worked: float
    """Hours."""
    beyond: float
    """Hours that they worked on after a slot to end what they had begun."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The numbers of one run."""

    all: Flow
    open_at_end: int
    """Cases that wait for somebody or are held at the end, the reviews after release among them."""
    by_priority: dict[str, Flow]
    by_kind: dict[str, Flow]
    by_county: dict[str, Flow]
    by_rule: dict[str, Flow]
    queues: list[Queue]
    busy: list[Busy]
    waiting_by_hour: list[int]


def figures_of(scenario: Scenario, region: Region, played: Played) -> Figures:
    """The numbers of a run; cases that came in its warm-up are left out."""
    begins = region.starts + timedelta(hours=scenario.warm_up_hours)
    cases = [one for one in played.cases if one.arrival.received_at >= begins]
    ends = region.ends
    county = {site: county_of(region, site) for site in region.sites}

    def by(sort: Callable[[PlayedCase], str]) -> dict[str, Flow]:
        found: defaultdict[str, list[PlayedCase]] = defaultdict(list)
        for one in cases:
            found[sort(one)].append(one)
        return {name: _flow(found[name], ends) for name in sorted(found)}

    kinds = scenario.kinds
    return Figures(
        all=_flow(cases, ends),
        open_at_end=sum(one.state is not State.FINAL for one in cases),
        by_priority=by(lambda one: one.facts.priority.value),
        by_kind=by(lambda one: f"{kinds[one.arrival.kind].modality} {kinds[one.arrival.kind].body_part}".strip()),
        by_county=by(lambda one: county[one.site_id]),
        by_rule=by(lambda one: one.rule.name),
        queues=list(_queues(region, cases)),
        busy=list(_busy(scenario, region, played.cases)),
        waiting_by_hour=played.waiting_by_hour,
    )


def county_of(region: Region, site: str) -> str:
    """The kind of the county that reads for a site."""
    return next(
        region.places[place].kind
        for (each, tier), group in region.readers.items()
        if each == site and tier == "county"
        for place in group
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that so large a share does not exceed; of sorted values."""
    return values[max(0, ceil(share * len(values)) - 1)] if values else None


def _flow(cases: Sequence[PlayedCase], ends: datetime) -> Flow:
    decided = [one for one in cases if one.released_at is not None or one.due_at < ends]
    took = sorted((one.released_at - one.arrival.received_at) / _MINUTE for one in cases if one.released_at is not None)
    return Flow(
        arrived=len(cases),
        released=len(took),
        decided=len(decided),
        inside=sum(one.released_at is not None and one.released_at <= one.due_at for one in decided),
        indicator=sum(one.released_at is not None and one.released_at <= one.indicator_at for one in decided),
        p50=percentile(took, 0.5),
        p90=percentile(took, 0.9),
        p95=percentile(took, 0.95),
        rerouted=sum(one.rerouted for one in cases),
    )


def _queues(region: Region, cases: Iterable[PlayedCase]) -> Iterator[Queue]:
    waits: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for case in cases:
        for one in case.done:
            waits[one.step.value, region.places[one.place].kind].append((one.taken_at - one.waited_since) / _MINUTE)
    for (step, place), found in sorted(waits.items()):
        found.sort()
        yield Queue(
            step=step,
            place=place,
            taken=len(found),
            mean=fmean(found),
            p50=percentile(found, 0.5) or 0.0,
            p95=percentile(found, 0.95) or 0.0,
        )


def _busy(scenario: Scenario, region: Region, cases: Iterable[PlayedCase]) -> Iterator[Busy]:
    hour = timedelta(hours=1)
    worked: defaultdict[int, timedelta] = defaultdict(timedelta)
    beyond: defaultdict[int, timedelta] = defaultdict(timedelta)
    workers = {one.id: one for one in region.workers}
    for case in cases:
        for one in case.done:
            worker = workers[one.worker]
            worked[worker.staff] += one.done_at - one.taken_at
            slot_end = max(ends for begins, ends in worker.slots if begins <= one.taken_at)
            beyond[worker.staff] += max(timedelta(), one.done_at - max(slot_end, one.taken_at))
    for number, staff in enumerate(scenario.staff):
        people = [one for one in region.workers if one.staff == number]
        there = sum(
            (
                max(timedelta(), min(ends, region.ends) - max(begins, region.starts))
                for one in people
                for begins, ends in one.slots
            ),
            timedelta(),
        )
        yield Busy(
            staff=staff.name,
            place=staff.organisation,
            people=len(people),
            hours=there / hour,
            worked=worked[number] / hour,
            beyond=beyond[number] / hour,
        )
