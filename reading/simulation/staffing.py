"""Staffing: the fewest people of each kind with whom so large a share of each priority is released when due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from reading.cases.moves import STEP_OF, Step
from reading.kinds import Tier
from reading.roster.groups import GROUP_OF
from reading.rules.staffing import folded
from reading.simulation.arrivals import Arrival, arrivals_of
from reading.simulation.figures import Figures, figures_of
from reading.simulation.model import Played, Premises, play
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Region, region_of
from reading.simulation.scenario import Scenario

SHARE: Final = 0.95
MOST_TRIES: Final = 60
"""Staffs that are tried before the search gives up."""
RUNS: Final = 3
"""Runs for each of them, at most."""
USUAL_TRIES: Final = 20
"""So many are reckoned with before; a search that needs more may be stopped by its time."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the search ended with."""

    counts: list[int]
    """People of each kind, as the scenario lists them, in each organisation."""
    share: float
    """Released when due, of those decided in all runs: of the priority with the smallest share."""
    reached: bool
    fewest: bool
    """Whether it was tried that without any one of them the share is not reached."""


@dataclass(frozen=True, kw_only=True)
class _Tried:
    share: float
    """Of the priority with the smallest one."""
    wanting: list[float]
    """By kind of staff: hours that late cases waited for it."""


def fewest(scenario: Scenario, premises: Premises) -> Found:
    """Add people where late cases waited longest until the share is reached, then take away whoever is not needed.

    Nobody can be taken away from what it finds; another mixture may do with as few.
    """
    search = _Search(scenario, premises)
    counts = [one.count for one in scenario.staff]
    tried = search.tried(counts)
    while tried.share < SHARE and search.tries < MOST_TRIES:
        wanting = max(range(len(counts)), key=lambda number: (tried.wanting[number], -number))
        if tried.wanting[wanting] == 0:
            break  # nobody could have helped: their minutes are shorter than the work
        counts[wanting] += max(1, counts[wanting] // 8)
        tried = search.tried(counts)
    reached = tried.share >= SHARE
    for number in range(len(counts)) if reached else ():
        while counts[number] > 0 and search.tries < MOST_TRIES:
            fewer = [*counts]
            fewer[number] -= 1
            without = search.tried(fewer)
            if without.share < SHARE:
                break
            counts, tried = fewer, without
    return Found(counts=counts, share=tried.share, reached=reached, fewest=reached and search.tries < MOST_TRIES)


class _Search:
    def __init__(self, scenario: Scenario, premises: Premises) -> None:
        self._scenario = scenario.model_copy(update={"runs": min(scenario.runs, RUNS)})
        self._premises = premises
        region = region_of(scenario)
        self._arrivals = [arrivals_of(scenario, region, run) for run in range(self._scenario.runs)]
        self.tries = 0

    def tried(self, counts: Sequence[int]) -> _Tried:
        self.tries += 1
        staff = [
            one.model_copy(update={"count": count}) for one, count in zip(self._scenario.staff, counts, strict=True)
        ]
        scenario = self._scenario.model_copy(update={"staff": staff})
        region = region_of(scenario)
        played = [self._played(scenario, region, each, run) for run, each in enumerate(self._arrivals)]
        shares = _shares([figures_of(scenario, region, one) for one in played])
        wanting = [0.0] * len(staff)
        for one in played:
            for case in one.cases:
                if shares.get(case.facts.priority.value, 1.0) < SHARE:
                    _want(wanting, scenario, region, case)
        return _Tried(share=min(shares.values(), default=1.0), wanting=wanting)

    def _played(self, scenario: Scenario, region: Region, arrivals: Sequence[Arrival], run: int) -> Played:
        return play(scenario, region, self._premises, arrivals, run)


def _shares(found: Sequence[Figures]) -> dict[str, float]:
    """By priority: the share released when due, of the decided ones of all runs."""
    inside, decided = Counter[str](), Counter[str]()
    for one in found:
        for priority, flow in one.by_priority.items():
            inside[priority] += flow.inside
            decided[priority] += flow.decided
    return {priority: inside[priority] / number for priority, number in decided.items() if number}


def _want(wanting: list[float], scenario: Scenario, region: Region, case: PlayedCase) -> None:
    """Add what a late case waited to the kinds of staff that it waited for."""
    ends = case.released_at or region.ends
    if ends <= case.due_at:
        return
    waits = [(one.step, one.tier, one.taken_at - one.waited_since) for one in case.done if one.taken_at <= ends]
    step = STEP_OF.get(case.state)
    if case.released_at is None and step is not None:
        waits.append((step, case.tier, region.ends - case.waits_since))
    for step, tier, waited in waits:
        kind = _kind(scenario, region, case, step, tier)
        if kind is not None:
            wanting[kind] += waited.total_seconds() / 3600


def _kind(scenario: Scenario, region: Region, case: PlayedCase, step: Step, tier: Tier) -> int | None:
    """The kind of staff that a case waits for at a step: the first one with the skills, where one has them."""
    places = {region.places[place].kind for place in region.readers[case.site_id, tier]}
    there = [
        number for number, one in enumerate(scenario.staff) if one.organisation in places and one.step == GROUP_OF[step]
    ]
    skilled = (number for number in there if case.rule.skills <= set(map(folded, scenario.staff[number].skills)))
    return next(skilled, there[0] if there else None)
