"""What those who learn are shown: entries found by words, diagnosis, modality and part, one with its pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from reading.access import looks, visibility
from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.patients.keys import Keys
from reading.search.grams import sought_grams, sought_words
from reading.tables import case, teaching_collection, teaching_entry, teaching_picture
from reading.teaching import collections, entries, hands, naming, standing
from reading.teaching.collections import Collection
from reading.teaching.hands import Hand
from reading.teaching.standing import Rests
from reading.teaching.words import Words, in_diagnosis
from reading.texts import storable
from reading.viewers import Staff

LONGEST_PART: Final = 100
_KIND: Final = "teaching"
_ROW: Final = teaching_entry.c


ONE_KIND: Final = {"DR": ("CR", "DR", "DX"), "DX": ("DR", "DX")}
"""What people call DR is DX in the standard, and CR from older devices: who seeks it means all of these."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is sought; what is left out restricts nothing."""

    text: str = ""
    """Words parted by spaces, each of which has to occur in the entry."""
    diagnosis: str = ""
    """As ``text``, in the diagnosis alone."""
    modality: str = ""
    body_part: str = ""
    collection_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry as those who learn see it: nothing of the person, the case or the site."""

    id: str
    collection: Collection
    words: Words = field(repr=False)
    modality: str
    body_part: str
    laterality: str
    age_from: int | None
    """The first year of the band of ages."""
    sex: str
    added_at: datetime
    pictures: tuple[int, ...]
    """Their numbers."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What those who keep an entry see besides."""

    revision: int
    rests: Rests | None
    may_remove: bool
    case_id: str
    """Empty where they may not see the case."""
    hands: tuple[Hand, ...]
    """Whoever added it, then each who changed its words."""


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: tuple[Entry, ...]
    more: bool
    """Whether there are further ones."""


@without_door("Entries name nobody; the search and each entry that it finds are put on record.")
def find(ctx: Context[Staff], query: Query, *, limit: int, offset: int = 0) -> Page:
    """The entries of the collections that somebody sees for which every part of a query holds, the newest first.

    Raises:
        NotThere: the collection is not one that they see.
        NotAllowed: as `collections.only_learners`.
        Invalid: a part of it is too long or holds characters that no entry has.

    """
    collections.only_learners(ctx)
    if query.collection_id:
        collections.seen(ctx, query.collection_id)
    asked = sa.and_(standing.stands(), *_conditions(ctx.tx, query))
    found = _entries(ctx, asked, limit=limit + 1, offset=offset)
    looks.record_look(ctx, Action.TEACHING_SEARCH, "list", "")
    looks.record_looks(ctx, Action.TEACHING_FOUND, _KIND, [one.id for one in found[:limit]])
    return Page(entries=tuple(found[:limit]), more=len(found) > limit)


@without_door("Entries name nobody; those that rest are listed for who keeps them, who are told why.")
def resting(ctx: Context[Staff], keys: Keys) -> list[tuple[Entry, Rests]]:
    """The entries that rest, in the collections that somebody keeps: they have to look through them again.

    Beside them stand those whose patient their collection names, as far as they see the case.
    """
    kept = {one.id for one in collections.keeps_for(ctx.tx, ctx.who)}
    named = naming.named_unseen(ctx, keys)
    asked = ~standing.stands() | _ROW.id.in_(sorted(named))
    found = _entries(ctx, asked & teaching_collection.c.organisation_id.in_(sorted(kept)), limit=100)
    looks.record_looks(ctx, Action.TEACHING_FOUND, _KIND, [one.id for one in found])
    why = standing.why_they_rest(ctx.tx, [one.id for one in found])
    said = {one.id: why[one.id] or (Rests.NAMED if one.id in named else None) for one in found}
    return [(one, reason) for one in found if (reason := said[one.id]) is not None]


@without_door("An entry names nobody; the look at it is put on record.")
def open_entry(ctx: Context[Staff], entry_id: str) -> tuple[Entry, Kept | None]:
    """An entry that stands; one that rests for who keeps it, who are told what it was made of if they see that.

    Raises:
        NotThere: no such entry, or not one that they see.

    """
    collections.only_learners(ctx)
    found = _entries(ctx, (_ROW.id == entry_id) & _seen(ctx), limit=1)
    if not found:
        raise looks.denied(ctx, Action.TEACHING_OPEN, _KIND, entry_id)
    looks.record_look(ctx, Action.TEACHING_OPEN, _KIND, entry_id)
    return found[0], _kept(ctx, entry_id)


@without_door("A picture names nobody; a look at its entry is on record, or is put there.")
def picture(ctx: Context[Staff], entry_id: str, number: int) -> bytes:
    """A picture of an entry, a JPEG.

    Raises:
        NotThere: no such picture, or of an entry that they do not see.

    """
    collections.only_learners(ctx)
    asked = sa.select(teaching_picture.c.jpeg).where(
        teaching_picture.c.entry_id == entry_id, teaching_picture.c.number == number
    )
    jpeg = ctx.tx.scalar(asked) if _entries(ctx, (_ROW.id == entry_id) & _seen(ctx), limit=1) else None
    if jpeg is None:
        raise looks.denied(ctx, Action.TEACHING_OPEN, _KIND, entry_id)
    listed = looks.on_record(ctx.tx, ctx.who, Action.TEACHING_FOUND, _KIND, [entry_id], ctx.now)
    if not listed:
        looks.record_look(ctx, Action.TEACHING_OPEN, _KIND, entry_id)
    return bytes(jpeg)


def _seen(ctx: Context[Staff]) -> sa.ColumnElement[bool]:
    kept = sorted(one.id for one in collections.keeps_for(ctx.tx, ctx.who))
    keeps = (_ROW.added_by == ctx.who.person_id) | teaching_collection.c.organisation_id.in_(kept)
    return standing.stands() | keeps


def _kept(ctx: Context[Staff], entry_id: str) -> Kept | None:
    try:
        row = entries.kept_by(ctx, entry_id)
    except (NotThere, NotAllowed):
        return None
    theirs = sa.select(case.c.id).where(case.c.id == row.case_id, visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
    return Kept(
        revision=row.revision,
        rests=standing.why_they_rest(ctx.tx, [entry_id])[entry_id],
        may_remove=entries.may_remove(ctx, row),
        case_id=ctx.tx.scalar(theirs) or "",
        hands=tuple(hands.of_entry(ctx.tx, row)),
    )


def _conditions(tx: Connection, query: Query) -> Iterator[sa.ColumnElement[bool]]:
    words, named = sought_words(query.text), sought_words(query.diagnosis)
    if (words or named) and tx.dialect.name == "postgresql":
        numbers = sorted({number for word in (*words, *named) for number in sought_grams(word)})
        yield sa.type_coerce(_ROW.grams, postgresql.ARRAY(sa.Integer)).contains(numbers)
    for word in (*words, *named):
        yield _ROW.words.contains(word, autoescape=True)
    for word in named:
        yield _ROW.words.like(in_diagnosis(word), escape="/")
    for name, column in (("modality", _ROW.modality), ("body_part", _ROW.body_part)):
        value = str(getattr(query, name)).strip()
        if len(value) > LONGEST_PART:
            raise Invalid(name, "too_long")
        if name == "modality" and value in ONE_KIND:
            yield column.in_(ONE_KIND[value])
        elif value:
            yield column == storable(name, value, lines=False)
    if query.collection_id:
        yield _ROW.collection_id == query.collection_id


def _entries(ctx: Context[Staff], condition: sa.ColumnElement[bool], *, limit: int, offset: int = 0) -> list[Entry]:
    rows = ctx.tx.execute(
        sa.select(teaching_entry)
        .join(teaching_collection, teaching_collection.c.id == _ROW.collection_id)
        .where(condition, _ROW.removed_at.is_(None), collections.visible(ctx.tx, ctx.who, ctx.now))
        .order_by(_ROW.added_at.desc(), _ROW.id.desc())
        .limit(limit)
        .offset(offset)
    ).all()
    known = {one.id: one for one in collections.every(ctx)} if rows else {}
    numbers: dict[str, list[int]] = {row.id: [] for row in rows}
    row_of = teaching_picture.c
    for one in ctx.tx.execute(
        sa.select(row_of.entry_id, row_of.number).where(row_of.entry_id.in_(numbers)).order_by(row_of.number)
    ):
        numbers[one.entry_id].append(one.number)
    return [_entry(row, known[row.collection_id], tuple(numbers[row.id])) for row in rows]


def _entry(row: sa.Row[Any], collection: Collection, numbers: tuple[int, ...]) -> Entry:
    return Entry(
        id=row.id,
        collection=collection,
        words=Words(
            title=row.title,
            diagnosis=row.diagnosis,
            findings=row.findings,
            impression=row.impression,
            point=row.point,
        ),
        modality=row.modality,
        body_part=row.body_part,
        laterality=row.laterality,
        age_from=row.age_from,
        sex=row.sex,
        added_at=row.added_at,
        pictures=numbers,
    )
