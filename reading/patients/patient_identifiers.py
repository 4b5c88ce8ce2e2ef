"""Identifiers that patients are found by, kept as keyed digests and ciphertext alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid, NotThere
from reading.kinds import HeldAs, IdentifierKind
from reading.patients.keys import Keys
from reading.patients.majority import comes_of_age
from reading.patients.names import one_spelling
from reading.row_rules import open_at, taken_as, valid_at
from reading.tables import patient, patient_identifier
from reading.texts import DASHES, checked, plain
from storage.ids import new_id

NATIONAL: Final = "CN"
"""The issuer of cards that are the same everywhere in the country."""

UNSEEN: Final = "\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202d\u2060\ufeff\u00ad"
"""Signs that come along with a card's number that is pasted; one of them, anywhere."""
MARKS_BEGIN: Final = "\u202a\u202d"
MARKS_END: Final = "\u202c"
"""Marks of direction around a number, as dialogs of Windows give it out."""
LONGEST_CARD: Final = 40

NEVER_LINKS: Final = frozenset({"", "TEST", "NONE", "NULL", "UNKNOWN", "ANONYMOUS", "N/A", "NA"})


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """A card or a device's patient id; ``value`` is only unique within kind and issuer."""

    kind: IdentifierKind
    value: str = field(repr=False)
    issuer: str = NATIONAL
    held_as: HeldAs = HeldAs.OWN
    holder_name: str = field(default="", repr=False)
    """Whose card it is, where it is a guardian's; empty: the patient's."""
    until: datetime | None = None
    """Earlier than the majority of the child, where a guardian's card ends before."""
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
    holder_name: str = field(repr=False)
    verified_at: datetime | None
    since: datetime
    until: datetime | None
    """Always set for a guardian's card: at the latest, the child comes of age."""


def never_links(value: str) -> bool:
    """Whether a value stands for an unknown patient: blank, only zeros, TEST and the like."""
    bare = "".join(value.upper().split())
    return bare in NEVER_LINKS or not bare.strip("0-._*?/") or (bare.startswith("TEST") and bare[4:].isdigit())


def link(tx: Connection, keys: Keys, patient_id: str, identifier: Identifier, now: datetime) -> None:
    """Link an identifier to a patient; a guardian's card may lead to several children, and never becomes their own.

    Raises:
        NotThere: no such patient.
        Invalid: it is another patient's own, or one that never links; or a guardian's card for somebody who is of age,
            whose birth date nobody knows, or whose own it is.

    """
    born = tx.execute(sa.select(patient.c.birth_date).where(patient.c.id == patient_id)).one_or_none()
    if born is None:
        raise NotThere
    value = checked("identifier", normal(identifier.kind, identifier.value), longest=200)
    if never_links(value):
        raise Invalid("identifier", "never_links")
    known = digests(keys, identifier)
    rows = tx.execute(
        sa.select(patient_identifier.c.patient_id, patient_identifier.c.held_as).where(holds_at(known, now))
    ).all()
    held = next((row.held_as for row in rows if row.patient_id == patient_id), None)
    if held == identifier.held_as:
        return
    if held is not None:
        raise Invalid("card", "guardians_card" if held == HeldAs.GUARDIAN else "their_own")
    # A row of the rule before has another digest, which the unique index does not compare.
    if identifier.held_as is HeldAs.OWN and any(row.held_as == HeldAs.OWN for row in rows):
        raise Invalid("identifier", "taken")
    with taken_as(tx, "identifier"):
        tx.execute(
            patient_identifier.insert(),
            {
                "id": new_id(),
                "patient_id": patient_id,
                "kind": identifier.kind,
                "issuer": identifier.issuer,
                "value_digest": known[0],
                "value_cipher": keys.seal(value, _purpose(patient_id, identifier.kind)),
                "held_as": identifier.held_as,
                "holder_name": one_spelling("guardian", checked("guardian", identifier.holder_name, longest=200)),
                "verified_at": now if identifier.verified else None,
                "since": now,
                "until": None if identifier.held_as is HeldAs.OWN else _end(born.birth_date, identifier.until, now),
            },
        )


def end(tx: Connection, identifier_id: str, now: datetime) -> None:
    """The identifier leads to its patient no longer."""
    tx.execute(
        patient_identifier.update()
        .where(patient_identifier.c.id == identifier_id, open_at(patient_identifier, now))
        .values(until=now)
    )


def end_with_majority(tx: Connection, patient_id: str, birth_date: date | None, now: datetime) -> None:
    """Guardians' cards of a patient end when somebody born on this day comes of age, those without a day now."""
    until = now if birth_date is None else max(now, comes_of_age(birth_date))
    tx.execute(
        patient_identifier.update()
        .where(
            patient_identifier.c.patient_id == patient_id,
            patient_identifier.c.held_as == HeldAs.GUARDIAN,
            patient_identifier.c.until > until,
        )
        .values(until=until)
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
            holder_name=row.holder_name,
            verified_at=row.verified_at,
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]


def owns_identity_card(tx: Connection, patient_ids: Collection[str], now: datetime) -> bool:
    """Whether one of these records has an identity card of its own, whose number says sex and birth date."""
    owned = (
        patient_identifier.c.patient_id.in_(patient_ids)
        & (patient_identifier.c.kind == IdentifierKind.IDENTITY_CARD)
        & (patient_identifier.c.held_as == HeldAs.OWN)
    )
    asked = sa.select(patient_identifier.c.id).where(owned, valid_at(patient_identifier, now))
    return tx.scalar(asked.limit(1)) is not None


def hold_a_card(tx: Connection, patient_ids: Collection[str], at: datetime) -> bool:
    """Whether one of these records had a card that a person saw, its own or a guardian's."""
    seen = patient_identifier.c.verified_at.is_not(None) & (patient_identifier.c.kind != IdentifierKind.DEVICE_ID)
    held = patient_identifier.c.patient_id.in_(patient_ids) & seen & valid_at(patient_identifier, at)
    return tx.scalar(sa.select(patient_identifier.c.id).where(held).limit(1)) is not None


def normal(kind: IdentifierKind, value: str) -> str:
    """The normal form of a value: cards without spaces, in capitals and half width, device ids without padding."""
    if kind is IdentifierKind.DEVICE_ID:
        return value.strip()
    return "".join(plain(value).split()).upper()


def digests(keys: Keys, identifier: Identifier) -> list[bytes]:
    """The digests under which an identifier may stand: first the one that is written now.

    Rows of before kept dashes and signs that nobody sees as they were typed; their values are no longer in clear, so
    that all such forms of a card are looked for.
    """
    value = normal(identifier.kind, identifier.value)
    forms = [value] if identifier.kind is IdentifierKind.DEVICE_ID else [value, *_forms_before(value)]
    return [keys.digest(identifier.kind, identifier.issuer, form) for form in dict.fromkeys(forms)]


def _forms_before(value: str) -> Iterator[str]:
    dashed = [unicodedata.normalize("NFKC", dash) for dash in DASHES] if "-" in value else []
    yield from (value.replace("-", dash) for dash in dashed)
    if len(value) <= LONGEST_CARD:
        for sign in UNSEEN:
            yield from (value[:place] + sign + value[place:] for place in range(len(value) + 1))
        yield from (opening + value + MARKS_END for opening in MARKS_BEGIN)


def holds_at(known: Collection[bytes], now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``patient_identifier`` for the rows of one identifier that lead to a patient at ``now``."""
    return patient_identifier.c.value_digest.in_(known) & valid_at(patient_identifier, now)


def _end(birth_date: date | None, asked: datetime | None, now: datetime) -> datetime:
    if birth_date is None:
        raise Invalid("birth_date", "guardian_needs_it")
    of_age = comes_of_age(birth_date)
    if of_age <= now:
        raise Invalid("birth_date", "of_age")
    if asked is not None and asked <= now:
        raise Invalid("until", "range")
    return min(of_age, asked or of_age)


def _purpose(patient_id: str, kind: str) -> str:
    return f"patient_identifier {patient_id} {kind}"
