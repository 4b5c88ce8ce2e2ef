"""Cases of a model that begin to wait, and go elsewhere once they have waited too long (`reading.overdue`)."""

from __future__ import annotations

from datetime import datetime

from reading.cases.moves import WAITING, Move, Step
from reading.clock.hours import Days
from reading.kinds import Tier
from reading.overdue import ways
from reading.overdue.rerouting import AGAIN_AFTER
from reading.roster.groups import GROUP_OF, ROLES
from reading.rules import policy
from reading.rules.rule import Goal
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Place
from reading.simulation.stage import Stage


class SendingOn:
    def __init__(self, stage: Stage, days: Days, zone: str) -> None:
        self._stage, self._days, self._zone = stage, days, zone
        self._late: list[tuple[PlayedCase, int]] = []
        """Cases whose time has come, with the round of waiting for which it was set."""

    def send_on_late(self) -> bool:
        """Send on what waits too long; answers whether anything was looked at."""
        late, self._late = self._late, []
        waiting = [case for case, round_ in late if case.rounds == round_ and case.state in WAITING]
        for case in sorted(waiting, key=lambda one: one.id):
            self._send_on(case)
        return bool(late)

    def wait(self, case: PlayedCase) -> None:
        if case.skills and case.skills_until <= self._stage.now:
            case.skills = ""
        self._stage.lists.add(case)
        self._look(case)
        self._stage.touch_readers(case)

    def _look(self, case: PlayedCase) -> None:
        """Set when somebody looks whether it has waited too long."""
        if case.rule.overdue is None or case.went:
            return
        minutes = case.rule.step_minutes.get(case.step)
        hours = policy.hours_of(case.rule, days=self._days, zone=self._zone)
        step = None if minutes is None else ways.step_clock(minutes, case.began_at, hours)
        due = ways.due(step, case.due_at, released=case.released_at is not None)
        if due is not None:
            self._look_at(case, max(due, self._stage.now))

    def _look_at(self, case: PlayedCase, moment: datetime) -> None:
        round_ = case.rounds

        def look() -> None:
            self._late.append((case, round_))
            self._stage.touch_readers(case)

        self._stage.call_at(moment, look)

    def _send_on(self, case: PlayedCase) -> None:
        """Send a case the first way that has room, and else look at it again later."""
        overdue = case.rule.overdue
        if overdue is None or case.went:
            return
        stays = case.countersign_at is not None
        for goal, tier in ways.goals(overdue, case.step, case.tier, stays=stays):
            readers = self._stage.region.readers[case.site_id, tier]
            for reader in (case.countersign_at,) if case.countersign_at is not None else readers:
                place = self._stage.region.places[reader]
                told = goal is Goal.DUTY and place.on_duty
                if told or (goal is not Goal.DUTY and self._room(place, tier, case.step, overdue.open_per_reader) > 0):
                    self._reroute(case, tier)
                    return
        self._look_at(case, self._stage.now + AGAIN_AFTER)

    def _room(self, place: Place, tier: Tier, step: Step, open_per_reader: int) -> int:
        staff = self._stage.staff[place.id]
        if place.keeps_roster:
            readers = sum(one.worker.step is GROUP_OF[step] and one.carrying() is not None for one in staff)
        else:
            readers = sum(one.in_slot and not one.worker.roles.isdisjoint(ROLES.get((step, tier), ())) for one in staff)
        taken = sum(number for (at, group), number in self._stage.open.items() if at is tier and place.id in group)
        return ways.room(readers, taken, open_per_reader=open_per_reader)

    def _reroute(self, case: PlayedCase, tier: Tier) -> None:
        self._stage.stop_waiting(case)
        self._stage.move(case, Move.REROUTE, tier)
        case.went = True
        case.rerouted += 1
        self.wait(case)
