"""The queue: the next message that is due, leased to one worker, and what came of the attempt.

A gateway is called between `claim` and `sent` or `failed`, outside any transaction. A worker that dies in between
leaves a lease that ends, and the message goes out again under the same id: at least once, never silently not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import WrongKey
from reading.messages import receivers
from reading.messages.addressing import NO_NUMBER, NUMBER, UNREADABLE
from reading.messages.moves import Move, State, after
from reading.messages.receivers import Event, Receiver
from reading.messages.routes import URGENT, Audience, Route, Template, routes_of
from reading.patients.keys import Keys
from reading.register import organisations
from reading.register.organisations import Organisation
from reading.tables import message, outbox

LEASE: Final = timedelta(minutes=3)
"""Longer than a gateway may take for one message, all its waits together."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=30)
OTHERS_WAIT: Final = timedelta(minutes=1)
"""At most, where nobody answered one of them."""
MOST_ATTEMPTS: Final = 30
AT_ONCE: Final = 100
"""Messages that one claim ends at most, because they are not needed or too late."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A message that this worker sends now."""

    id: str
    """Also the key by which a gateway knows a second delivery of the same message."""
    event: Event
    audience: Audience
    template: Template
    organisation: Organisation | None
    number: str = field(repr=False)
    secrets: Mapping[str, str] = field(repr=False)
    """What the words of a code say besides."""
    attempts: int
    """This one included."""
    lasts_until: datetime


def is_due(tx: Connection, now: datetime) -> bool:
    """Whether a message waits that a worker may take."""
    return tx.scalar(sa.select(message.c.id).where(_due(now)).limit(1)) is not None


def claim(tx: Connection, keys: Keys, now: datetime) -> Due | None:
    """The message that has been due for longest, leased, what is urgent first.

    Those that nobody needs any longer, and those whose number cannot be read, are ended on the way.
    """
    due = sa.select(
        message, outbox.c.kind, outbox.c.subject_id, outbox.c.payload, outbox.c.created_at.label("happened_at")
    )
    due = due.join(outbox, outbox.c.id == message.c.outbox_id)
    due = (
        due.where(_due(now))
        .order_by(outbox.c.kind.in_(URGENT).desc(), message.c.next_at, message.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=message)
    )
    for _ in range(AT_ONCE):
        row = tx.execute(due).one_or_none()
        if row is None:
            break
        event = Event(
            id=row.outbox_id, kind=row.kind, subject_id=row.subject_id, payload=row.payload, happened_at=row.happened_at
        )
        audience = Audience(row.audience)
        meant = next((one for one in routes_of(row.kind) if one.audience is audience), None)
        if meant is None or not receivers.is_needed(tx, event, meant, now):
            end(tx, row.id, after(State.WAITING, Move.SPARE), now)
            continue
        if row.lasts_until <= now:
            # With the reason of the last attempt, or none where no worker came to it in time.
            end(tx, row.id, after(State.WAITING, Move.FAIL), now, failure=row.failure or "too_late")
            continue
        try:
            there = _receiver(tx, keys, event, meant, row, now)
            secrets = receivers.secrets_of(tx, keys, event)
        except WrongKey:
            end(tx, row.id, after(State.WAITING, Move.FAIL), now, failure=UNREADABLE)
            continue
        if there is None:
            end(tx, row.id, after(State.WAITING, Move.SPARE), now)
            continue
        attempts = row.attempts + 1
        leased = sa.update(message).where(message.c.id == row.id)
        tx.execute(leased.values(attempts=attempts, leased_until=now + LEASE, template=there.template))
        place = there.organisation_id and organisations.by_id(tx, there.organisation_id)
        return Due(
            id=row.id,
            event=event,
            audience=audience,
            template=there.template,
            organisation=place or None,
            number=there.number,
            secrets=secrets,
            attempts=attempts,
            lasts_until=row.lasts_until,
        )
    return None


def sent(tx: Connection, due: Due, now: datetime) -> None:
    """A gateway took it; a lease that another worker has by now is none of ours."""
    _settle(tx, due, state=after(State.WAITING, Move.SEND), failure="", ended_at=now, number_cipher=NO_NUMBER)


def failed(tx: Connection, due: Due, failure: str, now: datetime, *, for_good: bool, away: bool) -> None:
    """Try again after a growing wait, until it was refused for good, tried often enough, or is too late.

    Where nobody answers at all (``away``), the others of the audience wait a little, too, but for what is urgent.
    """
    wait = wait_after(due.attempts)
    if for_good or due.attempts >= MOST_ATTEMPTS or now + wait >= due.lasts_until:
        _settle(tx, due, state=after(State.WAITING, Move.FAIL), failure=failure, ended_at=now)
    else:
        _settle(tx, due, failure=failure, next_at=now + wait)
    if away:
        until = now + min(wait, OTHERS_WAIT)
        others = (message.c.state == State.WAITING) & (message.c.audience == due.audience)
        urgent = sa.select(outbox.c.id).where(outbox.c.id == message.c.outbox_id, outbox.c.kind.in_(URGENT)).exists()
        tx.execute(sa.update(message).where(others, message.c.next_at < until, ~urgent).values(next_at=until))


def wait_after(attempts: int) -> timedelta:
    """Doubles from `FIRST_WAIT` to `LONGEST_WAIT`."""
    return min(FIRST_WAIT * 2 ** min(attempts - 1, 16), LONGEST_WAIT)


def end(tx: Connection, message_id: str, state: State, now: datetime, *, failure: str = "") -> None:
    """End a message whose row the caller holds; the number goes where it is not tried again."""
    gone = {} if state is State.FAILED else {"number_cipher": NO_NUMBER}
    same = message.c.id == message_id
    tx.execute(
        sa.update(message).where(same).values(state=state, failure=failure, ended_at=now, leased_until=None, **gone)
    )


def _receiver(  # noqa: PLR0917
    tx: Connection, keys: Keys, event: Event, route: Route, row: sa.Row[Any], now: datetime
) -> Receiver | None:
    """Whom a message goes to: the number that the patient has now, of whoever has the report now; else as addressed."""
    if route.audience is Audience.PATIENT:
        return next(iter(receivers.of(tx, keys, event, route, now)), None)
    number = keys.open(row.number_cipher, NUMBER)
    return Receiver(template=Template(row.template), organisation_id=row.organisation_id, number=number)


def _settle(tx: Connection, due: Due, **values: Any) -> None:
    ours = (message.c.id == due.id) & (message.c.attempts == due.attempts) & (message.c.state == State.WAITING)
    tx.execute(sa.update(message).where(ours).values(leased_until=None, **values))


def _due(now: datetime) -> sa.ColumnElement[bool]:
    free = message.c.leased_until.is_(None) | (message.c.leased_until < now)
    return (message.c.state == State.WAITING) & (message.c.next_at <= now) & free
