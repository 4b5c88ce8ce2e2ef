"""A scenario: what is examined where, who works when, and how long reading takes; a typed document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, StringConstraints, ValidationError

from reading.errors import Invalid
from reading.kinds import Role, Tier
from reading.register.organisations import TIME_ZONE
from reading.roster.groups import GROUP_OF, OF_STEP
from reading.rules.clock_document import HoursPart, Part
from reading.rules.rules_document import DocumentProblem, InvalidDocument, problem_of

LONGEST_DAYS: Final = 31
MOST_RUNS: Final = 100
MOST_PEOPLE: Final = 2000
MOST_CASES: Final = 1_000_000
"""Cases of all runs together that are ever simulated: some minutes of work."""
HOURS: Final[Mapping[str, tuple[float, ...]]] = {
    "even": (1.0,) * 24,
    "clinic": (0, 0, 0, 0, 0, 0, 1, 4, 10, 13, 11, 7, 3, 4, 9, 9, 7, 3, 1, 1, 0, 0, 0, 0),
    "emergency": (2, 2, 1, 1, 1, 1, 2, 3, 5, 6, 6, 5, 5, 5, 5, 6, 6, 6, 7, 7, 6, 5, 4, 3),
    "market": (0, 0, 0, 0, 0, 1, 6, 14, 18, 16, 10, 4, 2, 2, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0),
}
"""By name of a profile: how many come in each hour of the day, relative to the others."""
_ROLES_OF: Final = {step.value: OF_STEP[step] for step in set(GROUP_OF.values())}
"""By step of a slot: the roles with which somebody may be in it."""

_Code = Annotated[str, StringConstraints(min_length=1, max_length=40, strip_whitespace=True)]
_Text = Annotated[str, StringConstraints(max_length=60)]
_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Rate = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
_Factor = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
_Hour = Annotated[float, Field(ge=0, le=24 * LONGEST_DAYS, allow_inf_nan=False)]


class OrganisationPart(Part):
    """Somebody who reads: a county, or the city."""

    code: _Code
    tier: Literal["county", "city"]
    count: Annotated[int, Field(ge=1, le=200)] = 1
    """So many of its kind, each with sites and staff of its own."""
    helped_by: Annotated[str, StringConstraints(max_length=40)] = ""
    """The county that takes what waits too long here; its own code: the next one of its kind."""
    keeps_roster: bool = True
    """Without one nobody is handed anything: whoever may takes the next case."""
    on_duty: bool = False
    """Whether somebody is on duty whom rules tell of overdue cases."""
    take_minutes: Annotated[int, Field(ge=1, le=240)] = 10
    urgent_minutes: Annotated[int, Field(ge=1, le=240)] = 3
    ahead: Annotated[int, Field(ge=1, le=20)] = 2


class SitePart(Part):
    """A site that takes pictures."""

    code: _Code
    county: _Code
    share: _Factor = 1.0
    """How much it sends, relative to the other sites."""
    count: Annotated[int, Field(ge=1, le=200)] = 1


class KindPart(Part):
    """A kind of examination, and how many there are."""

    modality: Annotated[str, StringConstraints(min_length=1, max_length=16)]
    body_part: Annotated[str, StringConstraints(max_length=64)] = ""
    priority: Literal["emergency", "urgent", "routine"] = "routine"
    per_day: _Rate
    """At all sites together."""
    hours: Literal["even", "clinic", "emergency", "market"] | Annotated[list[_Rate], Field(max_length=24)] = "clinic"
    """A profile by name, or 24 numbers: how many come in each hour, relative to the others."""
    contrast: bool | None = None
    views: Annotated[int, Field(ge=1, le=10_000)] = 1
    ages: Annotated[list[Annotated[int, Field(ge=0, le=120)]], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [18, 90]
    )
    department: _Text = ""
    request: Annotated[str, StringConstraints(max_length=200)] = ""
    sites: Annotated[list[_Code], Field(max_length=1000)] = Field(default_factory=list[str])
    """Only at these; empty: at all."""
    from_hour: _Hour = 0.0
    """From this hour of the scenario on; ``to_hour`` 0: to its end."""
    to_hour: _Hour = 0.0
    priors_coming: _Share = 0.0
    """Of how many earlier images are on their way when it arrives."""
    priors_minutes: _Factor = 30.0
    """After so many minutes they are there, in the mean (exponential)."""


class SlotPart(HoursPart):
    """A slot that returns every week; over midnight where it ends before it begins."""

    days: Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)] = Field(default_factory=list[int])
    """0 is Monday; empty: every day."""


class StaffPart(Part):
    """People of one kind: so many with the same roles, skills and slots."""

    name: _Code
    organisation: _Code
    count: Annotated[int, Field(ge=0, le=500)] = 1
    """In each organisation of this kind."""
    roles: Annotated[list[Literal["reader", "resident", "verifier", "reviewer"]], Field(min_length=1, max_length=3)]
    step: Literal["read", "verify", "review"]
    """For which they are in the roster."""
    title: _Text = ""
    skills: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=40)]], Field(max_length=8)] = (
        Field(default_factory=list[str])
    )
    most: Annotated[int, Field(ge=1, le=100)] | None = None
    speed: _Factor = 1.0
    """Work in a unit of time, relative to the others."""
    slots: Annotated[list[SlotPart], Field(min_length=1, max_length=21)]


class TimesPart(Part):
    """How long the steps take: around the weights of the work, the same kind of spread for all."""

    minutes: _Factor = 10.0
    """To read a case of the weight 1, in the mean."""
    spread: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.5
    """Standard deviation of the logarithm."""
    shape: Literal["lognormal", "exponential"] = "lognormal"
    """``exponential`` is what textbooks reckon with; ``spread`` has no part in it."""
    verify: _Factor = 0.4
    """Relative to reading, as the others are."""
    second: _Factor = 1.0
    arbitrate: _Factor = 1.2
    review: _Factor = 0.6


class OutcomesPart(Part):
    """What people find, and how often they send a case elsewhere."""

    critical: _Share = 0.01
    escalated: _Share = 0.03
    """Of what the county reads."""
    sent_back: _Share = 0.01
    """Of what is verified or reviewed."""
    recalled: _Share = 0.07
    """Of what two people read."""
    discordant: _Share = 0.05


class OutagePart(Part):
    """A line that is down: what is examined meanwhile arrives when it is back."""

    sites: Annotated[list[_Code], Field(max_length=1000)] = Field(default_factory=list[str])
    """Empty: all."""
    from_hour: _Hour
    to_hour: _Hour


class Scenario(Part):
    """What is played."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    starts: str = "2026-03-02"
    """The day with which it begins, at midnight by the clock of the region."""
    time_zone: str = TIME_ZONE
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 1
    warm_up_hours: _Hour = 0.0
    """What arrives before is played, and not counted."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    runs: Annotated[int, Field(ge=2, le=MOST_RUNS)] = 10
    organisations: Annotated[list[OrganisationPart], Field(min_length=1, max_length=200)]
    sites: Annotated[list[SitePart], Field(min_length=1, max_length=1000)]
    kinds: Annotated[list[KindPart], Field(min_length=1, max_length=500)]
    staff: Annotated[list[StaffPart], Field(min_length=1, max_length=500)]
    times: TimesPart = TimesPart()
    outcomes: OutcomesPart = OutcomesPart()
    outages: Annotated[list[OutagePart], Field(max_length=20)] = Field(default_factory=list[OutagePart])

    @property
    def hours(self) -> int:
        return 24 * self.days

    @property
    def cases(self) -> float:
        """How many cases a run is expected to have."""
        return sum(_per_run(kind, self.hours) for kind in self.kinds)

    @property
    def people(self) -> int:
        many = {one.code: one.count for one in self.organisations}
        return sum(one.count * many.get(one.organisation, 1) for one in self.staff)


class InvalidScenario(InvalidDocument):
    """The document of a scenario has errors."""


class TooLarge(Invalid):
    """A scenario would take too long: it asks for so many cases, or people, and there may be so many."""

    def __init__(self, what: str, asked: int, most: int) -> None:
        super().__init__("scenario", f"too_many_{what}")
        self.what, self.asked, self.most = what, asked, most


def read_scenario(document: Any) -> Scenario:
    """A document as a scenario, checked.

    Raises:
        InvalidScenario: with every error.

    """
    try:
        read = Scenario.model_validate(document)
    except ValidationError as wrong:
        raise InvalidScenario([problem_of(document, error) for error in wrong.errors()]) from wrong
    problems = [DocumentProblem(path=path, problem=problem) for path, problem in _between(read)]
    if problems:
        raise InvalidScenario(problems)
    return read


def must_fit(scenario: Scenario, *, policies: int = 1, searched: int = 0, most: int = MOST_CASES) -> None:
    """Refuse what would take too long; ``searched``: the runs of a search for the fewest people, besides.

    Raises:
        TooLarge: more than ``most`` cases in all runs and under all policies, or too many people.

    """
    asked = int(scenario.cases * (scenario.runs * policies + searched))
    if asked > most:
        raise TooLarge("cases", asked, most)
    if scenario.people > MOST_PEOPLE:
        raise TooLarge("people", scenario.people, MOST_PEOPLE)


def weights_of_hours(kind: KindPart) -> tuple[float, ...]:
    """The share of the day's examinations in each of its 24 hours."""
    said = HOURS[kind.hours] if isinstance(kind.hours, str) else tuple(kind.hours)
    total = sum(said)
    return tuple(one / total for one in said)


def window(kind: KindPart, hours: int) -> tuple[float, float]:
    """From which hour of the scenario to which the kind is examined."""
    return kind.from_hour, min(kind.to_hour or hours, hours)


def _per_run(kind: KindPart, hours: int) -> float:
    begins, ends = window(kind, hours)
    shares = weights_of_hours(kind)
    counted = (max(0.0, min(ends, hour + 1) - max(begins, hour)) * shares[hour % 24] for hour in range(hours))
    return kind.per_day * sum(counted)


def _between(read: Scenario) -> Iterator[tuple[str, str]]:
    """The errors that no field has alone."""
    try:
        date.fromisoformat(read.starts)
    except ValueError:
        yield "starts", "not_accepted"
    if read.time_zone not in available_timezones():
        yield "time_zone", "not_accepted"
    places = {one.code: one for one in read.organisations}
    if len(places) < len(read.organisations):
        yield "organisations", "name_twice"
    counties = {code for code, one in places.items() if one.tier == Tier.COUNTY}
    for number, place in enumerate(read.organisations):
        if place.helped_by and place.helped_by not in counties:
            yield f"organisations[{number}].helped_by", "not_accepted"
    sites = {one.code for one in read.sites}
    if len(sites) < len(read.sites):
        yield "sites", "name_twice"
    for number, site in enumerate(read.sites):
        if site.county not in counties:
            yield f"sites[{number}].county", "not_accepted"
    for number, kind in enumerate(read.kinds):
        if isinstance(kind.hours, list) and (len(kind.hours) != 24 or not sum(kind.hours) > 0):
            yield f"kinds[{number}].hours", "not_accepted"
        if kind.ages[0] > kind.ages[1]:
            yield f"kinds[{number}].ages", "ages_crossed"
        if not set(kind.sites) <= sites:
            yield f"kinds[{number}].sites", "not_accepted"
    for number, outage in enumerate(read.outages):
        if not set(outage.sites) <= sites or outage.from_hour >= outage.to_hour:
            yield f"outages[{number}]", "not_accepted"
    for number, staff in enumerate(read.staff):
        if staff.organisation not in places:
            yield f"staff[{number}].organisation", "not_accepted"
        if not _ROLES_OF[staff.step] & set(map(Role, staff.roles)):
            yield f"staff[{number}].roles", "not_accepted"


def zone_of(scenario: Scenario) -> ZoneInfo:
    return ZoneInfo(scenario.time_zone)
