"""Phrases: words that somebody types often, by a shortcut of their own or of their organisation."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.row_rules import taken_as, valid_at
from reading.tables import phrase
from reading.templates.owners import may_change, owners_of
from reading.texts import checked
from reading.viewers import Staff
from storage.ids import new_id

_SHORTCUT: Final = re.compile(r"[^\s/]{1,20}")
MOST: Final = 500
"""Phrases of one owner."""


@dataclass(frozen=True, kw_only=True)
class Phrase:
    id: str
    owner: str
    shortcut: str
    """Without the slash that is typed before it."""
    words: str
    is_own: bool
    """Whether it is theirs alone."""


@without_door("A phrase says nothing of a person.")
def list_of(ctx: Context[Staff]) -> list[Phrase]:
    """The phrases that a person may use, by shortcut; their own goes before their organisation's."""
    order = {owner: place for place, owner in enumerate(owners_of(ctx.tx, ctx.who))}
    rows = ctx.tx.execute(sa.select(phrase).where(phrase.c.owner.in_(order), valid_at(phrase, ctx.now)))
    nearest: dict[str, Phrase] = {}
    for row in sorted(rows, key=lambda each: order[each.owner]):
        own = row.owner == ctx.who.person_id
        nearest[row.shortcut] = Phrase(id=row.id, owner=row.owner, shortcut=row.shortcut, words=row.words, is_own=own)
    return sorted(nearest.values(), key=lambda one: one.shortcut)


@without_door("A phrase says nothing of a person.")
def add(ctx: Context[Staff], *, shortcut: str, words: str, owner: str) -> Phrase:
    """A phrase of their own, or of an organisation whose quality they manage.

    Raises:
        NotAllowed: they do not manage the quality of the organisation.
        Invalid: the shortcut holds a space, a slash or a character that nobody sees, or is taken; the words are blank;
            or there are too many.

    """
    may_change(ctx, owner)
    if not _SHORTCUT.fullmatch(shortcut) or any(unicodedata.category(each)[0] == "C" for each in shortcut):
        raise Invalid("shortcut", "not_a_name")
    said = checked("words", words, longest=2000, required=True, lines=True)
    held = ctx.tx.scalar(
        sa.select(sa.func.count()).select_from(phrase).where(phrase.c.owner == owner, valid_at(phrase, ctx.now))
    )
    if (held or 0) >= MOST:
        raise Invalid("shortcut", "too_many")
    made = new_id()
    with taken_as(ctx.tx, "shortcut"):
        ctx.tx.execute(
            sa.insert(phrase),
            {
                "id": made,
                "owner": owner,
                "shortcut": shortcut,
                "words": said,
                "since": ctx.now,
                "made_by": ctx.who.person_id,
            },
        )
    ctx.record(action=Action.PHRASE_ADD, subject_kind="phrase", subject_id=made)
    return Phrase(id=made, owner=owner, shortcut=shortcut, words=said, is_own=owner == ctx.who.person_id)


@without_door("A phrase says nothing of a person.")
def end(ctx: Context[Staff], phrase_id: str) -> None:
    """Take a phrase away.

    Raises:
        NotThere: no such phrase.
        NotAllowed: it is neither theirs, nor of an organisation whose quality they manage.

    """
    row = ctx.tx.execute(sa.select(phrase).where(phrase.c.id == phrase_id, valid_at(phrase, ctx.now))).one_or_none()
    if row is None or row.owner not in owners_of(ctx.tx, ctx.who):
        raise NotThere
    may_change(ctx, row.owner)
    ctx.tx.execute(sa.update(phrase).where(phrase.c.id == phrase_id).values(until=ctx.now))
    ctx.record(action=Action.PHRASE_END, subject_kind="phrase", subject_id=phrase_id)
