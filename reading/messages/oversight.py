"""What a system administrator sees of the messages, without whom they are for, and does about those that failed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import MoveNotAllowed, NotThere
from reading.messages import queue
from reading.messages.moves import OPEN, Move, State, after
from reading.messages.routes import Audience, Template
from reading.register import administered
from reading.tables import message, organisation, outbox
from reading.viewers import Staff

TRIED_AGAIN_FOR: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One message; nothing says whom it is for."""

    id: str
    kind: str
    audience: Audience
    template: Template
    organisation_name: str
    state: State
    attempts: int
    failure: str
    """The word for the last failure; empty where none was."""
    created_at: datetime
    next_at: datetime
    ended_at: datetime | None


@without_door("The queue of messages; nothing of a patient is in the list.")
def latest(ctx: Context[Staff | Actor], *, states: Collection[State], limit: int) -> list[Listed]:
    """The newest messages of the organisations that they keep, in one of these states.

    Raises:
        NotAllowed: they are no system administrator.

    """
    asked = (
        sa.select(message, outbox.c.kind, organisation.c.name.label("place"))
        .join(outbox, outbox.c.id == message.c.outbox_id)
        .outerjoin(organisation, organisation.c.id == message.c.organisation_id)
        .where(message.c.state.in_(states), _theirs(ctx))
        .order_by(message.c.id.desc())
        .limit(limit)
    )
    return [
        Listed(
            id=row.id,
            kind=row.kind,
            audience=Audience(row.audience),
            template=Template(row.template),
            organisation_name=row.place or "",
            state=State(row.state),
            attempts=row.attempts,
            failure=row.failure,
            created_at=row.created_at,
            next_at=row.next_at,
            ended_at=row.ended_at,
        )
        for row in ctx.tx.execute(asked)
    ]


@without_door("The queue of messages; nothing of a patient is in the counts.")
def counts(ctx: Context[Staff | Actor]) -> dict[State, int]:
    """How many of the organisations that they keep wait or failed.

    Raises:
        NotAllowed: they are no system administrator.

    """
    return count_open(ctx.tx, _theirs(ctx))


@without_door("A message is not opened: it is tried again as it stands.")
def retry(ctx: Context[Staff | Actor], message_id: str) -> None:
    """Let a message that waits or failed be sent now, and for an hour at least; not one that is being sent.

    Raises:
        NotThere: no such message, or its organisation is not theirs.
        NotAllowed: they are no system administrator.
        MoveNotAllowed: it went out, it is on its way, or nobody needs it.

    """
    row = _locked(ctx, message_id)
    if row.leased_until is not None and row.leased_until >= ctx.now:
        # Else the worker that has it could not mark that it went out.
        raise MoveNotAllowed(row.state, Move.RETRY)
    values: dict[str, Any] = {
        "state": after(State(row.state), Move.RETRY),
        "attempts": 0,
        "next_at": ctx.now,
        "ended_at": None,
    }
    values["lasts_until"] = max(row.lasts_until, ctx.now + TRIED_AGAIN_FOR)
    ctx.tx.execute(sa.update(message).where(message.c.id == message_id).values(**values))
    ctx.record(action=Action.MESSAGE_RETRY, subject_kind="message", subject_id=message_id)


@without_door("A message is not opened: it is ended as it stands.")
def give_up(ctx: Context[Staff | Actor], message_id: str) -> None:
    """Let a message that waits or failed never go out.

    Raises:
        NotThere: no such message, or its organisation is not theirs.
        NotAllowed: they are no system administrator.
        MoveNotAllowed: it went out, or nobody needs it.

    """
    row = _locked(ctx, message_id)
    queue.end(ctx.tx, message_id, after(State(row.state), Move.GIVE_UP), ctx.now, failure=row.failure)
    ctx.record(action=Action.MESSAGE_GIVE_UP, subject_kind="message", subject_id=message_id)


def count_open(tx: Connection, where: sa.ColumnElement[bool] | None = None) -> dict[State, int]:
    """How many messages wait and how many failed; of the whole installation where nobody says which."""
    asked = sa.select(message.c.state, sa.func.count()).where(message.c.state.in_(OPEN))
    asked = asked if where is None else asked.where(where)
    found = {State(state): int(number) for state, number in tx.execute(asked.group_by(message.c.state))}
    return {state: found.get(state, 0) for state in sorted(OPEN)}


def _locked(ctx: Context[Staff | Actor], message_id: str) -> sa.Row[Any]:
    same = message.c.id == message_id
    row = ctx.tx.execute(sa.select(message).where(same).with_for_update()).one_or_none()
    if row is None:
        raise NotThere("message", message_id)
    if row.organisation_id is None:
        administered.must_keep_all(ctx)
    else:
        administered.must_keep(ctx, row.organisation_id)
    return row


def _theirs(ctx: Context[Staff | Actor]) -> sa.ColumnElement[bool]:
    kept = administered.kept_organisations(ctx)
    if not isinstance(ctx.who, Staff) or administered.keeps_all(ctx.tx, ctx.who):
        return sa.true()
    return message.c.organisation_id.in_(kept)
