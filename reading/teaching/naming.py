"""What a collection is called and says of itself: it names nobody at work, and no patient of its entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.patients.keys import Keys
from reading.reports import versions
from reading.tables import teaching_entry
from reading.teaching import known_words
from reading.teaching.identity_words import Kind, Known, found
from reading.teaching.words import LENGTHS
from reading.texts import checked
from reading.viewers import Staff

_ROW: Final = teaching_entry.c
_BY_ROLE: Final = frozenset({Kind.STAFF, Kind.ORGANISATION})
"""Kinds of words that say nothing of a patient."""


def typed(tx: Connection, name: str, description: str) -> tuple[str, str]:
    """Name and description without the spaces around them.

    Raises:
        Invalid: no name, one is too long, somebody at work is named, or a full date or a telephone number stands in it.

    """
    said = {
        "name": checked("name", name, longest=100, required=True),
        "description": checked("description", description, longest=500, lines=True),
    }
    staff = [one for one in known_words.everybody(tx) if one.kind is Kind.STAFF]
    for field, words in said.items():
        if any(found(words, staff)):
            raise Invalid(field, "names_somebody")
    return said["name"], said["description"]


def names_patient(words: str, known: Iterable[Known]) -> bool:
    """Whether a patient is named, by any word by which they are known."""
    return any(found(words, [one for one in known if one.kind not in _BY_ROLE]))


@without_door("It compares what a collection says with words that it does not show.")
def check_with_entries(ctx: Context[Staff], keys: Keys, collection_id: str, said: dict[str, str]) -> None:
    """Compare what a collection is called, by field, with whoever its entries are made of.

    Raises:
        Invalid: one of them is named in a field.

    """
    for _, known in _made_of(ctx, keys, collection_id):
        for field, words in said.items():
            if names_patient(words, known):
                raise Invalid(field, "names_patient")


@without_door("It compares entries with words that it does not show.")
def check_entries(ctx: Context[Staff], keys: Keys, collection_id: str) -> None:
    """Compare the words of every entry anew with what is known now, before more people see them.

    Raises:
        Invalid: an entry names somebody, and has to be looked through first.

    """
    everybody = tuple(known_words.everybody(ctx.tx))
    for row, known in _made_of(ctx, keys, collection_id):
        if any(found(str(getattr(row, name)), (*known, *everybody)) for name in LENGTHS):
            raise Invalid("seen_by", "entries_name_somebody")


def _made_of(ctx: Context[Staff], keys: Keys, collection_id: str) -> Iterator[tuple[sa.Row[Any], tuple[Known, ...]]]:
    """Each entry of a collection, with the words by which its patient is known."""
    standing = (_ROW.collection_id == collection_id) & _ROW.removed_at.is_(None)
    rows = ctx.tx.execute(sa.select(teaching_entry).where(standing).order_by(_ROW.id)).all()
    of_cases = cases.by_ids(ctx.tx, {row.case_id for row in rows})
    signed = versions.by_ids(ctx.tx, [row.version_id for row in rows])
    for row in rows:
        yield row, known_words.of_person(ctx, keys, of_cases[row.case_id], signed[row.version_id])
