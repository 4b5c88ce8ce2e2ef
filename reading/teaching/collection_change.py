"""A collection is called otherwise, says more of itself or is seen by others; what it was before stays on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere, Stale
from reading.patients.keys import Keys
from reading.row_rules import taken_as
from reading.tables import person, teaching_collection, teaching_collection_change
from reading.teaching import collections, naming
from reading.teaching.collections import SeenBy
from reading.viewers import Staff
from storage.ids import new_id

_ROW: Final = teaching_collection.c
_BEFORE: Final = teaching_collection_change.c


@dataclass(frozen=True, kw_only=True)
class Before:
    """What a collection was until somebody changed it."""

    name: str
    description: str
    seen_by: SeenBy
    changed_by: str
    """The name of whoever did."""
    changed_at: datetime


@without_door("A collection holds nothing of a patient; what its words are compared with is not shown.")
def change(
    ctx: Context[Staff],
    keys: Keys,
    collection_id: str,
    *,
    name: str,
    description: str,
    seen_by: SeenBy,
    seen: int,
) -> None:
    """Call a collection otherwise, or let others see it; ``seen`` is its revision on their screen.

    Its words are compared with whoever its entries are made of, and, before the whole region sees them, the words of
    its entries with everything that is known by now.

    Raises:
        NotThere: no such collection that they see.
        NotAllowed: they do not keep it.
        Stale: it was changed or ended since.
        Invalid: as `naming.typed`; a patient is named; an entry names somebody; another one there has this name.

    """
    collections.only_keepers(ctx)
    one = collections.seen(ctx, collection_id)
    grant = collections.keeps(ctx.tx, ctx.who, one.organisation_id, ctx.now)
    if grant is None:
        raise NotAllowed("keeps_no_collection")
    # Whoever adds an entry holds it until they are done: each is compared by the one or the other.
    row = ctx.tx.execute(sa.select(teaching_collection).where(_ROW.id == collection_id).with_for_update()).one()
    if row.ended_at is not None or row.revision != seen:
        raise Stale(row.revision if row.ended_at is None else None)
    named, said = naming.typed(ctx.tx, name, description)
    if (named, said, seen_by) == (row.name, row.description, row.seen_by):
        return
    naming.check_with_entries(ctx, keys, collection_id, {"name": named, "description": said})
    if seen_by is SeenBy.REGION and row.seen_by != SeenBy.REGION:
        naming.check_entries(ctx, keys, collection_id)
    before = {"name": row.name, "description": row.description, "seen_by": row.seen_by}
    by = {"changed_by": ctx.who.person_id, "grant_id": grant.id, "changed_at": ctx.now}
    ctx.tx.execute(
        sa.insert(teaching_collection_change), {"id": new_id(), "collection_id": collection_id, **before, **by}
    )
    values = {"name": named, "description": said, "seen_by": seen_by, "revision": seen + 1}
    with taken_as(ctx.tx, "name"):
        ctx.tx.execute(sa.update(teaching_collection).where(_ROW.id == collection_id).values(**values))
    ctx.record(action=Action.TEACHING_COLLECTION_CHANGE, subject_kind="teaching_collection", subject_id=collection_id)


@without_door("A collection holds nothing of a patient.")
def history(ctx: Context[Staff], collection_id: str) -> list[Before]:
    """What a collection was before each change, the newest first, for those who keep it.

    Raises:
        NotThere: no such collection that they see, or one that they do not keep.
        NotAllowed: they keep none.

    """
    collections.only_keepers(ctx)
    one = collections.seen(ctx, collection_id)
    if collections.keeps(ctx.tx, ctx.who, one.organisation_id, ctx.now) is None:
        raise NotThere
    rows = ctx.tx.execute(
        sa.select(teaching_collection_change, person.c.name.label("person_name"))
        .join(person, person.c.id == _BEFORE.changed_by)
        .where(_BEFORE.collection_id == collection_id)
        .order_by(_BEFORE.changed_at.desc(), _BEFORE.id.desc())
    )
    return [
        Before(
            name=row.name,
            description=row.description,
            seen_by=SeenBy(row.seen_by),
            changed_by=row.person_name,
            changed_at=row.changed_at,
        )
        for row in rows
    ]
