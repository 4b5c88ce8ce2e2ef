"""Fitness: which of the skills that rules ask for somebody has, and whether they have as many cases as they may."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.queue.waiting import NOW
from reading.roster import skills
from reading.row_rules import valid_at
from reading.rules import policy, staffing
from reading.tables import case_limit, lease, person_skill
from reading.tables import policy as policies

PERSON: Final = sa.bindparam("person", type_=sa.String)
_ASKED: Final = sa.union_all(
    sa.select(sa.literal_column("'skill'").label("what"), person_skill.c.code.label("said")).where(
        person_skill.c.person_id == PERSON, valid_at(person_skill, NOW)
    ),
    sa.select(sa.literal_column("'policy'"), policies.c.id),
    sa.select(sa.literal_column("'most'"), sa.cast(case_limit.c.most, sa.String)).where(
        case_limit.c.person_id == PERSON, valid_at(case_limit, NOW)
    ),
    sa.select(sa.literal_column("'held'"), sa.cast(sa.func.count(), sa.String))
    .select_from(lease)
    .where(lease.c.person_id == PERSON, lease.c.parked_at.is_(None)),  # what is put aside makes room for the urgent
)


@dataclass(frozen=True, kw_only=True)
class Fitness:
    skill_sets: tuple[str, ...]
    """The sets of skills of all rules that the person has; the empty one is always among them."""
    is_limited: bool
    at_limit: bool
    """They work at as many cases as they may; what lies aside is not counted."""


def fitness_of(tx: Connection, person_id: str, now: datetime) -> Fitness:
    """What somebody may be given, in one question: it is asked at every claim."""
    said: dict[str, list[str]] = {"skill": [], "policy": [], "most": [], "held": []}
    for what, value in tx.execute(_ASKED, {"person": person_id, "now": now}):
        said[what].append(value)
    most = min(map(int, said["most"]), default=None)
    return Fitness(
        skill_sets=tuple(sorted(staffing.met(_sets(tx, said["policy"]), said["skill"]))),
        is_limited=most is not None,
        at_limit=most is not None and int(said["held"][0]) >= most,
    )


def sets_of_people(tx: Connection, person_ids: Iterable[str], now: datetime) -> dict[str, frozenset[str]]:
    """The sets of skills of all rules that each person has."""
    people = list(person_ids)
    sets = _sets(tx, tx.scalars(sa.select(policies.c.id)).all())
    had: dict[str, list[str]] = {one: [] for one in people}
    for one in skills.list_of(tx, people, now):
        had[one.person_id].append(one.code)
    return {one: staffing.met(sets, codes) for one, codes in had.items()}


def _sets(tx: Connection, ids: Sequence[str]) -> frozenset[str]:
    rules = (rule for one in ids for rule in policy.by_id(tx, one).rules)
    return frozenset(staffing.asked(rule.skills) for rule in rules)
