"""Verified numbers: one of each person, end-dated, kept as a keyed digest and a ciphertext."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.errors import Invalid
from reading.patients import patients, persons, telephones
from reading.patients.keys import Keys
from reading.patients.patients import Patient
from reading.tables import patient, verified_telephone
from storage.ids import new_id

NUMBER: Final = "telephone"
"""Purpose of the digest and of the ciphertext."""
MOST_PERSONS: Final = 6
"""A family shares a telephone; a number that more people verify is somebody's who makes themselves the patient."""
REPLACED: Final = "telephone.replaced"


@dataclass(frozen=True, kw_only=True)
class Verified:
    """A number in force."""

    id: str
    patient_id: str
    number: str = field(repr=False)
    since: datetime


@dataclass(frozen=True, kw_only=True)
class Telephone:
    """How a person's number is, without it."""

    takes_messages: bool
    """A mobile number was noted at the counter."""
    since: datetime | None
    """When a number was verified; None: never."""
    is_noted: bool
    """The verified number is the one that was noted; a patient may have changed it since."""


def digest_of(keys: Keys, number: str) -> bytes:
    return keys.digest(NUMBER, number)


def of_person(tx: Connection, keys: Keys, patient_id: str) -> Verified | None:
    """The number of a person, of whichever of their records; the newest where records were merged."""
    row = tx.execute(
        sa.select(verified_telephone)
        .where(_of(patient_id))
        .order_by(verified_telephone.c.since.desc(), verified_telephone.c.id.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    number = keys.open(row.number_cipher, NUMBER)
    return Verified(id=row.id, patient_id=row.patient_id, number=number, since=row.since)


def told_at(tx: Connection, keys: Keys, patient_id: str) -> str:
    """The number by which a person is told: the verified one, else the mobile number that was noted, or none."""
    found = of_person(tx, keys, patient_id)
    if found is not None:
        return found.number
    one = patients.by_id(tx, patient_id)
    return "" if one is None else telephones.mobile(one.telephone)


def of_record(tx: Connection, keys: Keys, opened: Patient) -> Telephone:
    """How the number of a record that somebody has opened is."""
    verified, noted = of_person(tx, keys, opened.id), telephones.mobile(opened.telephone)
    return Telephone(
        takes_messages=bool(noted),
        since=None if verified is None else verified.since,
        is_noted=verified is not None and verified.number == noted,
    )


def ended_number(tx: Connection, keys: Keys, telephone_id: str) -> str:
    """The number of a row that may have ended: it is told that it was replaced."""
    same = verified_telephone.c.id == telephone_id
    cipher = tx.scalar(sa.select(verified_telephone.c.number_cipher).where(same))
    return "" if cipher is None else keys.open(cipher, NUMBER)


def enter(tx: Connection, keys: Keys, patient_id: str, number: str, *, made_by: str | None, now: datetime) -> None:
    """Let a number be the verified one of a person; the one before ends, and is told.

    Raises:
        Invalid: so many other people have verified the number that it is hardly theirs.

    """
    ids = persons.lock(tx, [patient_id])
    digest = digest_of(keys, number)
    row = verified_telephone.c
    # Records of one person count once.
    theirs = sa.select(sa.func.count(sa.distinct(persons.stands_for()))).join(patient, patient.c.id == row.patient_id)
    others = tx.scalar(theirs.where(row.number_digest == digest, row.until.is_(None), row.patient_id.not_in(ids))) or 0
    if others >= MOST_PERSONS:
        raise Invalid("telephone", "used_by_many")
    _end(tx, keys, patient_id, now, but=number)
    tx.execute(
        sa.insert(verified_telephone),
        {
            "id": new_id(),
            "patient_id": patient_id,
            "number_digest": digest,
            "number_cipher": keys.seal(number, NUMBER),
            "made_by": made_by,
            "since": now,
        },
    )


def end(tx: Connection, keys: Keys, patient_id: str, now: datetime) -> None:
    """End the number of a person; it is told, and what it opened is shut."""
    _end(tx, keys, patient_id, now, but="")


def _end(tx: Connection, keys: Keys, patient_id: str, now: datetime, *, but: str) -> None:
    """End every number of a person; those that are not ``but`` are told."""
    for row in tx.execute(sa.select(verified_telephone).where(_of(patient_id))).all():
        tx.execute(sa.update(verified_telephone).where(verified_telephone.c.id == row.id).values(until=now))
        if keys.open(row.number_cipher, NUMBER) != but:
            outbox.post(tx, REPLACED, row.id, {}, now)


def _of(patient_id: str) -> sa.ColumnElement[bool]:
    """The condition for the numbers in force of a person, of whichever of their records."""
    row = verified_telephone.c
    return row.patient_id.in_(persons.records_of(patient_id)) & row.until.is_(None)
