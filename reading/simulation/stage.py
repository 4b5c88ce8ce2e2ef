"""What stands in a model: its clock, its people, what waits, and the organisations where something has changed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import simpy

from reading.cases.moves import WAITING, Move
from reading.kinds import Role, Tier
from reading.overdue.capacity import OPEN
from reading.queue.order import Taker
from reading.queue.training import ATTENDING
from reading.roster.groups import ROLES
from reading.rules import staffing
from reading.simulation.person import Person
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Group, Region, Worker
from reading.simulation.waiting_lists import WaitingLists

_MICROSECOND: Final = timedelta(microseconds=1)


class Stage:
    """The time of the model is whole microseconds since the beginning."""

    def __init__(self, region: Region, skill_sets: frozenset[str], settle: Callable[[], None]) -> None:
        self.region = region
        self.env = simpy.Environment()
        self.lists = WaitingLists(region.readers)
        self.open: Counter[tuple[Tier, Group]] = Counter()
        """Cases that wait or are held, by tier and who reads there."""
        self.touched: dict[str, None] = {}
        """Organisations where something has changed that is not settled yet."""
        self.lapses: set[str] = set()
        """Those in which an assignment may have ended."""
        self.settling = False
        """Whether it is settled at the end of this moment."""
        self._settle = settle
        self._read_at, self._reads = self.env.now, region.starts
        """The clock when it was last looked at, and the moment that it said."""
        self.people = {one.id: self._person(one, skill_sets) for one in sorted(region.workers, key=lambda one: one.id)}
        self.staff: defaultdict[str, list[Person]] = defaultdict(list)
        for person in self.people.values():
            self.staff[person.worker.place].append(person)

    @property
    def now(self) -> datetime:
        if self.env.now != self._read_at:
            self._read_at, self._reads = self.env.now, self.region.starts + self.env.now * _MICROSECOND
        return self._reads

    def at(self, moment: datetime) -> int:
        return (moment - self.region.starts) // _MICROSECOND

    def call_at(self, moment: datetime, call: Callable[[], None]) -> None:
        """Call something at a moment; what is over by then does nothing."""
        if moment < self.region.ends:
            self.call_in(max(0, self.at(moment) - int(self.env.now)), call)

    def call_in(self, microseconds: int, call: Callable[[], None]) -> None:
        alarm = self.env.timeout(microseconds)
        assert alarm.callbacks is not None  # noqa: S101 -- it has not happened yet

        def rings(_: simpy.Event) -> None:
            call()

        alarm.callbacks.append(rings)

    def touch(self, place: str) -> None:
        self.touched[place] = None
        if not self.settling:
            self.settling = True
            self.call_in(0, self._settle)  # everything else of this moment comes before it

    def lapse(self, place: str) -> None:
        self.lapses.add(place)
        self.touch(place)

    def free(self, person: Person, case: PlayedCase) -> None:
        """A case waits for this person no longer; whoever reads there may take it."""
        person.pending.remove(case)
        person.changed()
        self.lists.assign(case, None, None)
        self.touch_readers(case)

    def open_for_all(self, case: PlayedCase) -> None:
        """Half of its time is over, so it waits for no skill any more (`reading.queue.lapses.open_for_all`)."""
        if case.skills and case.skills_until <= self.now and case.state in WAITING:
            self.lists.remove(case)
            case.skills = ""
            self.lists.add(case)
            self.touch_readers(case)

    def stop_waiting(self, case: PlayedCase) -> None:
        self.lists.remove(case)
        if case.assigned_to is not None:
            waited_for = self.people[case.assigned_to]
            waited_for.pending.remove(case)
            waited_for.changed()
            case.assigned_to = case.assigned_until = None

    def move(self, case: PlayedCase, move: Move, tier: Tier | None = None) -> None:
        before = self.where(case) if case.state in OPEN else None
        case.move(move, at=self.now, tier=tier)
        after = self.where(case) if case.state in OPEN else None
        if before != after:
            if before is not None:
                self.open[before] -= 1
            if after is not None:
                self.open[after] += 1

    def where(self, case: PlayedCase) -> tuple[Tier, tuple[str, ...]]:
        return case.tier, self.region.readers[case.site_id, case.tier]

    def touch_readers(self, case: PlayedCase) -> None:
        for place in self.region.readers[case.site_id, case.tier]:
            self.touch(place)

    def _person(self, worker: Worker, sets: frozenset[str]) -> Person:
        reads = self.region.reads
        desks = {
            (step, tier): reads[tier, worker.place]
            for (step, tier), roles in ROLES.items()
            if not worker.roles.isdisjoint(roles) and (tier, worker.place) in reads
        }
        taker = Taker(
            person_id=worker.id,
            desks=desks,
            skill_sets=staffing.met(sets, worker.skills),
            in_training=Role.RESIDENT in worker.roles,
            attends=() if worker.roles.isdisjoint(ATTENDING) else (worker.place,),
        )
        return Person(worker=worker, taker=taker)
