"""Patients: registered, found by what they are known by, and corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.patients import card_facts, patient_number, telephones
from reading.patients.keys import Keys
from reading.patients.names import NAMELESS, one_spelling, search_forms
from reading.patients.patient_identifiers import Identifier, digests, holds_at, link, never_links, normal
from reading.tables import patient, patient_identifier
from reading.texts import checked
from storage.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A record of a person who was examined: its own id and ``number``, and what is known of the person.

    Where records were merged, name, birth date, sex and telephone are those of the record that stands for the person.
    """

    id: str
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: Sex
    telephone: str = field(repr=False)
    created_at: datetime
    revision: int
    site_id: str | None = None
    """Where they were registered; None for whoever was before that was kept."""
    temporary: bool = False
    """Registered without papers, until a card is added or the record is merged with another."""
    estimated_age: int | None = None
    """Years at the registration, where nobody knows the birth date."""
    facts_at: datetime | None = field(default=None, compare=False)
    """When name, sex or birth date were last changed, by a correction or a merge; None: never."""
    merged_into: str | None = None
    """The record that stands for the person, where this one does not."""


def register(
    tx: Connection,
    keys: Keys,
    *,
    name: str,
    birth_date: date | None,
    sex: Sex,
    identifiers: Sequence[Identifier],
    now: datetime,
    telephone: str = "",
    site_id: str | None = None,
    estimated_age: int | None = None,
) -> Patient:
    """A new patient with what they are known by; look with `find` first.

    Whoever is known by nothing is temporary, and may be nameless: then part of their number tells them from others.
    Sex and birth date are those of an identity card of their own.

    Raises:
        Invalid: an identifier belongs to another patient, or is one that never links; sex or birth date contradict an
            identity card; no name, or two spellings in one (`names.one_spelling`); no telephone number.

    """
    sex, birth_date = card_facts.settled(identifiers, sex, birth_date, now)
    number = _free_number(tx)
    named = one_spelling("name", checked("name", name, longest=200))
    temporary = not identifiers
    if not named and not temporary:
        raise Invalid("name", "empty")
    if estimated_age is not None and not 0 <= estimated_age <= card_facts.OLDEST:
        raise Invalid("estimated_age", "range")
    made = Patient(
        id=new_id(),
        number=number,
        name=named or f"{NAMELESS} {number[-4:]}",
        birth_date=birth_date,
        sex=sex,
        telephone=telephones.normal(telephone),
        created_at=now,
        revision=1,
        site_id=site_id,
        temporary=temporary,
        estimated_age=None if birth_date else estimated_age,
    )
    tx.execute(
        patient.insert(),
        {
            "id": made.id,
            "number": made.number,
            "name": made.name,
            **search_forms(made.name),
            "birth_date": made.birth_date,
            "sex": made.sex,
            "telephone": made.telephone,
            "created_at": made.created_at,
            "site_id": made.site_id,
            "temporary": made.temporary,
            "estimated_age": made.estimated_age,
        },
    )
    for identifier in identifiers:
        link(tx, keys, made.id, identifier, now)
    return made


def find(tx: Connection, keys: Keys, identifier: Identifier, now: datetime) -> Patient | None:
    """The patient whose own, verified identifier this is."""
    found = _holders(tx, keys, identifier, [HeldAs.OWN], now)
    return found[0] if found else None


def of_device_id(tx: Connection, keys: Keys, issuer: str, patient_id: str, now: datetime) -> Patient | None:
    """The patient of a PatientID that a device sent; without an issuer it means nobody.

    Under our own issuer it is our number, which the device took from a worklist.
    """
    if not issuer:
        return None
    if issuer == patient_number.ISSUER:
        return by_number(tx, patient_id)
    return find(tx, keys, Identifier(kind=IdentifierKind.DEVICE_ID, issuer=issuer, value=patient_id), now)


def of_card(tx: Connection, keys: Keys, card: Identifier, now: datetime) -> list[Patient]:
    """The patients of a card: its owner, and the children whose guardian shows it."""
    return _holders(tx, keys, card, list(HeldAs), now)


def wards(tx: Connection, keys: Keys, card: Identifier, now: datetime) -> list[Patient]:
    """The children whose guardian shows this card."""
    return _holders(tx, keys, card, [HeldAs.GUARDIAN], now)


def by_id(tx: Connection, patient_id: str) -> Patient | None:
    return _one(tx, patient.c.id == patient_id)


def record(tx: Connection, patient_id: str) -> Patient | None:
    """A record with what was written in it itself, also where another one stands for the person."""
    row = tx.execute(sa.select(patient).where(patient.c.id == patient_id)).one_or_none()
    return None if row is None else _patient(row, row)


def by_number(tx: Connection, number: str) -> Patient | None:
    """The patient with a number of ours, typed in any case, with O for 0 and I or L for 1."""
    known = patient_number.read(number)
    return None if known is None else _one(tx, patient.c.number == known)


def spell(tx: Connection, most: int) -> int:
    """Fill in the search forms of names that were registered before there were any; answers how many."""
    found = tx.execute(sa.select(patient.c.id, patient.c.name).where(patient.c.initials.is_(None)).limit(most)).all()
    for row in found:
        tx.execute(patient.update().where(patient.c.id == row.id).values(search_forms(row.name)))
    return len(found)


def _holders(
    tx: Connection, keys: Keys, identifier: Identifier, held_as: Sequence[HeldAs], now: datetime
) -> list[Patient]:
    value = normal(identifier.kind, identifier.value)
    if never_links(value):
        return []
    holding = sa.select(patient_identifier.c.patient_id).where(
        holds_at(digests(keys, identifier), now),
        patient_identifier.c.held_as.in_(held_as),
        patient_identifier.c.verified_at.is_not(None),
    )
    return select(tx, patient.c.id.in_(holding))


def _free_number(tx: Connection) -> str:
    while True:
        number = patient_number.draw()
        if _one(tx, patient.c.number == number) is None:
            return number


def select(tx: Connection, condition: sa.ColumnElement[bool], *, limit: int | None = None) -> list[Patient]:
    """The records that fulfil a condition on the table ``patient``, the oldest first."""
    rows = tx.execute(sa.select(patient).where(condition).order_by(patient.c.id).limit(limit)).all()
    wanted = {row.merged_into for row in rows if row.merged_into is not None}
    of_person = (
        {row.id: row for row in tx.execute(sa.select(patient).where(patient.c.id.in_(wanted)))} if wanted else {}
    )
    return [_patient(row, of_person.get(row.merged_into, row)) for row in rows]


def _one(tx: Connection, condition: sa.ColumnElement[bool]) -> Patient | None:
    return next(iter(select(tx, condition, limit=1)), None)


def _patient(row: sa.Row[tuple[object, ...]], of_person: sa.Row[tuple[object, ...]]) -> Patient:
    return Patient(
        id=row.id,
        number=row.number,
        name=of_person.name,
        birth_date=of_person.birth_date,
        sex=Sex(of_person.sex),
        telephone=of_person.telephone,
        created_at=row.created_at,
        revision=row.revision,
        site_id=row.site_id,
        temporary=of_person.temporary,
        estimated_age=of_person.estimated_age,
        facts_at=row.facts_at,
        merged_into=row.merged_into,
    )
