"""Subscriptions: whoever wants to be told of new entries of a collection is told a number."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.context import Context, without_door
from reading.tables import teaching_collection, teaching_entry, teaching_subscription
from reading.teaching import collections, standing
from reading.viewers import Staff
from storage.ids import new_id

MOST: Final = 99
"""Further new entries of a collection are not counted."""
_ROW: Final = teaching_subscription.c


@without_door("It keeps a wish of their own and shows nothing.")
def subscribe(ctx: Context[Staff], collection_id: str) -> None:
    """Be told of what is added from now on; a second time changes nothing.

    Raises:
        NotThere: no such collection, or not one that they see.

    """
    collections.seen(ctx, collection_id)
    if ctx.tx.scalar(sa.select(_ROW.id).where(_theirs(ctx.who), _ROW.collection_id == collection_id)) is None:
        values = {"person_id": ctx.who.person_id, "collection_id": collection_id}
        ctx.tx.execute(
            sa.insert(teaching_subscription), {"id": new_id(), **values, "since": ctx.now, "seen_at": ctx.now}
        )


@without_door("It ends a wish of their own and shows nothing.")
def unsubscribe(ctx: Context[Staff], collection_id: str) -> None:
    """Be told no longer; where they are not told, nothing changes."""
    collections.only_learners(ctx)
    mine = _theirs(ctx.who) & (_ROW.collection_id == collection_id)
    ctx.tx.execute(sa.update(teaching_subscription).where(mine).values(ended_at=ctx.now))


@without_door("It touches a mark of their own and shows nothing.")
def mark_seen(ctx: Context[Staff], at: datetime) -> None:
    """What was added until ``at``, when they were shown what is new, is not new from now on."""
    collections.only_learners(ctx)
    until = min(at, ctx.now)
    mine = _theirs(ctx.who) & (_ROW.seen_at < until)
    ctx.tx.execute(sa.update(teaching_subscription).where(mine).values(seen_at=until))


@without_door("It counts entries, which name nobody.")
def new_entries(ctx: Context[Staff]) -> dict[str, set[str]]:
    """The new entries of each collection that they subscribe to, `MOST` of each at most: what others added since."""
    subscribed = ctx.tx.execute(
        sa.select(_ROW.collection_id, _ROW.seen_at)
        .join(teaching_collection, teaching_collection.c.id == _ROW.collection_id)
        .where(_theirs(ctx.who), collections.visible(ctx.tx, ctx.who, ctx.now))
    ).all()
    entry = teaching_entry.c
    return {
        one.collection_id: set(
            ctx.tx.scalars(
                sa.select(entry.id)
                .where(entry.collection_id == one.collection_id, entry.added_at > one.seen_at)
                .where(entry.added_by != ctx.who.person_id, standing.stands())
                .limit(MOST)
            )
        )
        for one in subscribed
    }


@without_door("It counts entries, which name nobody.")
def count(ctx: Context[Staff]) -> int:
    """How many entries are new to them."""
    return sum(map(len, new_entries(ctx).values()))


def _theirs(staff: Staff) -> sa.ColumnElement[bool]:
    return (_ROW.person_id == staff.person_id) & _ROW.ended_at.is_(None)
