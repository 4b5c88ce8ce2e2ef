"""What a collection is called and says of itself: it names nobody at work, and no patient of its entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import visibility
from reading.actions import Action
from reading.cases import cases
from reading.context import Context, Look, without_door
from reading.errors import Invalid
from reading.patients.keys import Keys
from reading.reports import versions
from reading.tables import audit_event, case, teaching_collection, teaching_entry
from reading.teaching import known_words, removal
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

    Only of cases that they see themselves are they told that somebody is named: else whoever calls it after one name
    after the other would learn whose case an entry is. That another one is named is on record with its case, for those
    who see it.

    Raises:
        Invalid: one of them is named in a field; the attempt stays on record.

    """
    made_of = list(_made_of(ctx, keys, collection_id))
    theirs = _seen_cases(ctx, {row.case_id for row, _ in made_of})
    hidden: list[sa.Row[Any]] = []
    for row, known in made_of:
        named = [field for field, words in said.items() if names_patient(words, known)]
        if named and row.case_id in theirs:
            tried = Action.TEACHING_NAMED
            ctx.looks.append(Look(action=tried, subject_kind="teaching_collection", subject_id=collection_id))
            raise Invalid(named[0], "names_patient")
        if named:
            hidden.append(row)
    for row in hidden:
        removal.record(ctx, Action.TEACHING_NAMED, row.id, row.case_id, {"collection_id": collection_id})


@without_door("It says of which entries of cases that they see themselves the patient is named.")
def named_unseen(ctx: Context[Staff], keys: Keys) -> set[str]:
    """The entries whose patient their collection still names since somebody called it so who does not see the case."""
    said = audit_event.c
    recorded = sa.select(said.subject_id).where(said.action == Action.TEACHING_NAMED, said.subject_kind == "teaching")
    theirs = sa.select(case.c.id).where(visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
    asked = _ROW.id.in_(recorded) & _ROW.case_id.in_(theirs)
    called = {row.id: f"{row.name}\n{row.description}" for row in ctx.tx.execute(sa.select(teaching_collection))}
    found = _each(ctx, keys, asked)
    return {row.id for row, known in found if names_patient(called[row.collection_id], known)}


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


def _seen_cases(ctx: Context[Staff], case_ids: AbstractSet[str]) -> frozenset[str]:
    theirs = visibility.visible_cases(ctx.tx, ctx.who, ctx.now)
    return frozenset(ctx.tx.scalars(sa.select(case.c.id).where(case.c.id.in_(case_ids), theirs)))


def _made_of(ctx: Context[Staff], keys: Keys, collection_id: str) -> Iterator[tuple[sa.Row[Any], tuple[Known, ...]]]:
    """Each entry of a collection, with the words by which its patient is known."""
    return _each(ctx, keys, _ROW.collection_id == collection_id)


def _each(
    ctx: Context[Staff], keys: Keys, condition: sa.ColumnElement[bool]
) -> Iterator[tuple[sa.Row[Any], tuple[Known, ...]]]:
    standing = condition & _ROW.removed_at.is_(None)
    rows = ctx.tx.execute(sa.select(teaching_entry).where(standing).order_by(_ROW.id)).all()
    of_cases = cases.by_ids(ctx.tx, {row.case_id for row in rows})
    signed = versions.by_ids(ctx.tx, [row.version_id for row in rows])
    for row in rows:
        yield row, known_words.of_person(ctx, keys, of_cases[row.case_id], signed[row.version_id])
