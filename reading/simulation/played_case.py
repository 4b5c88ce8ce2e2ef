"""A case that is played: what the rules of the queue ask of it, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from reading.cases.cases import queue_rank
from reading.cases.moves import STEP_OF, WAITING, Move, SigningRole, State, Step, after
from reading.clock.clock import Pause, Reason, moved_by
from reading.clock.hours import Days
from reading.kinds import Priority, Tier
from reading.rules import policy, staffing
from reading.rules.facts import Facts
from reading.rules.hold import may_wait
from reading.rules.policy import Policy
from reading.rules.rule import Rule
from reading.simulation.arrivals import Arrival


@dataclass(frozen=True, kw_only=True, slots=True)
class StepDone:
    """A step that somebody did."""

    step: Step
    tier: Tier
    place: str
    """The organisation of whoever did it."""
    worker: str
    waited_since: datetime
    """When the case last began to wait before it was taken."""
    taken_at: datetime
    done_at: datetime


@dataclass(kw_only=True, slots=True)
class PlayedCase:
    id: str
    arrival: Arrival
    facts: Facts
    rule: Rule
    state: State
    tier: Tier
    step: Step
    due_at: datetime
    indicator_at: datetime
    skills: str
    skills_until: datetime
    weight: int
    """Hundredths."""
    began_at: datetime
    """When its present step began."""
    waits_since: datetime
    """When it last began to wait, in this step or again."""
    went: bool = False
    """Whether it was sent elsewhere in this step because it waited too long."""
    rounds: int = 0
    """How many times it began to wait."""
    assigned_to: str | None = None
    assigned_until: datetime | None = None
    roles: dict[str, set[SigningRole]] = field(default_factory=dict[str, set[SigningRole]])
    had: dict[tuple[str, Step], datetime] = field(default_factory=dict[tuple[str, Step], datetime])
    """By person and step: when it last waited for them."""
    disputed: bool = False
    stood: Pause | None = None
    """When its clock stood still, for earlier images."""
    countersign_at: str | None = None
    """The organisation whose attendings countersign the report of a resident; None where nobody there could."""
    released_at: datetime | None = None
    rerouted: int = 0
    done: list[StepDone] = field(default_factory=list[StepDone])

    @property
    def site_id(self) -> str:
        return self.arrival.site_id

    @property
    def rank(self) -> int:
        return queue_rank(self.facts.priority, critical=self.facts.critical)

    @property
    def urgent(self) -> bool:
        return self.facts.critical or self.facts.priority is not Priority.ROUTINE

    @property
    def by_two(self) -> bool:
        """By its rule, whether it is flagged or not."""
        return self.rule.double_reading is not None

    @property
    def read_by_two(self) -> bool:
        return self.by_two and not self.facts.critical

    def move(self, made: Move, *, at: datetime, tier: Tier | None = None) -> None:
        """Move it by the table of moves; another step begins anew."""
        waited = self.state in WAITING
        self.state = after(self.state, made)
        step = STEP_OF.get(self.state, self.step)
        if tier is not None:
            self.tier = tier
        if self.state is State.FINAL and self.released_at is None:
            self.released_at = at
        if step is not self.step:
            self.began_at, self.went = at, False
        self.step = step
        if STEP_OF.get(self.state) is not Step.VERIFY:
            self.countersign_at = None
        self.rounds += self.state in WAITING
        if self.state in WAITING and not waited:
            self.waits_since = at

    def times_done(self, step: Step) -> int:
        return sum(one.step is step for one in self.done)


def opened(arrival: Arrival, facts: Facts, rules: Policy, *, days: Days, zone: str, weight: int) -> PlayedCase:
    """A case as its first image opens it (`reading.intake.intake`)."""
    rule = rules.match(facts)
    due_at = policy.due_at(rule, arrival.received_at, days=days, zone=zone)
    return PlayedCase(
        id=f"{arrival.number:08}",
        arrival=arrival,
        facts=facts,
        rule=rule,
        state=State.WAITING_READ,
        tier=rule.tier,
        step=Step.READ,
        due_at=due_at,
        indicator_at=policy.indicator_at(rule, arrival.examined_at),
        skills=staffing.asked(rule.skills),
        skills_until=staffing.open_from(arrival.received_at, due_at),
        weight=weight,
        began_at=arrival.received_at,
        waits_since=arrival.received_at,
        rounds=1,
    )


def held_until(case: PlayedCase) -> datetime | None:
    """Until when a case that has arrived waits for earlier images (`reading.intake.awaiting`); None: not at all."""
    hold, after_that = case.rule.hold, case.arrival.priors_after
    if hold is None or after_that is None or not may_wait(hold, case.facts.priority, critical=case.facts.critical):
        return None
    return case.arrival.received_at + min(after_that, timedelta(minutes=hold.minutes))


def hold(case: PlayedCase) -> None:
    """Let a case that has just arrived wait for earlier images: nobody can take it, and its clock stands."""
    case.move(Move.AWAIT_PRIORS, at=case.arrival.received_at)
    case.rounds = 0


def go_on(case: PlayedCase, now: datetime, *, days: Days, zone: str) -> None:
    """Let it wait to be read, with the time that it had left."""
    case.move(Move.PRIORS_CAME, at=now)
    case.stood = Pause(reason=Reason.PRIORS, since=case.arrival.received_at, until=now)
    case.due_at = _due_at(case, case.rule, days=days, zone=zone)
    case.skills_until = staffing.open_from(case.arrival.received_at, case.due_at)


def match_again(
    case: PlayedCase, rules: Policy, *, critical: bool = False, escalated: bool = False, days: Days, zone: str
) -> None:
    """Match a case again after a fact changed, as `reading.rules.case_rule.retriage`; it is never due later."""
    case.facts = replace(
        case.facts, critical=case.facts.critical or critical, escalated=case.facts.escalated or escalated
    )
    if case.released_at is not None:
        return
    rule = rules.match(case.facts)
    due_at = min(case.due_at, _due_at(case, rule, days=days, zone=zone))
    if rule.name != case.rule.name:
        case.skills = staffing.asked(rule.skills)
        case.skills_until = staffing.open_from(case.arrival.received_at, due_at)
    case.rule, case.due_at = rule, due_at


def _due_at(case: PlayedCase, rule: Rule, *, days: Days, zone: str) -> datetime:
    due = policy.due_at(rule, case.arrival.received_at, days=days, zone=zone)
    return due if case.stood is None else moved_by(due, case.stood, policy.hours_of(rule, days=days, zone=zone))
