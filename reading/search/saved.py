"""Searches that somebody keeps, each with how many reports are new in it since they last looked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.search.finding import Query, check, count_since
from reading.tables import saved_search
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

MOST: Final = 30
"""Searches that one person keeps."""


@dataclass(frozen=True, kw_only=True)
class SavedSearch:
    id: str
    name: str = field(repr=False)
    query: Query = field(repr=False)
    seen_at: datetime
    new: int | None
    """Reports released since they last looked, up to `MOST_NEW`; None where a part of it is no search any more."""


@without_door("It counts reports that they may see, and shows none.")
def own(ctx: Context[Staff]) -> list[SavedSearch]:
    """A person's searches by name."""
    theirs = _theirs(ctx.who) & saved_search.c.ended_at.is_(None)
    rows = ctx.tx.execute(sa.select(saved_search).where(theirs).order_by(saved_search.c.name, saved_search.c.id))
    return [_saved(ctx, row) for row in rows]


@without_door("It keeps what they seek, and shows no report.")
def save(ctx: Context[Staff], name: str, query: Query) -> SavedSearch:
    """Keep a search; what is released from now on is new.

    Raises:
        Invalid: it has no name, they keep `MOST` already, or a part of it is too long or holds characters that no
            report has.

    """
    said = checked("name", name, longest=100, required=True)
    check(ctx.tx, query)
    theirs = _theirs(ctx.who) & saved_search.c.ended_at.is_(None)
    if (ctx.tx.scalar(sa.select(sa.func.count()).select_from(saved_search).where(theirs)) or 0) >= MOST:
        raise Invalid("name", "too_many_searches")
    made = new_id()
    values = {"name": said, "query": query.to_json(), "saved_at": ctx.now, "seen_at": ctx.now}
    ctx.tx.execute(sa.insert(saved_search), {"id": made, "person_id": ctx.who.person_id, **values})
    return SavedSearch(id=made, name=said, query=query, seen_at=ctx.now, new=0)


@without_door("It counts reports that they may see, and shows none.")
def look(ctx: Context[Staff], search_id: str) -> SavedSearch:
    """One of their searches with what is new in it; it writes nothing, because counting may take long.

    Raises:
        NotThere: no such search of theirs.

    """
    one = (saved_search.c.id == search_id) & _theirs(ctx.who) & saved_search.c.ended_at.is_(None)
    row = ctx.tx.execute(sa.select(saved_search).where(one)).one_or_none()
    if row is None:
        raise NotThere
    return _saved(ctx, row)


@without_door("It touches a mark of their own and shows nothing of a patient.")
def seen(ctx: Context[Staff], search_id: str, at: datetime) -> None:
    """What one of their searches found until ``at`` is not new from now on.

    Raises:
        NotThere: no such search of theirs.

    """
    one = (saved_search.c.id == search_id) & _theirs(ctx.who) & saved_search.c.ended_at.is_(None)
    if not ctx.tx.execute(sa.update(saved_search).where(one).values(seen_at=at)).rowcount:
        raise NotThere


@without_door("It ends a search of their own.")
def end(ctx: Context[Staff], search_id: str) -> None:
    """Keep a search no longer.

    Raises:
        NotThere: no such search of theirs.

    """
    one = (saved_search.c.id == search_id) & _theirs(ctx.who) & saved_search.c.ended_at.is_(None)
    if not ctx.tx.execute(sa.update(saved_search).where(one).values(ended_at=ctx.now)).rowcount:
        raise NotThere


def _theirs(staff: Staff) -> sa.ColumnElement[bool]:
    return saved_search.c.person_id == staff.person_id


def _saved(ctx: Context[Staff], row: sa.Row[Any]) -> SavedSearch:
    query = Query.from_json(row.query)
    try:
        new = count_since(ctx.tx, ctx.who, query, row.seen_at, ctx.now)
    except Invalid:  # it was kept when more was taken for a search; its owner sees that, and can end it
        new = None
    return SavedSearch(id=row.id, name=row.name, query=query, seen_at=row.seen_at, new=new)
