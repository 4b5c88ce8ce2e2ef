"""Arrivals: the examinations of a run, by the rates of a scenario (a Poisson process whose rate follows the hours)."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from reading.kinds import Sex
from reading.simulation.region import Region
from reading.simulation.scenario import KindPart, OutagePart, Scenario, weights_of_hours, window


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """An examination that arrives."""

    number: int
    """In its run, in the order of the examinations."""
    kind: int
    site_id: str
    examined_at: datetime
    received_at: datetime
    age_years: int = field(repr=False)
    sex: Sex = field(repr=False)
    priors_after: timedelta | None = None
    """After this time the earlier images are there that are on their way; None: none are."""


def arrivals_of(scenario: Scenario, region: Region, run: int) -> list[Arrival]:
    """What arrives in a run, in the order of receipt: the same for the same seed, whatever the policy says."""
    found: list[tuple[float, int, Random]] = []
    for kind, part in enumerate(scenario.kinds):
        chance = Random(f"{scenario.seed}/{run}/{kind}")  # noqa: S311 -- a model, no secret
        found += [(hour, kind, chance) for hour in _hours(part, scenario.hours, chance)]
    found.sort(key=lambda one: one[:2])
    sites = [_Sites(region, part) for part in scenario.kinds]
    made: list[Arrival] = []
    for number, (hour, kind, chance) in enumerate(found):
        part = scenario.kinds[kind]
        site = sites[kind].drawn(chance)
        examined = region.starts + timedelta(hours=hour)
        made.append(
            Arrival(
                number=number,
                kind=kind,
                site_id=site,
                examined_at=examined,
                received_at=region.starts + timedelta(hours=_received(hour, region.sites[site][0], scenario.outages)),
                age_years=chance.randint(*part.ages),
                sex=chance.choice((Sex.FEMALE, Sex.MALE)),
                priors_after=_priors_after(part, chance),
            )
        )
    return sorted(made, key=lambda one: (one.received_at, one.number))


def _priors_after(part: KindPart, chance: Random) -> timedelta | None:
    """Drawn only where a scenario says that earlier images come: without that its days stay what they were."""
    if part.priors_coming == 0 or chance.random() >= part.priors_coming:
        return None
    return timedelta(minutes=chance.expovariate(1 / part.priors_minutes))


class _Sites:
    """The sites of a kind of examination, to be drawn by their shares."""

    def __init__(self, region: Region, part: KindPart) -> None:
        named = [(site, share) for site, (code, share) in region.sites.items() if not part.sites or code in part.sites]
        self._names = [site for site, _ in named]
        self._sums = list(accumulate(share for _, share in named))

    def drawn(self, chance: Random) -> str:
        return self._names[min(bisect(self._sums, chance.random() * self._sums[-1]), len(self._names) - 1)]


def _hours(part: KindPart, hours: int, chance: Random) -> Iterator[float]:
    """When examinations of a kind happen, in hours from the beginning."""
    shares = weights_of_hours(part)
    begins, ends = window(part, hours)
    for hour in range(hours):
        rate = part.per_day * shares[hour % 24]
        if rate == 0:
            continue
        at = hour + chance.expovariate(rate)
        while at < hour + 1:
            if begins <= at < ends:
                yield at
            at += chance.expovariate(rate)


def _received(hour: float, site: str, outages: Sequence[OutagePart]) -> float:
    """When a picture arrives: at once, or when its site's line is back."""
    down = (
        one.to_hour for one in outages if (not one.sites or site in one.sites) and one.from_hour <= hour < one.to_hour
    )
    return max(down, default=hour)
