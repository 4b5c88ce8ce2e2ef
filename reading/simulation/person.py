"""Somebody at work in a model: their slot, what waits for them, what they do, and what they can be handed."""

from __future__ import annotations

from dataclasses import dataclass, field

import simpy

from reading.queue.handing import Carrying
from reading.queue.order import Taker
from reading.roster.availability import AtWork, obstacles
from reading.roster.balance import Candidate
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Worker


@dataclass(kw_only=True, slots=True)
class Person:
    """Somebody at work: their slot, what waits for them, and what they do."""

    worker: Worker
    taker: Taker
    in_slot: bool = False
    idle: simpy.Event | None = None
    """To be ended with the case that they take; None while they work, or are away."""
    holds: PlayedCase | None = None
    pending: list[PlayedCase] = field(default_factory=list[PlayedCase])
    took: int = 0
    """The weight of what they took since their slot began, in hundredths."""

    available: Carrying | None = None
    """What they carry, where they can be handed something; None where they cannot, or it was not asked yet."""
    asked: bool = False

    def changed(self) -> None:
        """Something of theirs is otherwise than when it was last asked what they carry."""
        self.asked = False

    def carrying(self) -> Carrying | None:
        if not self.asked:
            self.asked, self.available = True, self._carrying() if self._is_available() else None
        return self.available

    def _is_available(self) -> bool:
        facts = AtWork(
            in_slot=self.in_slot,
            absent=False,
            signed_in=self.in_slot,
            active=True,
            open_cases=self._open_cases(),
            most=self.worker.most,
        )
        return not obstacles(facts)

    def _carrying(self) -> Carrying:
        pending = sum(one.weight for one in self.pending)
        held = self.holds.weight if self.holds is not None else 0
        return Carrying(
            candidate=Candidate(person_id=self.worker.id, moment=pending + held, shift=pending + self.took),
            pending=len(self.pending),
            free=None if self.worker.most is None else self.worker.most - self._open_cases(),
        )

    def _open_cases(self) -> int:
        return len(self.pending) + (self.holds is not None)
