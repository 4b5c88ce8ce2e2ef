"""Identifiers that patients are found by, kept as keyed digests and ciphertext alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid, NotThere
from reading.kinds import HeldAs, IdentifierKind
from reading.patients.keys import Keys
from reading.row_rules import known, taken_as, valid_at
from reading.tables import patient, patient_identifier
from reading.texts import checked
from storage.ids import new_id

NATIONAL: Final = "CN"
"""The issuer of cards that are the same everywhere in the country."""

NEVER_LINKS: Final = frozenset({"", "TEST", "NONE", "NULL", "UNKNOWN", "ANONYMOUS", "N/A", "NA"})


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """A card or a device's patient id; ``value`` is only unique within kind and issuer."""

    kind: IdentifierKind
    value: str = field(repr=False)
    issuer: str = NATIONAL
    held_as: HeldAs = HeldAs.OWN
    verified: bool = True
    """A person saw the card, or the issuer vouches for it; only verified identifiers link."""


@dataclass(frozen=True, kw_only=True)
class HeldIdentifier:
    """An identifier that is linked to a patient."""

    id: str
    patient_id: str
    kind: IdentifierKind
    issuer: str
    value: str = field(repr=False)
    held_as: HeldAs
    verified_at: datetime | None
    since: datetime


def never_links(value: str) -> bool:
    """Whether a value stands for an unknown patient: blank, only zeros, TEST and the like."""
    bare = "".join(value.upper().split())
    return bare in NEVER_LINKS or not bare.strip("0-._*?/") or (bare.startswith("TEST") and bare[4:].isdigit())


def link(tx: Connection, keys: Keys, patient_id: str, identifier: Identifier, now: datetime) -> None:
    """Link an identifier to a patient; a guardian's card may lead to several.

    Raises:
        NotThere: no such patient.
        Invalid: it is another patient's own, or one that never links.

    """
    if known(tx, patient, patient_id) is None:
        raise NotThere
    value = checked("identifier", normal(identifier.kind, identifier.value), longest=200)
    if never_links(value):
        raise Invalid("identifier", "never_links")
    digest = keys.digest(identifier.kind, identifier.issuer, value)
    same = tx.scalars(
        sa.select(patient_identifier.c.held_as).where(
            patient_identifier.c.patient_id == patient_id, holds_at(digest, now)
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


def of_patient(tx: Connection, keys: Keys, patient_id: str, now: datetime) -> list[HeldIdentifier]:
    """The identifiers of a patient in clear, for callers that opened the patient through `reading.access.door`."""
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


def normal(kind: IdentifierKind, value: str) -> str:
    """The normal form of a value: cards without spaces and in capitals, device ids without padding."""
    if kind is IdentifierKind.DEVICE_ID:
        return value.strip()
    return "".join(value.split()).upper()


def holds_at(digest: bytes, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``patient_identifier`` for the rows of one identifier that lead to a patient at ``now``."""
    return (patient_identifier.c.value_digest == digest) & valid_at(patient_identifier, now)


def _purpose(patient_id: str, kind: str) -> str:
    return f"patient_identifier {patient_id} {kind}"
