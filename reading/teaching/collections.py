"""Collections: who made one, for whom, who keeps it, and who sees what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.patients.keys import Keys
from reading.register import organisations
from reading.register.grants import may_act
from reading.register.organisations import Organisation
from reading.row_rules import taken_as
from reading.tables import organisation, teaching_collection
from reading.teaching import naming, removal
from reading.viewers import RoleGrant, Staff
from storage.database import once
from storage.ids import new_id

LEARN: Final = frozenset({Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER, Role.QUALITY_MANAGER})
"""Who sees collections: whoever reads, and whoever manages quality."""
KEEP: Final = (Role.REVIEWER, Role.QUALITY_MANAGER)
"""Who keeps collections, and makes entries of the cases that they review or whose quality they manage."""
MOST: Final = 100
"""Collections of one organisation that stand."""
_ROW: Final = teaching_collection.c


class SeenBy(StrEnum):
    ORGANISATION = "organisation"
    """Who works at its organisation or under it, and who manages its quality."""
    REGION = "region"
    """Everybody here who reads or manages quality."""


@dataclass(frozen=True, kw_only=True)
class Collection:
    id: str
    organisation_id: str
    organisation_name: str
    name: str
    description: str
    seen_by: SeenBy
    made_at: datetime
    revision: int


@without_door("A collection holds nothing of a patient.")
def make(ctx: Context[Staff], organisation_id: str, *, name: str, description: str, seen_by: SeenBy) -> str:
    """A new collection of an organisation, by who reviews there or manages its quality; its id.

    Raises:
        NotAllowed: they do neither.
        Invalid: as `naming.typed`; one of this name stands there, or there are `MOST`.

    """
    grant = keeps(ctx.tx, ctx.who, organisation_id, ctx.now)
    if grant is None:
        raise NotAllowed("keeps_no_collection")
    named, said = naming.typed(ctx.tx, name, description)
    standing = sa.select(sa.func.count()).where(_ROW.organisation_id == organisation_id, _standing())
    if ctx.tx.execute(standing).scalar_one() >= MOST:
        raise Invalid("name", "too_many_collections")
    made = new_id()
    values = {"organisation_id": organisation_id, "name": named, "description": said, "seen_by": seen_by}
    by = {"made_by": ctx.who.person_id, "grant_id": grant.id, "made_at": ctx.now}
    with taken_as(ctx.tx, "name"):
        ctx.tx.execute(sa.insert(teaching_collection), {"id": made, **values, **by})
    _record(ctx, Action.TEACHING_COLLECTION_ADD, made)
    return made


@without_door("A collection holds nothing of a patient.")
def end(ctx: Context[Staff], keys: Keys, collection_id: str, *, into: str = "") -> None:
    """End a collection: nobody sees it any more, and its entries go on in another one.

    Without another one the entries go with their words and pictures, as long as the person made all of them themselves:
    nobody deletes what colleagues wrote by ending what it stands in.

    Raises:
        NotThere: no such collection that they see.
        NotAllowed: they do not keep it.
        Invalid: others have entries in it and no collection takes them, or that one cannot (`takes_over`), or names a
            patient of whom one of them is made.

    """
    only_keepers(ctx)
    one = seen(ctx, collection_id)
    if keeps(ctx.tx, ctx.who, one.organisation_id, ctx.now) is None:
        raise NotAllowed("keeps_no_collection")
    # Whoever adds holds it until they are done; of two that end into each other the second meets one that has ended.
    both = _ROW.id.in_({collection_id, into} - {""}) & _standing()
    held = set(ctx.tx.scalars(sa.select(_ROW.id).where(both).order_by(_ROW.id).with_for_update()))
    if collection_id not in held:
        raise NotThere
    if into:
        if into not in held & {other.id for other in takes_over(ctx, one)}:
            raise Invalid("into", "unknown")
        taker = seen(ctx, into)
        naming.check_with_entries(ctx, keys, collection_id, {"into": f"{taker.name}\n{taker.description}"})
        removal.move_ended(ctx, collection_id, into)
    elif removal.has_of_others(ctx, collection_id):
        raise Invalid("into", "entries_of_others")
    else:
        removal.remove_ended(ctx, collection_id)
    ended = {"ended_at": ctx.now, "ended_by": ctx.who.person_id}
    ctx.tx.execute(sa.update(teaching_collection).where(_ROW.id == collection_id).values(**ended))
    _record(ctx, Action.TEACHING_COLLECTION_END, collection_id)


@without_door("It names collections, which hold nothing of a patient.")
def takes_over(ctx: Context[Staff], one: Collection) -> list[Collection]:
    """Those in which the entries of one that ends can go on: of its organisation, and seen by no more people."""
    return [
        other
        for other in every(ctx)
        if other.id != one.id
        and other.organisation_id == one.organisation_id
        and (one.seen_by is SeenBy.REGION or other.seen_by is SeenBy.ORGANISATION)
    ]


@without_door("It asks for a collection, and shows nothing.")
def hold(ctx: Context[Staff], collection_id: str) -> None:
    """Nobody ends it before this transaction ends: what is added meanwhile would never be removed.

    Raises:
        NotThere: it has ended.

    """
    standing = sa.select(_ROW.id).where(_ROW.id == collection_id, _standing())
    if ctx.tx.scalar(standing.with_for_update(read=True)) is None:
        raise NotThere


@without_door("It asks who somebody is, and shows nothing.")
def only_learners(ctx: Context[Staff]) -> None:
    """Raises: NotAllowed: they neither read nor manage quality."""
    if not any(ctx.who.holds(role) for role in LEARN):
        raise NotAllowed("teaching_is_for_readers")


@without_door("It asks who somebody is, and shows nothing.")
def only_keepers(ctx: Context[Staff]) -> None:
    """Raises: NotAllowed: they review nowhere and manage nobody's quality."""
    if not any(ctx.who.holds(role) for role in KEEP):
        raise NotAllowed("keeps_no_collection")


@without_door("It names collections, which hold nothing of a patient.")
def every(ctx: Context[Staff]) -> list[Collection]:
    """The collections that they see, by organisation and name."""
    return _collections(ctx.tx, visible(ctx.tx, ctx.who, ctx.now))


@without_door("It names a collection, which holds nothing of a patient.")
def seen(ctx: Context[Staff], collection_id: str) -> Collection:
    """One that they see.

    Raises:
        NotThere: no such collection, or not one that they see.
        NotAllowed: as `only_learners`.

    """
    only_learners(ctx)
    found = _collections(ctx.tx, (_ROW.id == collection_id) & visible(ctx.tx, ctx.who, ctx.now))
    if not found:
        raise NotThere
    return found[0]


def visible(tx: Connection, staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``teaching_collection`` for those that somebody sees: none for who neither reads nor manages."""
    held = [grant.organisation_id for grant in staff.grants if grant.role in LEARN]
    if not held:
        return sa.false()
    theirs = once(tx, ("teaching", staff.grants, now), lambda: _reached(tx, staff, held))
    return _standing() & ((_ROW.seen_by == SeenBy.REGION) | _ROW.organisation_id.in_(sorted(theirs)))


def keeps(tx: Connection, staff: Staff, organisation_id: str, now: datetime) -> RoleGrant | None:
    """The grant with which somebody keeps the collections of an organisation: reviewer there, or over its quality."""
    reviews = (one for one in staff.grants if one.role is Role.REVIEWER and one.organisation_id == organisation_id)
    return next(reviews, None) or may_act(tx, staff, Role.QUALITY_MANAGER, organisation_id, now)


def keeps_for(tx: Connection, staff: Staff) -> list[Organisation]:
    """The organisations whose collections somebody keeps: where they hold the role first, then by name."""
    reviewed = {one.organisation_id for one in staff.grants if one.role is Role.REVIEWER}
    managed = {one.organisation_id for one in staff.grants if one.role is Role.QUALITY_MANAGER}
    found = organisations.by_ids(tx, reviewed | managed | organisations.below(tx, managed)).values()
    return sorted(found, key=lambda one: (one.id not in reviewed | managed, one.name, one.id))


def _reached(tx: Connection, staff: Staff, held: list[str]) -> frozenset[str]:
    managed = {one.organisation_id for one in staff.grants if one.role is Role.QUALITY_MANAGER}
    above = {over for one in set(held) for over in organisations.above(tx, one)}
    return frozenset(above | set(held) | organisations.below(tx, managed))


def _standing() -> sa.ColumnElement[bool]:
    return _ROW.ended_at.is_(None)


def _collections(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Collection]:
    rows = tx.execute(
        sa.select(teaching_collection, organisation.c.name.label("organisation_name"))
        .join(organisation, organisation.c.id == _ROW.organisation_id)
        .where(condition)
        .order_by(organisation.c.name, _ROW.name, _ROW.id)
    )
    return [_collection(row) for row in rows]


def _collection(row: sa.Row[Any]) -> Collection:
    return Collection(
        id=row.id,
        organisation_id=row.organisation_id,
        organisation_name=row.organisation_name,
        name=row.name,
        description=row.description,
        seen_by=SeenBy(row.seen_by),
        made_at=row.made_at,
        revision=row.revision,
    )


def _record(ctx: Context[Staff], action: Action, collection_id: str) -> None:
    ctx.record(action=action, subject_kind="teaching_collection", subject_id=collection_id)
