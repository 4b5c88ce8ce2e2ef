"""What people of a model do with a case that they hold: how long it takes, and which moves it makes by its rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reading.cases.moves import Move, State, Step, after, move_after_signing, move_after_verifying
from reading.clock.hours import Days
from reading.double_reading.discordance import Settled, arbitration, settled_by, way
from reading.double_reading.readings import FIRST_MOVE
from reading.kinds import Role, Tier
from reading.reports.opinion import Opinion, Result
from reading.rules.policy import Policy
from reading.rules.rule import DoubleReading, ReviewTime
from reading.simulation.chance import duration, uniform
from reading.simulation.played_case import PlayedCase, match_again
from reading.simulation.region import Worker
from reading.simulation.scenario import Scenario, TimesPart

Moves = list[tuple[Move, Tier | None]]
"""Moves in their order, each with the tier to which it leads; None: the same."""
_MINUTE: Final = 60_000_000
"""Microseconds."""


class Acts:
    def __init__(self, scenario: Scenario, rules: Policy, days: Days, run: int) -> None:
        self._scenario, self._rules, self._days, self._run = scenario, rules, days, run
        self._shares = _shares(scenario.times)

    def microseconds(self, case: PlayedCase, speed: float) -> int:
        """How long the step takes that somebody holds a case for."""
        times = self._scenario.times
        mean = times.minutes * case.weight / 100 * self._shares[case.step] / speed
        return max(1, round(duration(mean, times.spread, times.shape, self._chance(case, "takes")) * _MINUTE))

    def moves(self, case: PlayedCase, worker: Worker) -> Moves:
        """The moves that somebody makes at the end of the step that they hold a case for."""
        match case.step:
            case Step.READ:
                return self._read(case, worker)
            case Step.SECOND:
                return self._second(case)
            case Step.ARBITRATE:
                return self._released(case, Move.ARBITRATE)
            case Step.VERIFY:
                if self._happens(case, "sent_back", self._scenario.outcomes.sent_back):
                    return [(Move.SEND_BACK, None)]
                return self._handed_on(case, move_after_verifying(needs_review=case.rule.reviewed_before_release))
            case Step.REVIEW:
                if self._happens(case, "sent_back", self._scenario.outcomes.sent_back):
                    return [(Move.SEND_BACK, Tier.CITY if case.facts.escalated else case.rule.tier)]
                return self._released(case, Move.AGREE)

    def _read(self, case: PlayedCase, worker: Worker) -> Moves:
        outcomes = self._scenario.outcomes
        if case.tier is not Tier.CITY and self._happens(case, "escalated", outcomes.escalated):
            match_again(case, self._rules, escalated=True, days=self._days, zone=self._scenario.time_zone)
            return [(Move.ESCALATE, Tier.CITY)]
        if not case.facts.critical and self._happens(case, "critical", outcomes.critical):
            match_again(case, self._rules, critical=True, days=self._days, zone=self._scenario.time_zone)
        if case.rule.double_reading is not None and case.read_by_two:
            return [(FIRST_MOVE[case.rule.double_reading.finality], None)]
        move = move_after_signing(
            needs_verifier=Role.RESIDENT in worker.roles or case.rule.needs_verifier_after(worker.title),
            needs_review=case.rule.reviewed_before_release,
        )
        return self._handed_on(case, move)

    def _second(self, case: PlayedCase) -> Moves:
        outcomes = self._scenario.outcomes
        first = Opinion(result=Result.RECALL if self._happens(case, "recalled", outcomes.recalled) else Result.NORMAL)
        other = Result.NORMAL if first.result is Result.RECALL else Result.RECALL
        second = Opinion(result=other) if self._happens(case, "discordant", outcomes.discordant) else first
        asked = case.rule.double_reading or DoubleReading()
        because = arbitration(first, second, asked.arbitration, same_images=True)
        match way(because, confers=asked.consensus_minutes is not None):
            case Settled.ARBITER:
                return [(Move.TO_ARBITRATION, Tier.CITY)]
            case Settled.CONSENSUS:  # they agree, and at once
                return [(Move.CONFER, None), *self._released(case, Move.ACCORD)]
            case Settled.RELEASED:
                pass
        settled = settled_by(first, second, asked.arbitration)
        return self._released(case, Move.CONCUR if settled is None else Move.RECALL)

    def _handed_on(self, case: PlayedCase, move: Move) -> Moves:
        state = after(case.state, move)
        if state is State.FINAL:
            return self._released(case, move)
        return [(move, Tier.CITY if state is State.WAITING_REVIEW else None)]

    def _released(self, case: PlayedCase, move: Move) -> Moves:
        """The release, and the review that is drawn after it where nobody has reviewed the report yet."""
        review = case.rule.review
        drawn = (
            review is not None
            and review.when is ReviewTime.AFTER_RELEASE
            and case.step is not Step.REVIEW
            and uniform(self._scenario.seed, self._run, case.arrival.number, "drawn") < review.percent / 100
        )
        return [(move, None), *([(Move.DRAW, Tier.CITY)] if drawn else [])]

    def _happens(self, case: PlayedCase, what: str, share: float) -> bool:
        return share > 0 and self._chance(case, what) < share

    def _chance(self, case: PlayedCase, what: str) -> float:
        times = case.times_done(case.step)
        return uniform(self._scenario.seed, self._run, case.arrival.number, case.step, times, what)


def _shares(times: TimesPart) -> Mapping[Step, float]:
    """By step: its time relative to that of reading."""
    return {
        Step.READ: 1.0,
        Step.VERIFY: times.verify,
        Step.SECOND: times.second,
        Step.ARBITRATE: times.arbitrate,
        Step.REVIEW: times.review,
    }
