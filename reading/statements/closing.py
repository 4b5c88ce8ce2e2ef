"""Closing a month: its lines and their cases become rows that nobody changes, and what comes later is adjusted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, Stale
from reading.numbers import keeping, rollup
from reading.register import region_clock
from reading.roster.rights import author
from reading.statements import months, rights
from reading.statements.counting import count
from reading.statements.dispute_moves import State
from reading.statements.lines import Item, Line, lines_of
from reading.statements.prices import all_prices
from reading.tables import (
    statement_change,
    statement_dispute,
    statement_item,
    statement_line,
    statement_month,
)
from reading.viewers import Staff
from storage.ids import new_id

AT_ONCE: Final = 100
MOST_WAITING: Final = 2000
"""Changes that are counted on the way; with more of them the month is not closed."""


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """What closing a month fixes for every institution."""

    lines: int
    cases: int
    fen: int


@without_door("It counts cases of institutions, and names no patient.")
def preview(ctx: Context[Staff | Actor], first: date) -> Fixed:
    """What closing a month would fix, as it counts at this moment.

    Raises:
        NotThere, NotAllowed: as `close`, apart from changes that are not counted yet.

    """
    rights.must_keep(ctx)
    done = months.closed(ctx.tx)
    lines, _ = _counted(ctx, _closable(ctx, first, done), done)
    return _fixed(lines)


@without_door("It counts cases of institutions, and names no patient.")
def close(ctx: Context[Staff | Actor], first: date, *, seen: Fixed | None = None) -> list[Line]:
    """Close a month for the whole region; answers its lines.

    The first month that is closed is where statements begin; from then on one follows the other. ``seen`` is what
    they were shown before they decided; None: whatever it is.

    Raises:
        NotThere: they are no quality manager.
        NotAllowed: they are none of a top organisation; the month is not over, is closed, lies before the first case,
            or another one comes first; cases that changed are not counted yet; a dispute is open; the price list says
            nothing of some work.
        Stale: it counts otherwise than what they were shown.

    """
    rights.must_keep(ctx)
    months.one_at_a_time(ctx.tx)
    # What the worker makes of changed cases comes before this month is closed, or is seen as a change afterwards.
    rollup.one_at_a_time(ctx.tx)
    done = months.closed(ctx.tx)
    month = _closable(ctx, first, done)
    _take_up_changes(ctx)
    lines, items = _counted(ctx, month, done)
    if seen not in {None, _fixed(lines)}:
        raise Stale
    _write(ctx, month, lines, items)
    ctx.tx.execute(sa.delete(statement_change))
    details = {"month": first.isoformat(), "lines": len(lines), "fen": sum(one.fen for one in lines)}
    ctx.record(action=Action.STATEMENT_CLOSE, subject_kind="statement", subject_id="", details=details)
    return lines


def _closable(ctx: Context[Staff | Actor], first: date, done: list[months.ClosedMonth]) -> months.Month:
    month = months.month_of(first, region_clock.zone(ctx.tx))
    if any(one.month.first == first for one in done):
        raise NotAllowed("month_is_closed")
    if months.next_open(done) not in {None, first}:
        raise NotAllowed("another_month_is_next")
    if ctx.now < month.ends_at:
        raise NotAllowed("month_is_not_over")
    begins = months.begins(ctx.tx)
    if begins is None or first < begins:
        raise NotAllowed("month_before_the_first_case")
    waiting = (statement_dispute.c.state == State.OPEN) & (statement_dispute.c.settle_in <= first)
    if ctx.tx.scalar(sa.select(statement_dispute.c.id).where(waiting).limit(1)) is not None:
        raise NotAllowed("disputes_are_open")
    return month


def _counted(
    ctx: Context[Staff | Actor], month: months.Month, done: list[months.ClosedMonth]
) -> tuple[list[Line], list[Item]]:
    prices = all_prices(ctx.tx)
    counted = count(ctx.tx, month, done, prices)
    items = [*counted.items, *counted.adjusted]
    lines = lines_of(items, {one.id: one for one in prices})
    if any(one.price_fen is None and not one.key.adjusts for one in lines):
        raise NotAllowed("work_without_a_price")
    return lines, items


def _fixed(lines: list[Line]) -> Fixed:
    return Fixed(lines=len(lines), cases=sum(one.count for one in lines), fen=sum(one.fen for one in lines))


def _take_up_changes(ctx: Context[Staff | Actor]) -> None:
    """Count what changed and the worker has not come to yet, unless it is much: then the worker is away."""
    for _ in range(MOST_WAITING // AT_ONCE):
        if not keeping.enter(ctx.tx, keeping.changed(ctx.tx, AT_ONCE)):
            return
    raise NotAllowed("still_being_counted")


def _write(ctx: Context[Staff | Actor], month: months.Month, lines: list[Line], items: list[Item]) -> None:
    month_id = new_id()
    ctx.tx.execute(
        sa.insert(statement_month),
        {
            "id": month_id,
            "first": month.first,
            "starts_at": month.starts_at,
            "ends_at": month.ends_at,
            "time_zone": str(month.zone),
            "closed_at": ctx.now,
            "closed_by": author(ctx.who),
        },
    )
    if not lines:
        return
    ids = {one.key: new_id() for one in lines}
    ctx.tx.execute(
        sa.insert(statement_line),
        [
            {
                "id": ids[one.key],
                "month_id": month_id,
                "service": one.key.service,
                "site_id": one.key.site_id,
                "reader_id": one.key.reader_id,
                "modality": one.key.modality,
                "price_id": one.key.price_id,
                "adjusts": one.key.adjusts,
                "per": one.per,
                "price_fen": one.price_fen,
                "count": one.count,
                "weight": one.weight,
                "fen": one.fen,
            }
            for one in lines
        ],
    )
    ctx.tx.execute(
        sa.insert(statement_item),
        [
            {
                "line_id": ids[one.key],
                "case_id": one.case_id,
                "at": one.at,
                "body_part": one.body_part,
                "count": one.count,
                "weight": one.weight,
            }
            for one in items
        ],
    )
