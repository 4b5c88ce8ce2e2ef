"""The order of the queue as a function: which of the cases that wait somebody is handed when they ask for the next.

`reading.queue.claiming` says the same to the database, in one statement that also moves the case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from reading.cases.moves import SIGNS_AS, SigningRole, Step
from reading.kinds import Priority, Tier
from reading.roster.groups import READS


class Waits(Protocol):
    """A case that waits for a step."""

    @property
    def id(self) -> str: ...
    @property
    def site_id(self) -> str: ...
    @property
    def step(self) -> Step: ...
    @property
    def tier(self) -> Tier: ...
    @property
    def rank(self) -> int: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def skills(self) -> str:
        """As `reading.rules.staffing.asked`."""
        ...

    @property
    def assigned_to(self) -> str | None: ...
    @property
    def assigned_until(self) -> datetime | None: ...
    @property
    def roles(self) -> Mapping[str, Collection[SigningRole]]:
        """By person: the roles in which they signed or reviewed it."""
        ...

    @property
    def by_two(self) -> bool:
        """Whether two people read it blind."""
        ...

    @property
    def countersign_at(self) -> str | None:
        """The organisation whose attendings countersign it; None where there is none, or nobody there could."""
        ...

    @property
    def disputed(self) -> bool:
        """Whether its author ever disputed a review."""
        ...


WaitsT = TypeVar("WaitsT", bound=Waits)


@dataclass(frozen=True, kw_only=True)
class Taker:
    """Somebody who asks for the next case."""

    person_id: str
    desks: Mapping[tuple[Step, Tier], Collection[str]]
    """The sites for which they may take each step at each tier."""
    skill_sets: Collection[str]
    at_limit: bool = False
    in_training: bool = False
    attends: Collection[str] = ()
    """The organisations whose residents they countersign."""


def may_take(one: Waits, taker: Taker, now: datetime) -> bool:
    """Whether somebody may be given a case that waits.

    What a second reader was told of the first reading is not asked here: nobody is told before both have read.
    """
    return (
        one.site_id in taker.desks.get((one.step, one.tier), ())
        and (one.step not in READS or one.skills in taker.skill_sets)
        and is_free(one, taker.person_id, now)
        and not (taker.at_limit and one.rank != Priority.EMERGENCY.rank)
        and not is_barred(one, taker.person_id)
        and fits_training(one, taker)
    )


def fits_training(one: Waits, taker: Taker) -> bool:
    """Whether no resident reads blind, and an attending of the resident's organisation countersigns."""
    if one.step is Step.VERIFY:
        return one.countersign_at in {None, *taker.attends}
    return not taker.in_training or one.step not in READS or not (one.by_two or one.step is Step.SECOND)


def is_free(one: Waits, person_id: str, now: datetime) -> bool:
    """Whether a case waits for nobody else."""
    return one.assigned_to in {None, person_id} or one.assigned_until is None or one.assigned_until <= now


def is_barred(one: Waits, person_id: str) -> bool:
    """Whether somebody's earlier acts on a case bar them from its step."""
    acted = one.roles.get(person_id, ())
    reviewed = SigningRole.REVIEWER in acted and (one.step is not Step.REVIEW or one.disputed)
    return reviewed or any(role is not SIGNS_AS[one.step] for role in acted)


def place(one: Waits, person_id: str) -> tuple[int, bool, datetime, str]:
    """The place of a case in somebody's queue: by rank, then what waits for them, then what is due first."""
    return one.rank, one.assigned_to != person_id, one.due_at, one.id


def first(waiting: Iterable[WaitsT], taker: Taker, now: datetime) -> WaitsT | None:
    """The case that somebody is given when they ask for the next one; None: there is none for them."""
    fit = (one for one in waiting if may_take(one, taker, now))
    return min(fit, key=lambda one: place(one, taker.person_id), default=None)
