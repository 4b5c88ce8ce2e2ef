"""Referrals counted both ways for managers: how many, how they were answered, and in what time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

import sqlalchemy as sa

from reading.context import Context, without_door
from reading.referral.moves import Direction, State
from reading.referral.sending import AIM
from reading.register import organisations
from reading.register.grants import reach
from reading.tables import referral
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Tally:
    """The referrals of one institution, sent or received, in one direction."""

    organisation: str
    is_sent: bool
    direction: Direction
    number: int
    accepted: int
    declined: int
    waiting: int
    median_minutes: float | None
    """From sending to answer; None where none is answered."""
    in_time: int
    """Answered within `AIM`."""


@without_door("It counts and names institutions alone.")
def counts(ctx: Context[Staff], since: datetime) -> list[Tally]:
    """The referrals of the institutions whose quality they manage, sent since a time."""
    managed = reach(ctx.tx, ctx.who, ctx.now).managed
    names = {one.id: one.name for one in organisations.by_ids(ctx.tx, managed).values()}
    row = referral.c
    rows = ctx.tx.execute(
        sa.select(row.from_id, row.to_id, row.direction, row.state, row.sent_at, row.answered_at).where(
            row.sent_at >= since, row.from_id.in_(managed) | row.to_id.in_(managed)
        )
    ).all()
    found: list[Tally] = []
    for place, name in sorted(names.items(), key=lambda each: each[1]):
        for is_sent in (True, False):
            for direction in Direction:
                its = [
                    one
                    for one in rows
                    if (one.from_id if is_sent else one.to_id) == place and one.direction == direction
                ]
                if its:
                    found.append(_tally(name, direction, its, is_sent=is_sent))
    return found


def _tally(name: str, direction: Direction, its: Sequence[Any], *, is_sent: bool) -> Tally:
    waits = [one.answered_at - one.sent_at for one in its if one.answered_at is not None]
    accepted = [one for one in its if one.answered_at is not None and one.state != State.DECLINED]
    return Tally(
        organisation=name,
        is_sent=is_sent,
        direction=direction,
        number=len(its),
        accepted=len(accepted),
        declined=sum(one.state == State.DECLINED for one in its),
        waiting=sum(one.state == State.SENT for one in its),
        median_minutes=median(each.total_seconds() / 60 for each in waits) if waits else None,
        in_time=sum(each <= AIM for each in waits),
    )
