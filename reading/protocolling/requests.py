"""Questions before an examination: asked at its site, and answered by whoever reads for it (vetting, protocolling)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Priority, Role
from reading.orders import counter, progress
from reading.orders.order_state import OPEN, OrderState
from reading.protocolling.moves import Move, State, after
from reading.register.grants import may_act, reach
from reading.row_rules import word
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

LONGEST: Final = 1000
LATELY: Final = timedelta(days=14)
"""So long answers stay listed for whoever gave them."""
Decision = Literal[Move.ACCEPT, Move.REFUSE]
MOST: Final = 100
"""Questions of a list."""
ANSWERED_BY: Final = (Role.READER, Role.VERIFIER, Role.REVIEWER)
"""Who says how an examination is made; residents do not."""


@dataclass(frozen=True, kw_only=True)
class ProtocolRequest:
    """What a site asked about an examination that is still to be made, and what it was told."""

    id: str
    order_id: str
    site_id: str
    asked_by: str
    asker: str = field(repr=False)
    asked_at: datetime
    words: str = field(repr=False)
    state: State
    answer: str = field(repr=False)
    """The protocol, or the reason against the examination."""
    answered_by: str = field(repr=False)
    answered_by_id: str | None
    ended_at: datetime | None
    read_at: datetime | None
    """When somebody at the site noted the answer."""
    revision: int


def ask(ctx: Context[Staff], order_id: str, words: str) -> ProtocolRequest:
    """Ask whoever reads for the site about an examination that has not begun; one question at a time.

    Raises:
        NotThere: no such order, or not of a site that they see.
        NotAllowed: they do not work there.
        MoveNotAllowed: the examination has begun, or was cancelled.
        Invalid: nothing is asked, or a question about it is open.

    """
    counter.open_order(ctx, order_id)
    state = _locked(ctx.tx, order_id)
    if state is not OrderState.PLACED:
        raise MoveNotAllowed(state, "ask")
    said = checked("words", words, longest=LONGEST, required=True, lines=True)
    if any(one.state is State.OPEN for one in of_orders(ctx.tx, [order_id])):
        raise Invalid("words", "asked_already")
    made = new_id()
    ctx.tx.execute(
        sa.insert(tables.protocol_request),
        {
            "id": made,
            "order_id": order_id,
            "asked_by": ctx.who.person_id,
            "asked_at": ctx.now,
            "words": said,
            "state": State.OPEN,
        },
    )
    _record(ctx, Action.PROTOCOL_ASK, made, order_id)
    return _by_id(ctx.tx, made)


def accept(ctx: Context[Staff], request_id: str, protocol: str, *, seen: int) -> ProtocolRequest:
    """Agree to the examination and say how it is to be made; devices and the slip say it, too.

    Raises:
        NotThere: no such question, or not of a site that they see.
        NotAllowed: they do not read for the site, or asked it themselves.
        MoveNotAllowed: it is answered or withdrawn already, or the examination was made or cancelled.
        Stale: it has changed since its revision ``seen``.
        Invalid: no protocol.

    """
    said = checked("protocol", protocol, longest=LONGEST, required=True, lines=True)
    return _answer(ctx, request_id, Move.ACCEPT, Action.PROTOCOL_ACCEPT, said, seen)


def refuse(ctx: Context[Staff], request_id: str, reason: str, *, seen: int) -> ProtocolRequest:
    """Advise against the examination, with the reason or what to do instead; the order stands, its site cancels it.

    Raises:
        NotThere, NotAllowed, MoveNotAllowed, Stale: as `accept`.
        Invalid: no reason.

    """
    said = checked("reason", reason, longest=LONGEST, required=True, lines=True)
    return _answer(ctx, request_id, Move.REFUSE, Action.PROTOCOL_REFUSE, said, seen)


def correct(ctx: Context[Staff], request_id: str, decision: Decision, words: str, *, seen: int) -> ProtocolRequest:
    """Answer anew what they answered themselves, until the site has noted it; the first answer stays on record.

    Raises:
        NotThere: no such question, or not of a site that they see.
        NotAllowed: somebody else answered it, they read no longer for the site, or the site has noted the answer.
        MoveNotAllowed: it was corrected before, or the examination was made or cancelled.
        Stale: it has changed since its revision ``seen``.
        Invalid: nothing is said.

    """
    name = "protocol" if decision == Move.ACCEPT else "reason"
    said = checked(name, words, longest=LONGEST, required=True, lines=True)
    door.open_order(ctx, _order_of(ctx.tx, request_id), Action.ORDER_OPEN)
    before = _locked_row(ctx.tx, request_id)
    if not _may_answer(ctx, before.site_id):
        raise NotAllowed("no_role_for_this_step")
    _to_be_answered(ctx.tx, before.order_id, Move.CORRECT)
    state = after(before.state, Move.CORRECT)
    if before.answered_by_id != ctx.who.person_id:
        raise NotAllowed("another_answered_it")
    if before.read_at is not None:
        raise NotAllowed("answer_was_noted")
    if before.revision != seen:
        raise Stale(before.revision)
    row, made = tables.protocol_request, new_id()
    ctx.tx.execute(sa.update(row).where(row.c.id == request_id).values(state=state, revision=before.revision + 1))
    ctx.tx.execute(
        sa.insert(row),
        {
            "id": made,
            "order_id": before.order_id,
            "asked_by": before.asked_by,
            "asked_at": before.asked_at,
            "words": before.words,
            "state": after(State.OPEN, Move(decision)),
            "answer": said,
            "ended_by": ctx.who.person_id,
            "ended_at": ctx.now,
        },
    )
    _record(ctx, Action.PROTOCOL_CORRECT, made, before.order_id)
    return _by_id(ctx.tx, made)


def withdraw(ctx: Context[Staff], request_id: str, *, seen: int) -> ProtocolRequest:
    """Take a question back that their site asked.

    Raises:
        NotThere: no such question, or not of a site that they see.
        NotAllowed: they do not work there.
        MoveNotAllowed: it is answered or withdrawn already, or the examination was made or cancelled: what was asked
            stays on record.
        Stale: it has changed since its revision ``seen``.

    """
    counter.open_order(ctx, _order_of(ctx.tx, request_id))
    _to_be_answered(ctx.tx, _order_of(ctx.tx, request_id), Move.WITHDRAW)
    return _end(ctx, request_id, Move.WITHDRAW, Action.PROTOCOL_WITHDRAW, "", seen)


def mark_read(ctx: Context[Staff], request_id: str) -> ProtocolRequest:
    """Note at the site that the answer was read; a second time changes nothing.

    Raises:
        NotThere: no such question, or not of a site that they see.
        NotAllowed: they do not work there.

    """
    counter.open_order(ctx, _order_of(ctx.tx, request_id))
    row = tables.protocol_request.c
    ctx.tx.execute(
        sa.update(tables.protocol_request)
        .where(row.id == request_id, _answered(), row.read_at.is_(None))
        .values(read_at=ctx.now)
    )
    return _by_id(ctx.tx, request_id)


def answers(staff: Staff) -> bool:
    """Whether they answer such questions at all, of whatever site."""
    return any(staff.holds(role) for role in ANSWERED_BY)


@without_door("The page records the look at the list first; the rows are of sites for which they read.")
def waiting_for(ctx: Context[Staff]) -> Sequence[ProtocolRequest]:
    """The open questions of the sites for which they read, the most urgent and then the oldest first."""
    order = tables.imaging_order.c
    urgency = sa.case(*((order.priority == each, each.rank) for each in Priority))
    return _select(ctx.tx, _waits(ctx), (urgency, tables.protocol_request.c.asked_at, tables.protocol_request.c.id))


@without_door("The page records the look at the list first; the rows are of sites for which they read.")
def answered_by_them(ctx: Context[Staff]) -> Sequence[ProtocolRequest]:
    """What they answered lately, the newest first."""
    row, site = tables.protocol_request.c, tables.imaging_order.c.site_id
    theirs = _answered() & (row.ended_by == ctx.who.person_id) & (row.ended_at >= ctx.now - LATELY)
    seen = site.in_(reach(ctx.tx, ctx.who, ctx.now).read)
    return _select(ctx.tx, theirs & seen, (row.ended_at.desc(), row.id.desc()))


def one_of(ctx: Context[Staff], request_id: str) -> ProtocolRequest:
    """One question, for its site and whoever reads for it.

    Raises:
        NotThere: no such question, or not of a site that they see.

    """
    door.open_order(ctx, _order_of(ctx.tx, request_id), Action.ORDER_OPEN)
    return _by_id(ctx.tx, request_id)


@without_door("A number; nothing of a patient is in it.")
def count(ctx: Context[Staff]) -> int:
    """How many questions wait for whoever reads for their sites."""
    return _number(ctx.tx, _waits(ctx))


@without_door("A number; nothing of a patient is in it.")
def count_unread(ctx: Context[Staff]) -> int:
    """How many answers nobody at their own sites has noted, of examinations that are still to be made."""
    own = tables.imaging_order.c.site_id.in_(reach(ctx.tx, ctx.who, ctx.now).own)
    return _number(ctx.tx, own & _answered() & _to_be_made() & tables.protocol_request.c.read_at.is_(None))


def of_order(ctx: Context[Staff], order_id: str) -> Sequence[ProtocolRequest]:
    """All questions about an order, the oldest first: for its site and whoever reads for it.

    Raises:
        NotThere: no such order, or not of a site that they see.

    """
    door.open_order(ctx, order_id, Action.ORDER_OPEN)
    return of_orders(ctx.tx, [order_id])


def of_orders(tx: Connection, order_ids: Collection[str]) -> Sequence[ProtocolRequest]:
    """All questions about these orders, the oldest first; for callers that have opened the orders."""
    if not order_ids:
        return []
    row = tables.protocol_request.c
    return _select(tx, row.order_id.in_(order_ids), (row.asked_at, row.id), most=None)


def _waits(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    """Open, of an examination that is still to be made, at a site for which they answer; never one of their own."""
    row, site = tables.protocol_request.c, tables.imaging_order.c.site_id
    if not answers(ctx.who):
        return sa.false()
    asked = _to_be_made() & (row.state == word(State.OPEN)) & (row.asked_by != ctx.who.person_id)
    read = site.in_(reach(ctx.tx, ctx.who, ctx.now).read)
    sites = ctx.tx.scalars(sa.select(site).select_from(_joined()).where(asked, read).distinct()).all()
    return asked & site.in_([one for one in sites if _may_answer(ctx, one)])


def _may_answer(ctx: Context[Staff], site_id: str) -> bool:
    return any(may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in ANSWERED_BY)


def _to_be_made() -> sa.ColumnElement[bool]:
    return tables.imaging_order.c.state.in_(OPEN)


def _answered() -> sa.ColumnElement[bool]:
    state = tables.protocol_request.c.state
    return (state == word(State.ACCEPTED)) | (state == word(State.REFUSED))


def _answer(ctx: Context[Staff], request_id: str, move: Move, action: Action, said: str, seen: int) -> ProtocolRequest:  # noqa: PLR0917
    door.open_order(ctx, _order_of(ctx.tx, request_id), Action.ORDER_OPEN)
    found = _by_id(ctx.tx, request_id)
    if not _may_answer(ctx, found.site_id):
        raise NotAllowed("no_role_for_this_step")
    if found.asked_by == ctx.who.person_id:
        raise NotAllowed("nobody_answers_themselves")
    _to_be_answered(ctx.tx, found.order_id, move)
    return _end(ctx, request_id, move, action, said, seen)


def _end(ctx: Context[Staff], request_id: str, move: Move, action: Action, said: str, seen: int) -> ProtocolRequest:  # noqa: PLR0917
    row = tables.protocol_request.c
    found = _locked_row(ctx.tx, request_id)
    state = after(found.state, move)
    if found.revision != seen:
        raise Stale(found.revision)
    ctx.tx.execute(
        sa.update(tables.protocol_request)
        .where(row.id == request_id)
        .values(state=state, answer=said, ended_by=ctx.who.person_id, ended_at=ctx.now, revision=found.revision + 1)
    )
    _record(ctx, action, request_id, found.order_id)
    return _by_id(ctx.tx, request_id)


def _record(ctx: Context[Staff], action: Action, request_id: str, order_id: str) -> None:
    ctx.record(action=action, subject_kind="order", subject_id=order_id, details={"request_id": request_id})


def _locked(tx: Connection, order_id: str) -> OrderState:
    """The state of an order, which stays until the transaction ends."""
    progress.lock(tx, order_id)
    order = tables.imaging_order.c
    return OrderState(tx.execute(sa.select(order.state).where(order.id == order_id)).scalar_one())


def _to_be_answered(tx: Connection, order_id: str, move: Move) -> None:
    """Of an examination that was made or cancelled nothing waits for an answer any more."""
    order = _locked(tx, order_id)
    if order not in OPEN:
        raise MoveNotAllowed(order, move)


def _order_of(tx: Connection, request_id: str) -> str:
    row = tables.protocol_request.c
    found = tx.scalar(sa.select(row.order_id).where(row.id == request_id))
    if found is None:
        raise NotThere
    return found


def _locked_row(tx: Connection, request_id: str) -> ProtocolRequest:
    row = tables.protocol_request.c
    tx.execute(sa.select(row.id).where(row.id == request_id).with_for_update())
    return _by_id(tx, request_id)


def _by_id(tx: Connection, request_id: str) -> ProtocolRequest:
    return _select(tx, tables.protocol_request.c.id == request_id, ())[0]


def _number(tx: Connection, condition: sa.ColumnElement[bool]) -> int:
    return tx.execute(sa.select(sa.func.count()).select_from(_joined()).where(condition)).scalar_one()


def _joined() -> sa.Join:
    order = tables.imaging_order
    return tables.protocol_request.join(order, order.c.id == tables.protocol_request.c.order_id)


def _select(
    tx: Connection,
    condition: sa.ColumnElement[bool],
    order_by: Sequence[sa.ColumnElement[Any]],
    *,
    most: int | None = MOST,
) -> list[ProtocolRequest]:
    row, order = tables.protocol_request, tables.imaging_order
    asker, answered = tables.person.alias(), tables.person.alias()
    found = tx.execute(
        sa.select(row, order.c.site_id, asker.c.name.label("asker"), answered.c.name.label("answered_name"))
        .join(order, order.c.id == row.c.order_id)
        .join(asker, asker.c.id == row.c.asked_by)
        .outerjoin(answered, answered.c.id == row.c.ended_by)
        .where(condition)
        .order_by(*order_by)
        .limit(most)
    )
    return [
        ProtocolRequest(
            id=one.id,
            order_id=one.order_id,
            site_id=one.site_id,
            asked_by=one.asked_by,
            asker=one.asker,
            asked_at=one.asked_at,
            words=one.words,
            state=State(one.state),
            answer=one.answer,
            answered_by=one.answered_name or "",
            answered_by_id=one.ended_by,
            ended_at=one.ended_at,
            read_at=one.read_at,
            revision=one.revision,
        )
        for one in found
    ]
