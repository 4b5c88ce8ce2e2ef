"""Patients and the identifiers that they are found by, kept as keyed digests and ciphertext alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid, NotThere, Stale
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.patients.keys import Keys
from reading.row_rules import open_at, taken_as, valid_at
from reading.tables import patient, patient_identifier
from reading.texts import checked
from storage.ids import new_id

NATIONAL: Final = "CN"
"""The issuer of cards that are the same everywhere in the country."""
ISSUER: Final = "TIERREAD"
"""The issuer of our own numbers, as worklists give it to devices and images bring it back."""
NUMBER_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O, U."""
NUMBER_LENGTH: Final = 10
"""Nine random characters (45 bits) and a check character."""
NEVER_LINKS: Final = frozenset({"", "TEST", "NONE", "NULL", "UNKNOWN", "ANONYMOUS", "N/A", "NA"})


@dataclass(frozen=True, kw_only=True)
class Patient:
    """``number`` is ours and opaque: the only one that devices, images and receipts carry."""

    id: str
    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: Sex
    telephone: str = field(repr=False)
    created_at: datetime
    revision: int


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """What somebody shows or a device sends; ``value`` is only unique within kind and issuer."""

    kind: IdentifierKind
    value: str = field(repr=False)
    issuer: str = NATIONAL
    held_as: HeldAs = HeldAs.OWN
    verified: bool = True
    """Somebody looked at the card, or the device's issuer vouches for it; only such ones link."""


@dataclass(frozen=True, kw_only=True)
class HeldIdentifier:
    """An identifier as it stands with a patient."""

    id: str
    patient_id: str
    kind: IdentifierKind
    issuer: str
    value: str = field(repr=False)
    held_as: HeldAs
    verified_at: datetime | None
    since: datetime


def never_links(value: str) -> bool:
    """Whether a value is one that is typed where nobody knows: blank, only zeros, TEST and their like."""
    bare = "".join(value.upper().split())
    return bare in NEVER_LINKS or not bare.strip("0-._*?/") or (bare.startswith("TEST") and bare[4:].isdigit())


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
) -> Patient:
    """A new patient with what they are known by; look with `find` first.

    Raises:
        Invalid: an identifier belongs to another patient, or is one that never links; no name.

    """
    made = Patient(
        id=new_id(),
        number=_free_number(tx),
        name=checked("name", name, longest=200, required=True),
        birth_date=birth_date,
        sex=sex,
        telephone=checked("telephone", telephone, longest=40),
        created_at=now,
        revision=1,
    )
    tx.execute(
        patient.insert().values(
            id=made.id,
            number=made.number,
            name=made.name,
            birth_date=made.birth_date,
            sex=made.sex,
            telephone=made.telephone,
            created_at=made.created_at,
        )
    )
    for identifier in identifiers:
        link(tx, keys, made.id, identifier, now)
    return made


def link(tx: Connection, keys: Keys, patient_id: str, identifier: Identifier, now: datetime) -> None:
    """From now on the identifier leads to this patient (a guardian's, beside what it leads to already).

    Raises:
        NotThere: no such patient.
        Invalid: it is another patient's own, or one that never links.

    """
    if by_id(tx, patient_id) is None:
        raise NotThere
    value = checked("identifier", normal(identifier.kind, identifier.value), longest=200)
    if never_links(value):
        raise Invalid("identifier", "never_links")
    digest = keys.digest(identifier.kind, identifier.issuer, value)
    same = tx.scalars(
        sa.select(patient_identifier.c.held_as).where(
            patient_identifier.c.patient_id == patient_id, _is(digest), valid_at(patient_identifier, now)
        )
    )
    if identifier.held_as in set(same):
        return
    with taken_as(tx, "identifier"):
        tx.execute(
            patient_identifier.insert().values(
                id=new_id(),
                patient_id=patient_id,
                kind=identifier.kind,
                issuer=identifier.issuer,
                value_digest=digest,
                value_cipher=keys.seal(value, _purpose(patient_id, identifier.kind)),
                held_as=identifier.held_as,
                verified_at=now if identifier.verified else None,
                since=now,
            )
        )


def unlink(tx: Connection, identifier_id: str, now: datetime) -> None:
    """The link was wrong or has ended; that it stood is kept.

    Raises:
        NotThere: no such link, or it has ended.

    """
    ended = tx.execute(
        patient_identifier.update()
        .where(patient_identifier.c.id == identifier_id, open_at(patient_identifier, now))
        .values(until=now)
    )
    if ended.rowcount != 1:
        raise NotThere


def find(tx: Connection, keys: Keys, identifier: Identifier, now: datetime) -> Patient | None:
    """The patient whose own, verified identifier this is."""
    found = _holders(tx, keys, identifier, [HeldAs.OWN], now)
    return found[0] if found else None


def of_device_id(tx: Connection, keys: Keys, issuer: str, patient_id: str, now: datetime) -> Patient | None:
    """The patient that a device means by its PatientID; a device without an issuer means nobody.

    Under our own issuer it is our number, which came from a worklist and was typed by nobody.
    """
    if not issuer:
        return None
    if issuer == ISSUER:
        return by_number(tx, patient_id)
    return find(tx, keys, Identifier(kind=IdentifierKind.DEVICE_ID, issuer=issuer, value=patient_id), now)


def opened_by(tx: Connection, keys: Keys, card: Identifier, now: datetime) -> list[Patient]:
    """Whom a card stands for: its owner, and the children that its owner is the guardian of."""
    return _holders(tx, keys, card, list(HeldAs), now)


def by_id(tx: Connection, patient_id: str) -> Patient | None:
    return _one(tx, patient.c.id == patient_id)


def by_number(tx: Connection, number: str) -> Patient | None:
    """The patient with a number of ours, typed in any case, with O for 0 and I or L for 1."""
    typed = read_number(number)
    return None if typed is None else _one(tx, patient.c.number == typed)


def identifiers_of(tx: Connection, keys: Keys, patient_id: str, now: datetime) -> list[HeldIdentifier]:
    """What a patient is known by now, readable: for those who have passed `reading.access`."""
    rows = tx.execute(
        sa.select(patient_identifier)
        .where(patient_identifier.c.patient_id == patient_id, valid_at(patient_identifier, now))
        .order_by(patient_identifier.c.since, patient_identifier.c.id)
    )
    return [
        HeldIdentifier(
            id=row.id,
            patient_id=row.patient_id,
            kind=IdentifierKind(row.kind),
            issuer=row.issuer,
            value=keys.open(bytes(row.value_cipher), _purpose(row.patient_id, row.kind)),
            held_as=HeldAs(row.held_as),
            verified_at=row.verified_at,
            since=row.since,
        )
        for row in rows
    ]


def correct(
    tx: Connection,
    patient_id: str,
    *,
    name: str,
    birth_date: date | None,
    sex: Sex,
    telephone: str,
    revision: int,
) -> None:
    """Put right what was written down of a patient.

    Raises:
        Stale: somebody changed it since ``revision``.

    """
    told = {
        "name": checked("name", name, longest=200, required=True),
        "telephone": checked("telephone", telephone, longest=40),
    }
    changed = tx.execute(
        patient.update()
        .where(patient.c.id == patient_id, patient.c.revision == revision)
        .values(**told, birth_date=birth_date, sex=sex, revision=revision + 1)
    )
    if changed.rowcount != 1:
        now_there = by_id(tx, patient_id)
        raise Stale(now_there.revision if now_there else None)


def normal(kind: IdentifierKind, value: str) -> str:
    """The one spelling of a value: cards are the same in any case and with any spaces, device ids to their padding."""
    if kind is IdentifierKind.DEVICE_ID:
        return value.strip()
    return "".join(value.split()).upper()


def read_number(typed: str) -> str | None:
    """A patient number as it is written, None when its check character says that it is none."""
    number = typed.strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")
    if len(number) != NUMBER_LENGTH or not set(number) <= set(NUMBER_ALPHABET):
        return None
    return number if number[-1] == number_check_character(number[:-1]) else None


def number_check_character(first: str) -> str:
    """Luhn's sum mod 32: finds every wrong character and every swapped pair but 0 beside Z."""
    total = 0
    for place, character in enumerate(reversed(first)):
        product = NUMBER_ALPHABET.index(character) * (1 if place % 2 else 2)
        total += product // 32 + product % 32
    return NUMBER_ALPHABET[-total % 32]


def _holders(
    tx: Connection, keys: Keys, identifier: Identifier, held_as: Sequence[HeldAs], now: datetime
) -> list[Patient]:
    value = normal(identifier.kind, identifier.value)
    if never_links(value):
        return []
    rows = tx.execute(
        sa.select(patient)
        .join(patient_identifier, patient_identifier.c.patient_id == patient.c.id)
        .where(
            _is(keys.digest(identifier.kind, identifier.issuer, value)),
            patient_identifier.c.held_as.in_(held_as),
            patient_identifier.c.verified_at.is_not(None),
            valid_at(patient_identifier, now),
        )
        .order_by(patient.c.id)
    )
    return [_patient(row) for row in rows]


def _is(digest: bytes) -> sa.ColumnElement[bool]:
    return patient_identifier.c.value_digest == digest


def _free_number(tx: Connection) -> str:
    while True:
        first = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(NUMBER_LENGTH - 1))
        number = first + number_check_character(first)
        if _one(tx, patient.c.number == number) is None:
            return number


def _purpose(patient_id: str, kind: str) -> str:
    return f"patient_identifier {patient_id} {kind}"


def _one(tx: Connection, condition: sa.ColumnElement[bool]) -> Patient | None:
    row = tx.execute(sa.select(patient).where(condition)).one_or_none()
    return None if row is None else _patient(row)


def _patient(row: sa.Row[tuple[object, ...]]) -> Patient:
    return Patient(
        id=row.id,
        number=row.number,
        name=row.name,
        birth_date=row.birth_date,
        sex=Sex(row.sex),
        telephone=row.telephone,
        created_at=row.created_at,
        revision=row.revision,
    )
