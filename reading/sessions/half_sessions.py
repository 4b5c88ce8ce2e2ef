"""Half-open sign-ins: the password was right, and something is still to be shown. Nothing opens by their tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.factors.requirement import Needs
from reading.sessions import session_token
from reading.tables import half_session, person

LASTS: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)
"""So long after its beginning a row stays; it has been of no use for long."""


@dataclass(frozen=True, kw_only=True)
class HalfSession:
    """A sign-in that waits for its second step; ``token`` is returned once, when it begins."""

    token: str = field(repr=False)
    token_digest: bytes = field(repr=False)
    person_id: str
    username: str = field(repr=False)
    csrf_token: str = field(repr=False)
    needs: Needs


def begin(tx: Connection, person_id: str, username: str, needs: Needs, now: datetime) -> HalfSession:
    token, csrf_token = session_token.new(), session_token.new()
    digest = session_token.digest(token)
    tx.execute(
        half_session.insert(),
        {"token_digest": digest, "person_id": person_id, "csrf_token": csrf_token, "needs": needs, "created_at": now},
    )
    return HalfSession(
        token=token, token_digest=digest, person_id=person_id, username=username, csrf_token=csrf_token, needs=needs
    )


def by_token(tx: Connection, token: str, now: datetime) -> HalfSession | None:
    """The half-open sign-in of this token; None when it took too long or has ended."""
    row = tx.execute(
        sa.select(half_session, person.c.username)
        .join(person, person.c.id == half_session.c.person_id)
        .where(
            half_session.c.token_digest == session_token.digest(token),
            half_session.c.ended_at.is_(None),
            half_session.c.created_at > now - LASTS,
            person.c.until.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    return HalfSession(
        token=token,
        token_digest=bytes(row.token_digest),
        person_id=row.person_id,
        username=row.username,
        csrf_token=row.csrf_token,
        needs=Needs(row.needs),
    )


def go_on(tx: Connection, half: HalfSession, needs: Needs) -> None:
    """The slip was shown: a new factor is next."""
    tx.execute(half_session.update().where(half_session.c.token_digest == half.token_digest).values(needs=needs))


def end(tx: Connection, half: HalfSession, now: datetime) -> bool:
    """Whether it stood open: of two last steps that come at once, one ends it."""
    open_still = (half_session.c.token_digest == half.token_digest) & half_session.c.ended_at.is_(None)
    return tx.execute(half_session.update().where(open_still).values(ended_at=now)).rowcount > 0


def end_all(tx: Connection, person_id: str, now: datetime) -> None:
    theirs = (half_session.c.person_id == person_id) & half_session.c.ended_at.is_(None)
    tx.execute(half_session.update().where(theirs).values(ended_at=now))


def forget(tx: Connection, now: datetime) -> int:
    """Remove those of yesterday; for the workers."""
    return tx.execute(half_session.delete().where(half_session.c.created_at < now - KEPT)).rowcount
