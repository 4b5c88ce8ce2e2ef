"""A patient's record at the register: searched, opened with its cards and its history, and begun without an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door, visibility
from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid
from reading.kinds import HeldAs, IdentifierKind
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import changes, merges, patient_identifiers, patients, persons
from reading.patients.changes import Change
from reading.patients.keys import Keys
from reading.patients.likeness import contradict, likely_one
from reading.patients.merges import Merge
from reading.patients.names import bare
from reading.patients.patient_identifiers import HeldIdentifier, Identifier
from reading.patients.patients import Patient
from reading.register.sites import visible_site
from reading.sessions.patient_sessions import CARDS
from reading.tables import patient
from reading.telephones import numbers
from reading.telephones.numbers import Telephone
from reading.viewers import Staff

MOST: Final = 50


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that the register holds of a person."""

    patient: Patient
    others: Sequence[Patient]
    """Records of the same person that this one stands for, as they were written."""
    identifiers: Sequence[HeldIdentifier]
    history: Sequence[Change]
    merges: Sequence[Merge]
    """Claims that nobody took back."""
    likely: Sequence[Patient]
    """Other records that are likely the same person's."""
    telephone: Telephone


@dataclass(frozen=True, kw_only=True)
class Search:
    """A card, a patient number, or name and birth date."""

    kind: IdentifierKind = IdentifierKind.IDENTITY_CARD
    card: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    birth_date: date | None = field(default=None, repr=False)


def open_patient(ctx: Context[Staff], patient_id: str, action: Action) -> Patient:
    """The record that stands for the person of a record, for those who register them.

    Raises:
        NotThere: there is none, or none of their sites registers the person.

    """
    opened = door.open_registered_patient(ctx, patient_id, action)
    return opened if opened.merged_into is None else door.open_registered_patient(ctx, opened.merged_into, action)


def open_record(ctx: Context[Staff], keys: Keys, patient_id: str) -> Record:
    """A person's record with cards, history, merges and likely others.

    Raises:
        NotThere: there is none, or none of their sites registers the person.

    """
    opened = open_patient(ctx, patient_id, Action.PATIENT_OPEN)
    ids = persons.record_ids(ctx.tx, opened.id)
    written = [patients.record(ctx.tx, each) for each in ids if each != opened.id]
    return Record(
        patient=opened,
        others=[one for one in written if one is not None],
        identifiers=[held for each in ids for held in patient_identifiers.of_patient(ctx.tx, keys, each, ctx.now)],
        history=changes.history(ctx.tx, ids),
        merges=merges.of_records(ctx.tx, ids),
        likely=_likely(ctx, keys, opened),
        telephone=numbers.of_record(ctx.tx, keys, opened),
    )


def search(ctx: Context[Staff], keys: Keys, asked: Search) -> list[Patient]:
    """People of their sites; who is found is on record.

    Raises:
        Invalid: nothing to search by; a name without a birth date.

    """
    door.open_list(ctx, Action.PATIENT_SEARCH)
    theirs = visibility.registered_patients(ctx.tx, ctx.who, ctx.now)
    found = patients.select(ctx.tx, theirs & _sought(ctx, keys, asked), limit=MOST)
    if asked.name and not asked.card and not asked.number:
        found = [one for one in found if bare(one.name) == bare(asked.name)]
    return [door.open_patient(ctx, one.id, Action.PATIENT_FIND) for one in found]


def register(ctx: Context[Staff], keys: Keys, holder: CardHolder, site_code: str) -> Patient:
    """Find or register somebody without an order: see `find_or_register`.

    Raises:
        NotThere: no such site, or not one that they see.
        NotAllowed: they neither work at the site nor manage it.
        Invalid: as `find_or_register`.

    """
    site = visible_site(ctx.tx, ctx.who, site_code, ctx.now)
    return find_or_register(ctx, keys, holder, site.id)


def own_cards(tx: Connection, keys: Keys, patient_ids: Sequence[str], now: datetime) -> list[Identifier]:
    """The identity cards that records own, in clear, for rules about them."""
    held = [one for each in patient_ids for one in patient_identifiers.of_patient(tx, keys, each, now)]
    return [
        Identifier(kind=one.kind, value=one.value)
        for one in held
        if one.kind is IdentifierKind.IDENTITY_CARD and one.held_as is HeldAs.OWN
    ]


def _sought(ctx: Context[Staff], keys: Keys, asked: Search) -> sa.ColumnElement[bool]:
    if asked.card:
        if asked.kind not in CARDS:
            raise Invalid("card_type", "unknown")
        held = patients.of_card(ctx.tx, keys, Identifier(kind=asked.kind, value=asked.card), ctx.now)
        return patient.c.id.in_([one.id for one in held])
    if asked.number:
        one = patients.by_number(ctx.tx, asked.number)
        return patient.c.id == (one.id if one else "")
    if not asked.name.strip():
        raise Invalid("search", "empty")
    if asked.birth_date is None:
        raise Invalid("birth_date", "search_needs_it")
    return patient.c.birth_date == asked.birth_date


def _likely(ctx: Context[Staff], keys: Keys, opened: Patient) -> list[Patient]:
    if opened.birth_date is None:
        return []
    theirs = visibility.registered_patients(ctx.tx, ctx.who, ctx.now)
    same_day = theirs & (patient.c.birth_date == opened.birth_date) & patient.c.merged_into.is_(None)
    found = patients.select(ctx.tx, same_day & (patient.c.id != opened.id), limit=MOST * 4)
    ours = [card.value for card in own_cards(ctx.tx, keys, persons.record_ids(ctx.tx, opened.id), ctx.now)]
    likely = [
        one
        for one in found
        if likely_one(opened, one)
        and not contradict(
            ours,
            [card.value for card in own_cards(ctx.tx, keys, persons.record_ids(ctx.tx, one.id), ctx.now)],
        )
    ]
    return [door.open_patient(ctx, one.id, Action.PATIENT_FIND) for one in likely]
