"""The statement of a month as either institution sees it: its lines, the cases of a line, and the list of months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa

from reading.access import door, visibility
from reading.actions import Action
from reading.audit import Actor
from reading.context import Acts, Context, without_door
from reading.errors import NotThere
from reading.register import region_clock
from reading.statements import months, rights
from reading.statements.counting import count, key_of, settled_items
from reading.statements.dispute_moves import State
from reading.statements.lines import Item, Key, Line, lines_of
from reading.statements.money import Per
from reading.statements.months import ClosedMonth, Month
from reading.statements.prices import all_prices
from reading.statements.rights import Scope
from reading.statements.work import Service
from reading.tables import case, organisation, statement_dispute, statement_line
from reading.viewers import Staff
from storage.database import portions

AT_ONCE: Final = 200
SHOWN: Final = 13
"""Months in the list: this one and a year."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A month with the lines that somebody sees."""

    month: Month
    lines: Sequence[Line]
    closed: ClosedMonth | None
    names: Mapping[str, str]
    """Of organisations, by id."""
    unpriced: int
    """Lines without a price, of the month itself."""
    open_disputes: int
    """Those that have to be settled before it is closed."""
    is_over: bool
    is_next: bool
    """It comes after the last closed one, or none is closed and it does not lie before the first case."""
    may_close: bool
    """They close months, once this one is over and nothing keeps it open."""


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A case of a line that somebody may see; without its patient."""

    case_id: str
    at: datetime
    modality: str
    body_part: str
    count: int
    weight: int


@dataclass(frozen=True, kw_only=True)
class Cases:
    line: Line
    zone: str
    shown: Sequence[Opened]
    hidden: int
    """Cases of the line that they may not open: their number alone is told."""
    more: bool


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A month in the list."""

    first: date
    closed: ClosedMonth | None
    open_disputes: int
    reports: int
    """Of a closed month, as `fen`: those that were settled, with what was adjusted."""
    fen: int


@without_door("It counts cases of institutions that they manage, and names no patient and no case.")
def listed(ctx: Context[Staff | Actor]) -> list[Listed]:
    """The present month and those of a year before it, the latest first; of closed ones what was settled.

    Months that lie before the first case and are not closed are left out.

    Raises:
        NotThere: they are no quality manager.

    """
    scope = rights.scope_of(ctx)
    done = {one.month.first: one for one in months.closed(ctx.tx)}
    at = ctx.now.astimezone(region_clock.zone(ctx.tx)).date().replace(day=1)
    disputes = _open_disputes(ctx, scope)
    begins = months.begins(ctx.tx) or at
    found: list[Listed] = []
    while len(found) < SHOWN and (at >= begins or at in done):
        closed = done.get(at)
        lines = [] if closed is None else _settled_lines(ctx, closed, scope)
        found.append(
            Listed(
                first=at,
                closed=closed,
                open_disputes=disputes.get(at, 0),
                reports=sum(one.count for one in lines if one.key.service is Service.REPORT),
                fen=sum(one.fen for one in lines),
            )
        )
        at = months.before(at)
    return found


@without_door("It counts cases of institutions that they manage, and names no patient and no case.")
def of_month(ctx: Context[Staff | Actor], first: date) -> Statement:
    """A month: of a closed one what was settled, of another what counts at this moment.

    Raises:
        NotThere: they are no quality manager, or the month has not begun.

    """
    scope = rights.scope_of(ctx)
    done = months.closed(ctx.tx)
    month, closed = _month(ctx, first, done)
    lines = _settled_lines(ctx, closed, scope) if closed is not None else _counted_lines(ctx, month, done, scope)
    ids = {each for one in lines for each in (one.key.site_id, one.key.reader_id)}
    named = sa.select(organisation.c.id, organisation.c.name).where(organisation.c.id.in_(ids))
    return Statement(
        month=month,
        lines=lines,
        closed=closed,
        names={row.id: row.name for row in ctx.tx.execute(named)},
        unpriced=sum(one.price_fen is None and not one.key.adjusts for one in lines),
        open_disputes=_open_disputes(ctx, scope).get(first, 0),
        is_over=ctx.now >= month.ends_at,
        is_next=closed is None and months.next_open(done) in {None, first} and _has_begun(ctx, first),
        may_close=rights.keeps(ctx),
    )


def cases_of(acts: Acts[Staff], first: date, key: Key, *, skip: int = 0) -> Cases:
    """The cases of a line through the door: those that somebody may see, without their patients.

    It is on record before they are counted, and no writer waits for the counting.

    Raises:
        NotThere: they do not see the line, or there is none.

    """
    with acts.act() as ctx:
        if not rights.scope_of(ctx).sees(key.site_id, key.reader_id):
            raise NotThere
        door.open_list(ctx, Action.STATEMENT_CASES)
    with acts.look() as ctx:
        line, items, zone = line_and_items(ctx, first, key)
        seen = sa.select(case.c.id).where(visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
        visible: set[str] = set()
        for some in portions(sorted({one.case_id for one in items})):
            visible.update(ctx.tx.scalars(seen.where(case.c.id.in_(some))))
    shown = [one for one in items if one.case_id in visible]
    return Cases(
        line=line,
        zone=zone,
        shown=[
            Opened(
                case_id=one.case_id,
                at=one.at,
                modality=one.key.modality,
                body_part=one.body_part,
                count=one.count,
                weight=one.weight,
            )
            for one in shown[skip : skip + AT_ONCE]
        ],
        hidden=len(items) - len(shown),
        more=len(shown) > skip + AT_ONCE,
    )


@without_door("It names cases by their ids alone, for acts on the line.")
def line_and_items(ctx: Context[Staff | Actor], first: date, key: Key) -> tuple[Line, list[Item], str]:
    """A line with its cases by time, and the name of the clock.

    Raises:
        NotThere: they do not see the line, or there is none.

    """
    scope = rights.scope_of(ctx)
    if not scope.sees(key.site_id, key.reader_id):
        raise NotThere
    done = months.closed(ctx.tx)
    month, closed = _month(ctx, first, done)
    if closed is not None:
        lines = _settled_lines(ctx, closed, scope)
        items = settled_items(ctx.tx, statement_line.c.month_id == closed.id)
    else:
        prices = all_prices(ctx.tx)
        pair = Scope(managed=frozenset({key.site_id, key.reader_id}))
        counted = count(ctx.tx, month, done, prices, pair)
        items = [*counted.items, *counted.adjusted]
        lines = lines_of([one for one in items if one.key == key], {one.id: one for one in prices})
    line = next((one for one in lines if one.key == key), None)
    if line is None:
        raise NotThere
    of_line = sorted((one for one in items if one.key == key), key=lambda one: (one.at, one.case_id))
    return line, of_line, str(month.zone)


def _has_begun(ctx: Context[Staff | Actor], first: date) -> bool:
    begins = months.begins(ctx.tx)
    return begins is not None and begins <= first


def _month(ctx: Context[Staff | Actor], first: date, done: Sequence[ClosedMonth]) -> tuple[Month, ClosedMonth | None]:
    closed = next((one for one in done if one.month.first == first), None)
    month = closed.month if closed is not None else months.month_of(first, region_clock.zone(ctx.tx))
    if month.starts_at > ctx.now:
        raise NotThere
    return month, closed


def _counted_lines(ctx: Context[Staff | Actor], month: Month, done: Sequence[ClosedMonth], scope: Scope) -> list[Line]:
    prices = all_prices(ctx.tx)
    counted = count(ctx.tx, month, done, prices, scope)
    return lines_of([*counted.items, *counted.adjusted], {one.id: one for one in prices})


def _settled_lines(ctx: Context[Staff | Actor], closed: ClosedMonth, scope: Scope) -> list[Line]:
    of_month = sa.select(statement_line).where(statement_line.c.month_id == closed.id).order_by(statement_line.c.id)
    lines = [
        Line(
            key=key_of(row),
            per=None if row["per"] is None else Per(row["per"]),
            price_fen=row["price_fen"],
            count=row["count"],
            weight=row["weight"],
            fen=row["fen"],
        )
        for row in ctx.tx.execute(of_month).mappings()
    ]
    return [one for one in lines if scope.sees(one.key.site_id, one.key.reader_id)]


def _open_disputes(ctx: Context[Staff | Actor], scope: Scope) -> dict[date, int]:
    found: dict[date, int] = {}
    rows = ctx.tx.execute(sa.select(statement_dispute).where(statement_dispute.c.state == State.OPEN))
    for row in rows:
        if scope.sees(row.site_id, row.reader_id):
            found[row.settle_in] = found.get(row.settle_in, 0) + 1
    return found
