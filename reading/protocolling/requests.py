"""Questions before an examination: asked at its site, and answered by whoever reads for it (vetting, protocolling)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.orders import counter, progress
from reading.orders.order_state import OPEN, OrderState
from reading.protocolling import standing
from reading.protocolling.lists import may_answer
from reading.protocolling.moves import Move, State, after
from reading.protocolling.request_rows import ProtocolRequest, by_id, is_answered, of_orders
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

LONGEST: Final = 1000
Decision = Literal[Move.ACCEPT, Move.REFUSE]


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
    return by_id(ctx.tx, made)


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
        NotAllowed: somebody else answered it, they read no longer for the site, the site has noted the answer, or a
            newer one about the examination stands: of that alone anybody would hear.
        MoveNotAllowed: it was corrected before, or the examination was made or cancelled.
        Stale: it has changed since its revision ``seen``.
        Invalid: nothing is said.

    """
    name = "protocol" if decision == Move.ACCEPT else "reason"
    said = checked(name, words, longest=LONGEST, required=True, lines=True)
    door.open_order(ctx, _order_of(ctx.tx, request_id), Action.ORDER_OPEN)
    before = _locked_row(ctx.tx, request_id)
    if not may_answer(ctx, before.site_id):
        raise NotAllowed("no_role_for_this_step")
    _to_be_answered(ctx.tx, before.order_id, Move.CORRECT)
    state = after(before.state, Move.CORRECT)
    if before.answered_by_id != ctx.who.person_id:
        raise NotAllowed("another_answered_it")
    if before.read_at is not None:
        raise NotAllowed("answer_was_noted")
    if standing.last_answers(ctx.tx, [before.order_id])[before.order_id].id != request_id:
        raise NotAllowed("newer_answer_stands")
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
    return by_id(ctx.tx, made)


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
        .where(row.id == request_id, is_answered(), row.read_at.is_(None))
        .values(read_at=ctx.now)
    )
    return by_id(ctx.tx, request_id)


def one_of(ctx: Context[Staff], request_id: str) -> ProtocolRequest:
    """One question, for its site and whoever reads for it.

    Raises:
        NotThere: no such question, or not of a site that they see.

    """
    door.open_order(ctx, _order_of(ctx.tx, request_id), Action.ORDER_OPEN)
    return by_id(ctx.tx, request_id)


def of_order(ctx: Context[Staff], order_id: str) -> Sequence[ProtocolRequest]:
    """All questions about an order, the oldest first: for its site and whoever reads for it.

    Raises:
        NotThere: no such order, or not of a site that they see.

    """
    door.open_order(ctx, order_id, Action.ORDER_OPEN)
    return of_orders(ctx.tx, [order_id])


def _answer(ctx: Context[Staff], request_id: str, move: Move, action: Action, said: str, seen: int) -> ProtocolRequest:  # noqa: PLR0917
    door.open_order(ctx, _order_of(ctx.tx, request_id), Action.ORDER_OPEN)
    found = by_id(ctx.tx, request_id)
    if not may_answer(ctx, found.site_id):
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
    return by_id(ctx.tx, request_id)


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
    return by_id(tx, request_id)
