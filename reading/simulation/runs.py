"""Runs of a scenario: the same days played again and again under one policy or two, and what they show together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from reading.simulation.arrivals import arrivals_of
from reading.simulation.figures import Busy, Figures, Flow, Interval, Queue, figures_of, interval
from reading.simulation.model import Premises, play
from reading.simulation.region import region_of
from reading.simulation.scenario import Scenario


@dataclass(frozen=True, kw_only=True)
class FlowOver:
    """What became of the cases of one sort, over all runs."""

    name: str
    arrived: Interval
    released: Interval
    inside: Interval | None
    """Share of those decided that were released when due or before, from 0 to 1."""
    indicator: Interval | None
    p50: Interval | None
    """Minutes from receipt to release."""
    p90: Interval | None
    p95: Interval | None
    rerouted: Interval


@dataclass(frozen=True, kw_only=True)
class QueueOver:
    step: str
    place: str
    taken: Interval
    mean: Interval
    """Minutes."""
    p50: Interval
    p95: Interval


@dataclass(frozen=True, kw_only=True)
class BusyOver:
    staff: str
    place: str
    people: int
    share: Interval | None
    """Of the time of their slots in which they worked, more than 1 where they went on after it; None without a slot."""
    beyond: Interval
    """Hours worked on after the end of slots, all of them together."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the runs of a scenario under one policy show."""

    policy: str
    runs: int
    all: FlowOver
    open_at_end: Interval
    by_priority: list[FlowOver]
    by_kind: list[FlowOver]
    by_county: list[FlowOver]
    by_rule: list[FlowOver]
    queues: list[QueueOver]
    busy: list[BusyOver]
    waiting_by_hour: list[tuple[float, int, int]]
    """At the beginning of each hour: mean over the runs, least and most."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """How much a number differs under the other policy: the second less the first, run by run on the same arrivals."""

    name: str
    difference: Interval | None


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What a scenario shows: under one policy, or under two."""

    scenario: Scenario
    outcomes: list[Outcome]
    changes: list[Change]


def simulate(scenario: Scenario, premises: Sequence[tuple[str, Premises]]) -> Simulated:
    """Play a scenario under each policy; the first is the one that others are compared with."""
    region = region_of(scenario)
    found: list[list[Figures]] = [[] for _ in premises]
    for run in range(scenario.runs):
        arrivals = arrivals_of(scenario, region, run)
        for number, (_, one) in enumerate(premises):
            found[number].append(figures_of(scenario, region, play(scenario, region, one, arrivals, run)))
    return Simulated(
        scenario=scenario,
        outcomes=[outcome(name, figures) for (name, _), figures in zip(premises, found, strict=True)],
        changes=list(_changes(found[0], found[1])) if len(found) > 1 else [],
    )


def outcome(policy: str, found: Sequence[Figures]) -> Outcome:
    return Outcome(
        policy=policy,
        runs=len(found),
        all=_flow("", [one.all for one in found]),
        open_at_end=_over([float(one.open_at_end) for one in found]),
        by_priority=_flows(found, lambda one: one.by_priority),
        by_kind=_flows(found, lambda one: one.by_kind),
        by_county=_flows(found, lambda one: one.by_county),
        by_rule=_flows(found, lambda one: one.by_rule),
        queues=list(_queues(found)),
        busy=[_busy([one.busy[number] for one in found]) for number in range(len(found[0].busy))],
        waiting_by_hour=[
            (fmean(each), min(each), max(each)) for each in zip(*(one.waiting_by_hour for one in found), strict=True)
        ],
    )


def _changes(before: Sequence[Figures], after: Sequence[Figures]) -> Iterator[Change]:
    measured: dict[str, Callable[[Figures], float | None]] = {
        "inside": lambda one: _share(one.all.inside, one.all),
        "indicator": lambda one: _share(one.all.indicator, one.all),
        "p50": lambda one: one.all.p50,
        "p95": lambda one: one.all.p95,
        "rerouted": lambda one: float(one.all.rerouted),
        "open_at_end": lambda one: float(one.open_at_end),
        "hours": lambda one: sum(each.worked for each in one.busy),
    }
    for name, value in measured.items():
        pairs = [(value(old), value(new)) for old, new in zip(before, after, strict=True)]
        yield Change(
            name=name, difference=interval([new - old for old, new in pairs if old is not None and new is not None])
        )


def _flows(found: Sequence[Figures], part: Callable[[Figures], dict[str, Flow]]) -> list[FlowOver]:
    names = sorted({name for one in found for name in part(one)})
    return [_flow(name, [part(one)[name] for one in found if name in part(one)]) for name in names]


def _flow(name: str, found: Sequence[Flow]) -> FlowOver:
    return FlowOver(
        name=name,
        arrived=_over([float(one.arrived) for one in found]),
        released=_over([float(one.released) for one in found]),
        inside=_share_over([_share(one.inside, one) for one in found]),
        indicator=_share_over([_share(one.indicator, one) for one in found]),
        p50=interval([one.p50 for one in found if one.p50 is not None]),
        p90=interval([one.p90 for one in found if one.p90 is not None]),
        p95=interval([one.p95 for one in found if one.p95 is not None]),
        rerouted=_over([float(one.rerouted) for one in found]),
    )


def _queues(found: Sequence[Figures]) -> Iterator[QueueOver]:
    by_key: dict[tuple[str, str], list[Queue]] = {}
    for one in found:
        for queue in one.queues:
            by_key.setdefault((queue.step, queue.place), []).append(queue)
    for (step, place), queues in sorted(by_key.items()):
        yield QueueOver(
            step=step,
            place=place,
            taken=_over([float(one.taken) for one in queues]),
            mean=_over([one.mean for one in queues]),
            p50=_over([one.p50 for one in queues]),
            p95=_over([one.p95 for one in queues]),
        )


def _busy(found: Sequence[Busy]) -> BusyOver:
    first = found[0]
    return BusyOver(
        staff=first.staff,
        place=first.place,
        people=first.people,
        share=_share_over([one.worked / one.hours for one in found if one.hours > 0]),
        beyond=_over([one.beyond for one in found]),
    )


def _share(count: int, flow: Flow) -> float | None:
    return count / flow.decided if flow.decided else None


def _share_over(values: Sequence[float | None]) -> Interval | None:
    """The interval of a share, which ends at 0 and at 1; work after a slot may exceed it."""
    found = interval([one for one in values if one is not None])
    return (
        None if found is None else replace(found, low=max(0.0, found.low), high=min(max(1.0, found.mean), found.high))
    )


def _over(values: Sequence[float]) -> Interval:
    found = interval(values)
    assert found is not None  # noqa: S101 -- there is a run
    return found
