"""The region of a scenario: sites, who reads for them at which tier, and everybody who works there."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias

from reading.cases.moves import Step
from reading.kinds import Role, Tier
from reading.roster.terms import Terms
from reading.rules.staffing import folded
from reading.simulation.scenario import OrganisationPart, Scenario, SlotPart, StaffPart, zone_of

Group: TypeAlias = tuple[str, ...]
"""The organisations that read for a site at a tier."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """An organisation that reads."""

    id: str
    kind: str
    """The code of its kind in the scenario."""
    tier: Tier
    terms: Terms
    keeps_roster: bool
    on_duty: bool


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Somebody who works there."""

    id: str
    staff: int
    """The number of their kind in the scenario."""
    place: str
    roles: frozenset[Role]
    step: Step
    title: str
    skills: frozenset[str]
    most: int | None
    speed: float
    slots: tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, kw_only=True)
class Region:
    starts: datetime
    """UTC."""
    ends: datetime
    places: dict[str, Place]
    sites: dict[str, tuple[str, float]]
    """By id: the code of its kind, and how much it sends relative to the others."""
    readers: dict[tuple[str, Tier], Group]
    """By site and tier."""
    reads: dict[tuple[Tier, str], frozenset[str]]
    """By tier and organisation: the sites."""
    workers: tuple[Worker, ...]


def region_of(scenario: Scenario) -> Region:
    zone = zone_of(scenario)
    first = datetime.combine(datetime.fromisoformat(scenario.starts).date(), time(), zone)
    starts = first.astimezone(UTC)
    ends = (first + timedelta(days=scenario.days)).astimezone(UTC)
    copies = {one.code: _copies(one.code, one.count) for one in scenario.organisations}
    places = {place: _place(place, one) for one in scenario.organisations for place in copies[one.code]}
    cities = tuple(sorted(place for place, one in places.items() if one.tier is Tier.CITY))
    helpers = {
        place: _helper(one, number, copies)
        for one in scenario.organisations
        for number, place in enumerate(copies[one.code])
    }
    sites: dict[str, tuple[str, float]] = {}
    readers: dict[tuple[str, Tier], Group] = {}
    for site in scenario.sites:
        for county in copies[site.county]:
            for own in _copies(site.code, site.count):
                name = own if len(copies[site.county]) == 1 else f"{county}.{own}"
                sites[name] = site.code, site.share
                helper = helpers[county]
                readers[name, Tier.COUNTY] = (county,)
                readers[name, Tier.NEIGHBOUR] = (helper,) if helper else ()
                readers[name, Tier.CITY] = cities
    reads: defaultdict[tuple[Tier, str], set[str]] = defaultdict(set)
    for (site_id, tier), group in readers.items():
        for place in group:
            reads[tier, place].add(site_id)
    workers = tuple(
        _worker(staff, number, place, each, scenario)
        for number, staff in enumerate(scenario.staff)
        for place in copies[staff.organisation]
        for each in range(staff.count)
    )
    return Region(
        starts=starts,
        ends=ends,
        places=places,
        sites=sites,
        readers=readers,
        reads={key: frozenset(found) for key, found in reads.items()},
        workers=workers,
    )


def _copies(code: str, count: int) -> tuple[str, ...]:
    return (code,) if count == 1 else tuple(f"{code}-{number:03}" for number in range(1, count + 1))


def _place(place: str, one: OrganisationPart) -> Place:
    terms = Terms(take_minutes=one.take_minutes, urgent_minutes=one.urgent_minutes, ahead=one.ahead)
    return Place(
        id=place,
        kind=one.code,
        tier=Tier(one.tier),
        terms=terms,
        keeps_roster=one.keeps_roster,
        on_duty=one.on_duty,
    )


def _helper(one: OrganisationPart, number: int, copies: dict[str, tuple[str, ...]]) -> str:
    """The county that helps one; of its own kind the next one, and nobody helps the only one of its kind."""
    if not one.helped_by:
        return ""
    helpers = copies[one.helped_by]
    if one.helped_by != one.code:
        return helpers[number % len(helpers)]
    return helpers[(number + 1) % len(helpers)] if len(helpers) > 1 else ""


def _worker(staff: StaffPart, number: int, place: str, each: int, scenario: Scenario) -> Worker:
    return Worker(
        id=f"{number:03}.{place}.{each:03}",
        staff=number,
        place=place,
        roles=frozenset(map(Role, staff.roles)),
        step=Step(staff.step),
        title=staff.title,
        skills=frozenset(map(folded, staff.skills)),
        most=staff.most,
        speed=staff.speed,
        slots=_slots(staff.slots, scenario),
    )


def _slots(said: list[SlotPart], scenario: Scenario) -> tuple[tuple[datetime, datetime], ...]:
    """The slots of a person, in order; those that meet or overlap are one."""
    zone, first = zone_of(scenario), datetime.fromisoformat(scenario.starts).date()
    found: list[tuple[datetime, datetime]] = []
    for day in (first + timedelta(days=number) for number in range(-1, scenario.days)):
        for slot in said:
            if slot.days and day.weekday() not in slot.days:
                continue
            begins, ends = time.fromisoformat(slot.begins), time.fromisoformat(slot.ends)
            until = day if ends > begins else day + timedelta(days=1)
            found.append(
                (
                    datetime.combine(day, begins, zone).astimezone(UTC),
                    datetime.combine(until, ends, zone).astimezone(UTC),
                )
            )
    joined: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(found):
        if joined and begins <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], ends)
        else:
            joined.append((begins, ends))
    return tuple(joined)
