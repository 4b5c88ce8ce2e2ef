"""Keeping the numbers right: what changed of cases becomes facts again, and the sums of their days are made anew."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.numbers import rollup
from reading.numbers.facts import FIELDS, Fact, facts_of
from reading.numbers.measures import Grain
from reading.numbers.raw import histories
from reading.numbers.rollup import Place
from reading.tables import number_change, number_fact


@dataclass(frozen=True, kw_only=True)
class Changed:
    """Cases of which rows changed, with the ids of those changes and the facts that they make now."""

    changes: dict[str, list[str]]
    """By case."""
    facts: dict[str, tuple[Fact, ...]]


def changed(tx: Connection, limit: int) -> Changed:
    """Some of the changes that nobody has taken up, and the facts of their cases as they are now.

    The changes are read first: whatever comes while the rows of a case are read is a change of its own.
    """
    change = number_change.c
    changes: defaultdict[str, list[str]] = defaultdict(list)
    for row in tx.execute(sa.select(change.id, change.case_id).limit(limit)):
        changes[row.case_id].append(row.id)
    return Changed(changes=dict(changes), facts=facts_by_case(tx, sorted(changes)))


def enter(tx: Connection, found: Changed) -> int:
    """Replace the facts of cases, unless another process has taken up all of their changes; answers of how many.

    Whoever read later saw more of the changes than those who read before, or all that they saw are gone.
    """
    rollup.one_at_a_time(tx)
    ids = [one for each in found.changes.values() for one in each]
    if not ids:
        return 0
    gone = set(tx.scalars(sa.delete(number_change).where(number_change.c.id.in_(ids)).returning(number_change.c.id)))
    case_ids = [case_id for case_id, changes in found.changes.items() if gone.intersection(changes)]
    replace(tx, {case_id: found.facts.get(case_id, ()) for case_id in case_ids})
    return len(case_ids)


def replace(tx: Connection, facts: dict[str, tuple[Fact, ...]]) -> None:
    """Put these facts in the place of those that the cases had, and mark the days of both."""
    theirs = number_fact.c.case_id.in_(facts)
    before = tx.execute(sa.select(number_fact.c.site_id, number_fact.c.day).where(theirs).distinct()).all()
    tx.execute(sa.delete(number_fact).where(theirs))
    rows = [row_of(one) for each in facts.values() for one in each]
    if rows:
        tx.execute(sa.insert(number_fact), rows)
    places: set[Place] = {(row.site_id, row.day) for row in before}
    places |= {(one.site_id, one.day) for each in facts.values() for one in each}
    rollup.mark(tx, Grain.DAY, places)


def waits(tx: Connection, today: date) -> bool:
    """Whether there are sums to be made anew."""
    if rollup.spreading(tx):
        return True
    days, months = rollup.stale(tx, Grain.DAY, 1), rollup.stale(tx, Grain.MONTH, 1, before=rollup.closed_before(today))
    return bool(days or months)


def sum_up(tx: Connection, today: date, limit: int) -> int:
    """Make the sums of some marked days and of months that are over anew; answers of how many."""
    rollup.one_at_a_time(tx)
    if rollup.spread(tx):
        return 1
    days = rollup.stale(tx, Grain.DAY, limit)
    if days:
        rollup.sum_days(tx, days)
        return len(days)
    months = rollup.stale(tx, Grain.MONTH, limit, before=rollup.closed_before(today))
    if months:
        rollup.sum_months(tx, months)
    return len(months)


def row_of(fact: Fact) -> dict[str, object]:
    return {name: getattr(fact, name) for name in FIELDS}


def facts_by_case(tx: Connection, case_ids: Sequence[str]) -> dict[str, tuple[Fact, ...]]:
    """The facts that the rows of these cases make now."""
    return {one.id: facts_of(one) for one in histories(tx, case_ids)}
