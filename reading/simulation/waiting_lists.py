"""The cases of a model that wait, in lists of those that the same people are handed, each in the order of the queue."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from heapq import merge
from typing import TypeAlias

from reading.cases.moves import Step
from reading.kinds import Tier
from reading.roster.groups import READS
from reading.simulation.played_case import PlayedCase
from reading.simulation.region import Group

Key: TypeAlias = tuple[Step, Tier, Group, str]
"""Step, tier, who reads there, and the set of skills that is asked for."""
Stand: TypeAlias = tuple[Step, Tier]
_Entry: TypeAlias = tuple[int, datetime, str, PlayedCase]


class WaitingLists:
    def __init__(self, readers: dict[tuple[str, Tier], Group]) -> None:
        self._readers = readers
        self._lists: defaultdict[Key, list[_Entry]] = defaultdict(list)
        self._keys: defaultdict[str, defaultdict[Stand, list[Key]]] = defaultdict(lambda: defaultdict(list))
        """By organisation, step and tier: the lists that it reads from."""
        self._loose: Counter[tuple[str, Step, Tier]] = Counter()
        """By organisation, step and tier: cases that wait for nobody."""
        self.length = 0

    def add(self, case: PlayedCase) -> None:
        key = self._key(case)
        if key not in self._lists:
            for place in key[2]:
                self._keys[place][case.step, case.tier].append(key)
        insort(self._lists[key], _entry(case))
        self._count(case, 1)

    def remove(self, case: PlayedCase) -> None:
        found = self._lists[self._key(case)]
        del found[bisect_left(found, _entry(case))]
        self._count(case, -1)

    def assign(self, case: PlayedCase, person_id: str | None, until: datetime | None) -> None:
        """Let a case that waits wait for somebody; None: for nobody any more."""
        self._count(case, -1)
        case.assigned_to, case.assigned_until = person_id, until
        self._count(case, 1)

    def loose(self, place: str) -> list[Stand]:
        """The steps and tiers of an organisation at which cases wait for nobody."""
        return [stand for stand in self._keys[place] if self._loose[place, *stand] > 0]

    def of_place(self, stand: Stand, place: str, skill_sets: Collection[str]) -> list[Iterator[PlayedCase]]:
        """What waits for a step where an organisation reads, for people with these sets of skills: one list a queue."""
        return [map(_case, self._lists[key]) for key in self._fit(stand, place, skill_sets)]

    def in_order(self, stand: Stand, place: str, skill_sets: Collection[str]) -> Iterator[PlayedCase]:
        """The same as one list, by rank and due time."""
        found = [self._lists[key] for key in self._fit(stand, place, skill_sets)]
        return map(_case, found[0] if len(found) == 1 else merge(*found))

    def _fit(self, stand: Stand, place: str, skill_sets: Collection[str]) -> list[Key]:
        keys = self._keys[place][stand]
        return [key for key in keys if self._lists[key] and (stand[0] not in READS or key[3] in skill_sets)]

    def _count(self, case: PlayedCase, number: int) -> None:
        self.length += number
        for place in self._readers[case.site_id, case.tier]:
            if case.assigned_to is None:
                self._loose[place, case.step, case.tier] += number

    def _key(self, case: PlayedCase) -> Key:
        skills = case.skills if case.step in READS else ""
        return case.step, case.tier, self._readers[case.site_id, case.tier], skills


def _entry(case: PlayedCase) -> _Entry:
    return case.rank, case.due_at, case.id, case


def _case(entry: _Entry) -> PlayedCase:
    return entry[3]
