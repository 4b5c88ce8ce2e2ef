"""Switches: when each version of the policy comes into force, now or at a time ahead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.errors import NotThere, Stale
from reading.tables import policy_switch
from storage.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Switch:
    """That a version comes into force at a time."""

    id: str
    policy_id: str
    at: datetime
    made_at: datetime
    made_by: str | None
    cancelled_at: datetime | None


def add(tx: Connection, policy_id: str, *, at: datetime, made_by: str | None, now: datetime) -> Switch:
    """A version comes into force at a time; of two switches for the same time the later made one counts.

    Raises:
        Stale: somebody made another at the same moment.

    """
    number = (tx.scalar(sa.select(sa.func.max(policy_switch.c.number))) or 0) + 1
    values = {"id": new_id(), "number": number, "policy_id": policy_id, "at": at, "made_at": now, "made_by": made_by}
    try:
        with tx.begin_nested():
            row = tx.execute(sa.insert(policy_switch).values(values).returning(*policy_switch.c)).one()
    except IntegrityError as overtaken:
        if tx.scalar(sa.select(policy_switch.c.id).where(policy_switch.c.number == number)) is None:
            raise  # the number is free: the person is none of ours
        raise Stale from overtaken
    return _switch(row)


def cancel(tx: Connection, switch_id: str, *, cancelled_by: str | None, now: datetime) -> Switch:
    """Take back a switch whose time has not come.

    Raises:
        NotThere: there is no such switch.
        Stale: its time has come, or it was cancelled before.

    """
    changed = (
        sa.update(policy_switch)
        .where(policy_switch.c.id == switch_id, policy_switch.c.at > now, policy_switch.c.cancelled_at.is_(None))
        .values(cancelled_at=now, cancelled_by=cancelled_by)
        .returning(*policy_switch.c)
    )
    row = tx.execute(changed).one_or_none()
    if row is None:
        if tx.scalar(sa.select(policy_switch.c.id).where(policy_switch.c.id == switch_id)) is None:
            raise NotThere("policy switch", switch_id)
        raise Stale
    return _switch(row)


def policy_at(tx: Connection, at: datetime) -> str | None:
    """The id of the policy in force at a time; before the first switch it is that of the first; None: there is none."""
    standing = sa.select(policy_switch.c.policy_id).where(policy_switch.c.cancelled_at.is_(None)).limit(1)
    last = standing.where(policy_switch.c.at <= at).order_by(policy_switch.c.at.desc(), policy_switch.c.number.desc())
    found = tx.scalar(last)
    return found if found is not None else tx.scalar(standing.order_by(policy_switch.c.at, policy_switch.c.number))


def all_switches(tx: Connection) -> list[Switch]:
    """Every switch, cancelled ones too, in the order in which they come into force."""
    order = (policy_switch.c.at, policy_switch.c.number)
    return [_switch(row) for row in tx.execute(sa.select(policy_switch).order_by(*order))]


def _switch(row: sa.Row[Any]) -> Switch:
    return Switch(
        id=row.id,
        policy_id=row.policy_id,
        at=row.at,
        made_at=row.made_at,
        made_by=row.made_by,
        cancelled_at=row.cancelled_at,
    )
