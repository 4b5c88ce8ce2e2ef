"""What the worker's step does in a model: assignments end, and what waits is handed to those on duty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from reading.cases.moves import SigningRole
from reading.queue import order
from reading.queue.assigning import AT_ONCE, OF_EACH_SITE, ONCE_IN
from reading.queue.assignment_end import Standing, end_of
from reading.queue.handing import Handing
from reading.roster.groups import GROUP_OF, ROLES
from reading.simulation.person import Person
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Place
from reading.simulation.stage import Stage
from reading.simulation.waiting_lists import Stand


class HandingOut:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def hand_out(self) -> None:
        done: set[str] = set()
        while places := sorted(self._stage.touched.keys() - done):
            done.update(places)
            for place in places:
                if place in self._stage.lapses:
                    self._stage.lapses.discard(place)
                    self._pass_on(place)
                stands = self._stage.lists.loose(place)
                if stands and self._stage.region.places[place].keeps_roster:
                    self._assign(self._stage.region.places[place], stands)

    def _pass_on(self, place: str) -> None:
        """End the assignments that no longer hold (`reading.queue.lapses`)."""
        for person in self._stage.staff[place]:
            for case in list(person.pending):
                standing = Standing(
                    waits=True,
                    absent=False,
                    in_slot=person.in_slot,
                    away=False,
                    over=case.assigned_until is not None and case.assigned_until <= self._stage.now,
                )
                if end_of(standing) is not None:
                    self._stage.free(person, case)

    def _assign(self, place: Place, stands: Collection[Stand]) -> None:
        """Hand out what waits at these steps and tiers (`reading.queue.assigning`)."""
        carried = [(one, carrying) for one in self._stage.staff[place.id] if (carrying := one.carrying()) is not None]
        there = [one for one, _ in carried]
        handing = Handing((carrying for _, carrying in carried), ahead=place.terms.ahead)
        for stand, roles in ROLES.items():
            if stand not in stands:
                continue
            people = [
                one for one in there if one.worker.step is GROUP_OF[stand[0]] and not one.worker.roles.isdisjoint(roles)
            ]
            room = {one.worker.id for one in people if handing.room(one.worker.id) > 0}
            for case in self._unassigned(stand, place.id, people) if room else ():
                fit = [one.worker.id for one in people if self._may_be_handed(one, case)]
                chosen = handing.whom(fit, urgent=case.urgent)
                if chosen is None:
                    continue
                handing.hand(chosen, case.weight)
                self._let_wait(self._stage.people[chosen], case, place)
                if handing.room(chosen) <= 0:
                    room.discard(chosen)
                if not room:
                    break

    def _unassigned(self, stand: Stand, place: str, people: Sequence[Person]) -> Iterator[PlayedCase]:
        """The most urgent cases that wait for nobody: as many, and as many of each site, as are looked at in one go."""
        sets = frozenset[str]().union(*(one.taker.skill_sets for one in people))
        of_site: Counter[tuple[str, str]] = Counter()
        looked_at = 0
        for case in self._stage.lists.in_order(stand, place, sets):
            if case.assigned_to is None and of_site[case.site_id, case.skills] < OF_EACH_SITE:
                of_site[case.site_id, case.skills] += 1
                looked_at += 1
                yield case
                if looked_at == AT_ONCE:
                    return

    def _may_be_handed(self, person: Person, case: PlayedCase) -> bool:
        had = case.had.get((person.worker.id, case.step))
        lately = had is not None and had > self._stage.now - ONCE_IN
        reviewed = SigningRole.REVIEWER in case.roles.get(person.worker.id, ())
        return not lately and not reviewed and order.may_take(case, person.taker, self._stage.now)

    def _let_wait(self, person: Person, case: PlayedCase, place: Place) -> None:
        until = self._stage.now + place.terms.take_within(urgent=case.urgent)
        self._stage.lists.assign(case, person.worker.id, until)
        case.had[person.worker.id, case.step] = self._stage.now
        person.pending.append(case)
        person.changed()
        self._stage.call_at(until, lambda: self._stage.lapse(place.id))
