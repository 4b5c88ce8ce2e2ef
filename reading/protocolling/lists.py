"""Lists of questions before an examination: what waits for whoever answers, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.context import Context, without_door
from reading.kinds import Priority, Role
from reading.orders.order_state import OPEN
from reading.protocolling.moves import State
from reading.protocolling.request_rows import ProtocolRequest, is_answered, joined, select
from reading.register.grants import may_act, reach
from reading.row_rules import word
from reading.viewers import Staff

LATELY: Final = timedelta(days=14)
"""So long answers stay listed for whoever gave them."""
ANSWERED_BY: Final = (Role.READER, Role.VERIFIER, Role.REVIEWER)
"""Who says how an examination is made; residents do not."""


def answers(staff: Staff) -> bool:
    """Whether they answer such questions at all, of whatever site."""
    return any(staff.holds(role) for role in ANSWERED_BY)


@without_door("A rule about somebody's roles at a site.")
def may_answer(ctx: Context[Staff], site_id: str) -> bool:
    return any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in ANSWERED_BY)


@without_door("The page records the look at the list first; the rows are of sites for which they read.")
def waiting_for(ctx: Context[Staff]) -> Sequence[ProtocolRequest]:
    """The open questions of the sites for which they read, the most urgent and then the oldest first."""
    order = tables.imaging_order.c
    urgency = sa.case(*((order.priority == each, each.rank) for each in Priority))
    return select(ctx.tx, _waits(ctx), (urgency, tables.protocol_request.c.asked_at, tables.protocol_request.c.id))


@without_door("The page records the look at the list first; the rows are of sites for which they read.")
def answered_by_them(ctx: Context[Staff]) -> Sequence[ProtocolRequest]:
    """What they answered lately, the newest first."""
    row, site = tables.protocol_request.c, tables.imaging_order.c.site_id
    theirs = is_answered() & (row.ended_by == ctx.who.person_id) & (row.ended_at >= ctx.now - LATELY)
    seen = site.in_(reach(ctx.tx, ctx.who, ctx.now).read)
    return select(ctx.tx, theirs & seen, (row.ended_at.desc(), row.id.desc()))


@without_door("A number; nothing of a patient is in it.")
def count(ctx: Context[Staff]) -> int:
    """How many questions wait for whoever reads for their sites."""
    return _number(ctx.tx, _waits(ctx))


@without_door("A number; nothing of a patient is in it.")
def count_unread(ctx: Context[Staff]) -> int:
    """How many answers nobody at their own sites has noted, of examinations that are still to be made."""
    own = tables.imaging_order.c.site_id.in_(reach(ctx.tx, ctx.who, ctx.now).own)
    return _number(ctx.tx, own & is_answered() & _to_be_made() & tables.protocol_request.c.read_at.is_(None))


def _waits(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    """Open, of an examination that is still to be made, at a site for which they answer; never one of their own."""
    row, site = tables.protocol_request.c, tables.imaging_order.c.site_id
    if not answers(ctx.who):
        return sa.false()
    asked = _to_be_made() & (row.state == word(State.OPEN)) & (row.asked_by != ctx.who.person_id)
    read = site.in_(reach(ctx.tx, ctx.who, ctx.now).read)
    sites = ctx.tx.scalars(sa.select(site).select_from(joined()).where(asked, read).distinct()).all()
    return asked & site.in_([one for one in sites if may_answer(ctx, one)])


def _to_be_made() -> sa.ColumnElement[bool]:
    return tables.imaging_order.c.state.in_(OPEN)


def _number(tx: Connection, condition: sa.ColumnElement[bool]) -> int:
    return tx.execute(sa.select(sa.func.count()).select_from(joined()).where(condition)).scalar_one()
