"""The model: one run of a scenario as a discrete-event simulation, by the rules that the queue itself goes by."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import simpy

from reading.cases.moves import SIGNS_AS, WAITING, Move, State, Step
from reading.kinds import Priority, Role
from reading.queue import order
from reading.roster.groups import ROLES
from reading.roster.weights import Weight, Worked, weight_of
from reading.rules import staffing
from reading.rules.calendar import Calendar
from reading.rules.facts import Facts
from reading.rules.policy import Policy
from reading.rules.rule import Finality
from reading.simulation import played_case
from reading.simulation.arrivals import Arrival
from reading.simulation.handing_out import HandingOut
from reading.simulation.person import Person
from reading.simulation.played_case import PlayedCase, StepDone
from reading.simulation.reading_acts import Acts
from reading.simulation.region import Region
from reading.simulation.scenario import KindPart, Scenario, zone_of
from reading.simulation.sending_on import SendingOn
from reading.simulation.stage import Stage

_MICROSECOND: Final = timedelta(microseconds=1)
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Premises:
    """What a run stands on, beside the scenario: the rules, the weights of the work, and the calendar."""

    rules: Policy
    weights: Sequence[Weight]
    days: Calendar


@dataclass(kw_only=True)
class Played:
    """What happened in a run."""

    cases: list[PlayedCase]
    waiting_by_hour: list[int]
    """Cases that wait for somebody, at the beginning of each hour."""


def play(scenario: Scenario, region: Region, premises: Premises, arrivals: Sequence[Arrival], run: int) -> Played:
    """Play a run to its end; what is open then is counted as waiting."""
    return _Model(scenario, region, premises, run).played(arrivals)


class _Model:
    def __init__(self, scenario: Scenario, region: Region, premises: Premises, run: int) -> None:
        self._scenario, self._region, self._premises = scenario, region, premises
        self._zone = zone_of(scenario)
        self._acts = Acts(scenario, premises.rules, premises.days, run)
        sets = frozenset(staffing.asked(rule.skills) for rule in premises.rules.rules)
        self._stage = Stage(region, sets, self._settle)
        self._env = self._stage.env
        self._handing_out = HandingOut(self._stage)
        self._sending_on = SendingOn(self._stage, premises.days, scenario.time_zone)
        self._cases: list[PlayedCase] = []
        self._by_hour: list[int] = []
        self._weights = [weight_of(premises.weights, _worked(kind)) for kind in scenario.kinds]

    def played(self, arrivals: Sequence[Arrival]) -> Played:
        for person in self._stage.people.values():
            self._env.process(self._works(person))
        self._env.process(self._arrive(arrivals))
        self._env.process(self._counts())
        self._env.run(until=self._stage.at(self._region.ends))
        return Played(cases=self._cases, waiting_by_hour=self._by_hour)

    def _arrive(self, arrivals: Sequence[Arrival]) -> Generator[simpy.Event, Any, None]:
        for arrival in arrivals:
            begins = self._stage.at(arrival.received_at)
            if begins > self._env.now:
                yield self._env.timeout(begins - self._env.now)
            case = played_case.opened(
                arrival,
                self._facts(arrival),
                self._premises.rules,
                days=self._premises.days,
                zone=self._scenario.time_zone,
                weight=self._weights[arrival.kind],
            )
            self._cases.append(case)
            held_until = played_case.held_until(case)
            if held_until is None:
                self._begins_to_wait(case)
            else:
                played_case.hold(case)
                self._stage.call_at(held_until, lambda case=case: self._goes_on(case))

    def _goes_on(self, case: PlayedCase) -> None:
        """The earlier images are there, or the time for which its rule waits for them is over."""
        played_case.go_on(case, self._stage.now, days=self._premises.days, zone=self._scenario.time_zone)
        self._begins_to_wait(case)

    def _begins_to_wait(self, case: PlayedCase) -> None:
        self._stage.open[self._stage.where(case)] += 1
        self._sending_on.wait(case)
        self._stage.call_at(case.skills_until, lambda: self._stage.open_for_all(case))

    def _works(self, person: Person) -> Generator[simpy.Event, Any, None]:
        """Somebody's slots: in each they take one case after the other, and end the one that they have begun."""
        for begins, ends in person.worker.slots:
            if self._stage.at(ends) <= self._env.now:
                continue
            if self._stage.at(begins) > self._env.now:
                yield self._env.timeout(self._stage.at(begins) - self._env.now)
            person.in_slot, person.took = True, 0
            person.changed()
            self._stage.call_at(ends, lambda: self._leaves(person))
            while person.in_slot:
                person.idle = self._env.event()
                self._stage.touch(person.worker.place)
                case = yield person.idle
                if case is not None:
                    taken = self._stage.now
                    yield self._env.timeout(self._acts.microseconds(case, person.worker.speed))
                    self._done(person, case, taken)

    def _leaves(self, person: Person) -> None:
        person.in_slot = False
        person.changed()
        self._stage.lapse(person.worker.place)
        if person.idle is not None:
            idle, person.idle = person.idle, None
            idle.succeed(None)

    def _counts(self) -> Generator[simpy.Event, Any, None]:
        hour = _HOUR // _MICROSECOND
        while True:
            self._by_hour.append(self._stage.lists.length)
            yield self._env.timeout(hour)

    def _settle(self) -> None:
        """What the worker process does, at once wherever something has changed; then people take what is theirs."""
        stage = self._stage
        stage.settling = False
        self._handing_out.hand_out()
        if self._sending_on.send_on_late():
            self._handing_out.hand_out()
        places, stage.touched = sorted(stage.touched), {}
        for place in places:
            for person in stage.staff[place]:
                # What waits for others is not theirs, and what has waited too long for them was passed on.
                if person.idle is not None and (person.pending or stage.lists.loose(place)):
                    self._take(person)
        self._handing_out.hand_out()
        stage.touched = {}

    def _take(self, person: Person) -> None:
        """Give somebody their next case (`reading.queue.claiming`)."""
        taker, now = person.taker, self._stage.now
        heads = [
            case
            for stand in taker.desks
            for queue in self._stage.lists.of_place(stand, person.worker.place, taker.skill_sets)
            for case in [next((one for one in queue if order.may_take(one, taker, now)), None)]
            if case is not None
        ]
        case = order.first([*heads, *person.pending], taker, now)
        if case is None or person.idle is None:
            return
        self._stage.stop_waiting(case)
        self._stage.move(case, Move.CLAIM)
        person.holds = case
        person.took += case.weight
        person.changed()
        idle, person.idle = person.idle, None
        idle.succeed(case)
        self._stage.touched[person.worker.place] = None  # as many as they have waiting are handed to them anew

    def _done(self, person: Person, case: PlayedCase, taken: datetime) -> None:
        """Somebody signs a step, or sends the case elsewhere."""
        person.holds = None
        person.changed()
        step, worker = case.step, person.worker
        moves = self._acts.moves(case, worker)
        case.done.append(
            StepDone(
                step=step,
                tier=case.tier,
                place=worker.place,
                worker=worker.id,
                waited_since=case.waits_since,
                taken_at=taken,
                done_at=self._stage.now,
            )
        )
        if moves[0][0] not in {Move.ESCALATE, Move.SEND_BACK} or step is Step.REVIEW:
            case.roles.setdefault(worker.id, set()).add(SIGNS_AS[step])
        for move, tier in moves:
            self._stage.move(case, move, tier)
        if case.state is State.WAITING_VERIFY and Role.RESIDENT in worker.roles:
            case.countersign_at = worker.place if self._has_attending(worker.place, case) else None
        if case.state in WAITING:
            self._sending_on.wait(case)
        self._stage.touch(worker.place)
        if case.state is State.PROVISIONAL:
            double = case.rule.double_reading
            asked = None if double is None or double.finality is Finality.BY_READER else double.minutes
            until = case.due_at if asked is None else min(case.due_at, self._stage.now + timedelta(minutes=asked))
            self._stage.call_at(max(until, self._stage.now), lambda: self._finalise(case))

    def _has_attending(self, place: str, case: PlayedCase) -> bool:
        """Whether somebody there verifies who did not read or review the case themselves."""
        roles = ROLES[Step.VERIFY, case.tier]
        could = (one.worker for one in self._stage.staff[place] if not one.worker.roles.isdisjoint(roles))
        return any(not order.is_barred(case, one.id) for one in could)

    def _finalise(self, case: PlayedCase) -> None:
        self._stage.move(case, Move.FINALISE)
        self._sending_on.wait(case)

    def _facts(self, arrival: Arrival) -> Facts:
        kind = self._scenario.kinds[arrival.kind]
        there = arrival.received_at.astimezone(self._zone)
        return Facts(
            modality=kind.modality,
            body_part=kind.body_part,
            site_id=arrival.site_id,
            site_code=self._region.sites[arrival.site_id][0],
            department=kind.department,
            contrast=kind.contrast,
            request=kind.request,
            sex=arrival.sex,
            age_years=arrival.age_years,
            received_at=there,
            working_day=self._premises.days.is_working(there.date()),
            priority=Priority(kind.priority),
            critical=False,
            escalated=False,
        )


def _worked(kind: KindPart) -> Worked:
    return Worked(modality=kind.modality, body_part=kind.body_part, contrast=kind.contrast, views=kind.views)
