"""Counting a month: the work that the facts say, what was left out, and what changed of closed months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.numbers.facts import Kind
from reading.roster import weights
from reading.roster.weights import Weight, Worked
from reading.statements.lines import Item, Key, adjustments, items_of
from reading.statements.months import ClosedMonth, Month
from reading.statements.price_list import Price
from reading.statements.rights import Scope
from reading.statements.work import COUNTED, Done, Service, Work, works_of
from reading.tables import (
    consultation,
    consultation_opinion,
    number_fact,
    organisation,
    statement_change,
    statement_item,
    statement_left_out,
    statement_line,
)
from storage.database import portions

EVERYTHING: Final = Scope(managed=None)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The cases of a month that is not closed: its own, and what changed of those before."""

    items: Sequence[Item]
    adjusted: Sequence[Item]


def count(
    tx: Connection, month: Month, done: Sequence[ClosedMonth], prices: Sequence[Price], scope: Scope = EVERYTHING
) -> Counted:
    """What counts in a month that is not closed; what changed stands in the one after the last closed month."""
    works = _works(tx, _cases_of(tx, month, scope))
    own = [one for one in works if month.starts_at <= one.at < month.ends_at and scope.sees(one.site_id, one.reader_id)]
    takes_up = bool(done) and done[-1].month.ends_at == month.starts_at
    return Counted(
        items=items_of(own, prices, month.zone),
        adjusted=_changed(tx, month, done[0].month.starts_at, prices, scope) if takes_up else (),
    )


def settled_items(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Item]:
    """Cases in the lines of closed months."""
    rows = tx.execute(
        sa.select(statement_item, statement_line)
        .join(statement_line, statement_line.c.id == statement_item.c.line_id)
        .where(condition)
        .order_by(statement_item.c.at, statement_item.c.case_id)
    ).mappings()
    item = statement_item.c
    return [
        Item(
            case_id=row[item.case_id],
            key=key_of(row),
            at=row[item.at],
            body_part=row[item.body_part],
            count=row[item["count"]],
            weight=row[item.weight],
        )
        for row in rows
    ]


def key_of(row: Mapping[str, object] | sa.RowMapping) -> Key:
    """The key of a row that has the columns of a line."""
    return Key(
        service=Service(row["service"]),
        site_id=str(row["site_id"]),
        reader_id=str(row["reader_id"]),
        modality=str(row["modality"]),
        price_id=None if row["price_id"] is None else str(row["price_id"]),
        adjusts=bool(row["adjusts"]),
    )


def _changed(tx: Connection, month: Month, since: datetime, prices: Sequence[Price], scope: Scope) -> list[Item]:
    """What the cases that changed since their month was closed count now, less what was settled of them."""
    found: list[Item] = []
    for some in portions(sorted(set(tx.scalars(sa.select(statement_change.c.case_id))))):
        works = _works(tx, number_fact.c.case_id.in_(some))
        now = [one for one in works if since <= one.at < month.starts_at]
        before = settled_items(tx, statement_item.c.case_id.in_(some))
        found += adjustments(items_of(now, prices, month.zone), before)
    return [one for one in found if scope.sees(one.key.site_id, one.key.reader_id)]


def within(tx: Connection, facts: sa.FromClause, month: Month) -> sa.ColumnElement[bool]:
    """The condition on facts for those of a month: by the index of sites and their days, and exactly by the instant."""
    sites = sorted(tx.scalars(sa.select(organisation.c.id)))
    first, last = month.starts_at.date() - _DAY, month.ends_at.date() + _DAY
    return (
        facts.c.site_id.in_(sites)
        & facts.c.day.between(first, last)
        & (facts.c.at >= month.starts_at)
        & (facts.c.at < month.ends_at)
    )


def _cases_of(tx: Connection, month: Month, scope: Scope) -> sa.ColumnElement[bool]:
    """The condition on facts for those of cases of which something may count in the month."""
    inner = number_fact.alias("within")
    of_month = sa.select(inner.c.case_id).where(inner.c.kind.in_(COUNTED), within(tx, inner, month))
    said = (
        sa.select(consultation.c.case_id)
        .join(consultation_opinion, consultation_opinion.c.consultation_id == consultation.c.id)
        .where(consultation_opinion.c.at >= month.starts_at, consultation_opinion.c.at < month.ends_at)
    )
    if scope.managed is not None:
        theirs = sorted(scope.managed)
        of_month = of_month.where(inner.c.site_id.in_(theirs) | inner.c.organisation_id.in_(theirs))
    return number_fact.c.case_id.in_(of_month.union(said))


def _works(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Work]:
    """What the facts that meet a condition say, without what was left out."""
    fact = number_fact.c
    rows = tx.execute(
        sa.select(
            *(fact.case_id, fact.site_id, fact.modality, fact.body_part),
            *(fact.kind, fact.at, fact.organisation_id, fact.weight),
        )
        .where(fact.kind.in_([*COUNTED, Kind.TAKEN]), condition)
        .order_by(fact.case_id, fact.number)
    ).all()
    opinions = _opinions(tx, {row.case_id for row in rows})
    out = _left_out(tx)
    roster = _Weights(tx)
    found: list[Work] = []
    for case_id, each in groupby(rows, key=lambda row: row.case_id):
        facts = list(each)
        found += [
            one
            for one in works_of(
                case_id=case_id,
                site_id=facts[0].site_id,
                modality=facts[0].modality,
                body_part=facts[0].body_part,
                facts=[
                    *(
                        Done(kind=Kind(row.kind), at=row.at, organisation_id=row.organisation_id, weight=row.weight)
                        for row in facts
                    ),
                    *opinions.get(case_id, ()),
                ],
                weighed=roster.of(facts[0].modality, facts[0].body_part),
            )
            if (one.case_id, one.service, one.reader_id) not in out
        ]
    return found


def _opinions(tx: Connection, case_ids: Iterable[str]) -> dict[str, list[Done]]:
    """The opinions on these cases; there are few consultations, and every one is looked at."""
    wanted = set(case_ids)
    found: defaultdict[str, list[Done]] = defaultdict(list)
    rows = tx.execute(
        sa.select(consultation.c.case_id, consultation_opinion.c.organisation_id, consultation_opinion.c.at)
        .join(consultation_opinion, consultation_opinion.c.consultation_id == consultation.c.id)
        .order_by(consultation_opinion.c.at)
    )
    for row in rows:
        if row.case_id in wanted:
            found[row.case_id].append(Done(kind=None, at=row.at, organisation_id=row.organisation_id))
    return found


def _left_out(tx: Connection) -> set[tuple[str, str, str]]:
    out = statement_left_out.c
    rows = tx.execute(sa.select(out.case_id, out.service, out.reader_id))
    return {(row.case_id, row.service, row.reader_id) for row in rows}


class _Weights:
    """The roster's weights of kinds of cases, as they were when a day began (UTC); each day is read once."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._by_day: dict[date, list[Weight]] = {}

    def of(self, modality: str, body_part: str) -> Callable[[datetime], int]:
        def weighed(at: datetime) -> int:
            day = at.astimezone(UTC).date()
            if day not in self._by_day:
                self._by_day[day] = weights.in_force(self._tx, datetime.combine(day, time(), UTC))
            case = Worked(modality=modality, body_part=body_part, contrast=None, views=1)
            return weights.weight_of(self._by_day[day], case)

        return weighed
