"""One's own sessions: when each was begun and last used, and ending those that one does not know or need."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.sessions import staff_sessions
from reading.sessions.staff_sessions import IDLE, LONGEST, EndReason
from reading.tables import staff_session
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class OwnSession:
    """A session in which somebody may go on."""

    handle: str
    """Names it among the person's own, and opens nothing."""
    begun_at: datetime
    used_at: datetime
    is_this: bool


@without_door("It concerns the person's own sessions alone.")
def own(ctx: Context[Staff]) -> list[OwnSession]:
    """The open sessions of somebody, the one last used first."""
    this = ctx.who.session
    return [
        OwnSession(
            handle=_handle(row.token_digest),
            begun_at=row.created_at,
            used_at=row.active_at,
            is_this=this is not None and row.token_digest == this.token_digest,
        )
        for row in _open(ctx.tx, ctx.who, ctx.now)
    ]


@without_door("It concerns the person's own sessions alone.")
def end(ctx: Context[Staff], handle: str) -> None:
    """End one of one's own sessions.

    Raises:
        NotThere: none that is open has this handle.

    """
    digest = next(
        (row.token_digest for row in _open(ctx.tx, ctx.who, ctx.now) if _handle(row.token_digest) == handle), None
    )
    if digest is None:
        raise NotThere
    ctx.tx.execute(
        staff_session.update()
        .where(staff_session.c.token_digest == digest)
        .values(ended_at=ctx.now, end_reason=EndReason.ENDED)
    )
    _record(ctx, 1)


@without_door("It concerns the person's own sessions alone.")
def end_others(ctx: Context[Staff]) -> None:
    """End all of one's own sessions but this one."""
    others = sum(not one.is_this for one in own(ctx))
    staff_sessions.end_all(ctx.tx, ctx.who.person_id, ctx.now, but=ctx.who.session)
    _record(ctx, others)


def _record(ctx: Context[Staff], sessions: int) -> None:
    ctx.record(
        action=Action.SESSION_END,
        subject_kind="person",
        subject_id=ctx.who.person_id,
        details={"sessions": sessions},
    )


def _open(tx: Connection, who: Staff, now: datetime) -> list[sa.Row[tuple[object, ...]]]:
    row = staff_session.c
    return list(
        tx.execute(
            sa.select(staff_session)
            .where(
                row.person_id == who.person_id,
                row.ended_at.is_(None),
                row.active_at > now - IDLE,
                row.created_at > now - LONGEST,
            )
            .order_by(row.active_at.desc(), row.token_digest)
        )
    )


def _handle(token_digest: bytes) -> str:
    return hashlib.sha256(b"session" + token_digest).hexdigest()[:32]
