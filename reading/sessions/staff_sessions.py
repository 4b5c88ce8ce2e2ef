"""Sessions of staff: their tokens, how long they live, and how they end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.context import Context, without_door
from reading.register import people
from reading.sessions import half_sessions, session_token
from reading.sessions.session_token import TOUCH_EVERY
from reading.tables import person, staff_session
from reading.viewers import SessionFacts, Staff
from storage.database import snapshot, transaction

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
PROOF_IDLE: Final = timedelta(minutes=10)
"""After so long without a request of the person, signing asks for a proof again."""
TYPED_LATELY: Final = timedelta(minutes=5)
"""So long after a password or a factor was typed, an account may be changed without typing one again."""


class EndReason(StrEnum):
    """Why a session ended before its time; whoever comes back with it is told."""

    SIGNED_OUT = "signed_out"
    ENDED = "ended"
    """By an administrator, or with the person's account."""
    PASSWORD = "password"  # noqa: S105
    """The password was changed elsewhere."""
    TOO_MANY = "too_many"
    """The person signed in elsewhere, and had as many sessions as they may."""
    RESET = "reset"
    """The second factors were reset."""


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    """A session just opened; its token is returned this once."""

    token: str = field(repr=False)
    staff: Staff


def by_token(tx: Connection, token: str, now: datetime) -> Staff | None:
    """The person whose session has this token, with the grants that are valid now; None when there is none any longer.

    For polling and renewals, which do not extend the session.
    """
    row = _open_row(tx, token, now)
    return None if row is None else _staff(tx, row, now, proved_at=row.proved_at)


def watching(tx: Connection, token: str, now: datetime) -> tuple[Staff, bool] | None:
    """As `by_token`, also after its idle time is over, for alarms that name nobody; with whether it is over.

    A session that was ended, or is older than any may be, watches nothing.
    """
    row = _open_row(tx, token, now, idle=LONGEST)
    return None if row is None else (_staff(tx, row, now, proved_at=row.proved_at), row.active_at <= now - IDLE)


def at_work(engine: Engine, token: str, now: datetime, *, locks: bool = False) -> Staff | None:
    """As `by_token`, for an act of the person: the session lives on.

    That is written once in `TOUCH_EVERY`; the other acts take no lock. ``locks``: what they look at is locked while
    `needs_proof`, and whoever looks at it then is perhaps another person, who extends nothing.
    """
    with snapshot(engine) as tx:
        row = _open_row(tx, token, now)
        if row is None:
            return None
        # A proof holds while its person keeps working: each act renews it until one comes too late.
        renewed = now - row.proved_at <= PROOF_IDLE
        staff = _staff(tx, row, now, proved_at=now if renewed else row.proved_at)
    if locks and not renewed:
        return staff
    if now - row.active_at >= TOUCH_EVERY:
        open_still = (staff_session.c.token_digest == row.token_digest) & staff_session.c.ended_at.is_(None)
        times = {"active_at": now, "proved_at": now} if renewed else {"active_at": now}
        with transaction(engine) as tx:
            tx.execute(staff_session.update().where(open_still).values(times))
    return staff


def needs_proof(viewer: Staff, now: datetime) -> bool:
    """Whether signing must ask for a proof again."""
    return viewer.session is None or now - viewer.session.proved_at > PROOF_IDLE


def typed_lately(viewer: Staff, now: datetime) -> bool:
    """Whether the person typed a password or a factor just now, as a change of their account asks."""
    session = viewer.session
    return session is not None and session.typed_at is not None and now - session.typed_at <= TYPED_LATELY


def begin(tx: Connection, person_id: str, now: datetime, *, with_factor: bool, most: int) -> str:
    """A new session, whose token is answered; ``most`` are open at once, and the longest idle ones end for it."""
    _make_room(tx, person_id, now, most - 1)
    token = session_token.new()
    tx.execute(
        staff_session.insert(),
        {
            "token_digest": session_token.digest(token),
            "person_id": person_id,
            "csrf_token": session_token.new(),
            "created_at": now,
            "active_at": now,
            "proved_at": now,
            "typed_at": now,
            "with_factor": with_factor,
        },
    )
    return token


def proved(tx: Connection, session: SessionFacts, now: datetime) -> bool:
    """A password or a factor was typed in an open session; whether it is open still."""
    open_still = (staff_session.c.token_digest == session.token_digest) & staff_session.c.ended_at.is_(None)
    times = {"proved_at": now, "active_at": now, "typed_at": now}
    return tx.execute(staff_session.update().where(open_still).values(times)).rowcount == 1


def set_up_factor(tx: Connection, session: SessionFacts) -> None:
    """The session's person has a factor since now, and proved it when it was set up."""
    ours = staff_session.c.token_digest == session.token_digest
    tx.execute(staff_session.update().where(ours).values(with_factor=True))


def end_reason(tx: Connection, token: str) -> EndReason | None:
    """Why the session of a token ended; None where nobody ended it, and where there is none."""
    asked = sa.select(staff_session.c.end_reason).where(staff_session.c.token_digest == session_token.digest(token))
    found = tx.scalar(asked)
    return EndReason(found) if found else None


def whose(tx: Connection, token: str) -> str | None:
    """The id of the person whose session has or had this token; None where there was none."""
    asked = sa.select(staff_session.c.person_id).where(staff_session.c.token_digest == session_token.digest(token))
    return tx.scalar(asked)


@without_door("It concerns the person's own session alone.")
def end(ctx: Context[Staff], token: str) -> None:
    """Sign out."""
    same = staff_session.c.token_digest == session_token.digest(token)
    open_still = staff_session.c.ended_at.is_(None)
    ended = ctx.tx.execute(
        staff_session.update().where(same, open_still).values(ended_at=ctx.now, end_reason=EndReason.SIGNED_OUT)
    )
    if ended.rowcount:
        ctx.record(action=Action.SESSION_END, subject_kind="person", subject_id=ctx.who.person_id)


def end_all(
    tx: Connection,
    person_id: str,
    now: datetime,
    *,
    but: SessionFacts | None = None,
    reason: EndReason = EndReason.ENDED,
) -> None:
    """End every session of a person, except ``but``, and every sign-in that is under way."""
    half_sessions.end_all(tx, person_id, now)
    theirs = (staff_session.c.person_id == person_id) & staff_session.c.ended_at.is_(None)
    if but is not None:
        theirs &= staff_session.c.token_digest != but.token_digest
    tx.execute(staff_session.update().where(theirs).values(ended_at=now, end_reason=reason))


def _make_room(tx: Connection, person_id: str, now: datetime, most: int) -> None:
    row = staff_session.c
    theirs = (row.person_id == person_id) & row.ended_at.is_(None)
    alive = theirs & (row.active_at > now - IDLE) & (row.created_at > now - LONGEST)
    over = sa.select(row.token_digest).where(alive).order_by(row.active_at.desc(), row.token_digest).offset(most)
    for digest in tx.scalars(over).all():
        tx.execute(
            staff_session.update().where(row.token_digest == digest).values(ended_at=now, end_reason=EndReason.TOO_MANY)
        )


def _open_row(tx: Connection, token: str, now: datetime, *, idle: timedelta = IDLE) -> sa.Row[Any] | None:
    return tx.execute(
        sa.select(staff_session, person.c.username, person.c.name, person.c.title, person.c.must_change_password)
        .join(person, person.c.id == staff_session.c.person_id)
        .where(
            staff_session.c.token_digest == session_token.digest(token),
            staff_session.c.ended_at.is_(None),
            staff_session.c.active_at > now - idle,
            staff_session.c.created_at > now - LONGEST,
            person.c.until.is_(None),
        )
    ).one_or_none()


def _staff(tx: Connection, row: sa.Row[Any], now: datetime, *, proved_at: datetime) -> Staff:
    return Staff(
        person_id=row.person_id,
        username=row.username,
        name=row.name,
        title=row.title,
        grants=tuple(people.grants_of(tx, row.person_id, now)),
        session=SessionFacts(
            token_digest=row.token_digest,
            csrf_token=row.csrf_token,
            proved_at=proved_at,
            must_change_password=row.must_change_password,
            with_factor=row.with_factor,
            typed_at=row.typed_at,
        ),
    )
