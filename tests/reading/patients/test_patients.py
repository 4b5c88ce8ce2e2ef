"""Patients and what they are found by."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.errors import Invalid
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.patients import names, patient_identifiers, patients
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from storage.database import snapshot, transaction
from tests.reading.region import KEYS, PIA_CARD, pia

CARD = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD)


def child(tx: Connection, now: datetime, *identifiers: Identifier, name: str = "Kit") -> Patient:
    return patients.register(
        tx, KEYS, name=name, birth_date=date(2020, 1, 1), sex=Sex.UNKNOWN, identifiers=identifiers, now=now
    )


def test_a_patient_is_found_by_a_card_in_any_spelling(engine: Engine, now: datetime) -> None:
    health_card = Identifier(kind=IdentifierKind.HEALTH_CARD, value="0a1b" * 16)
    with transaction(engine) as tx:
        made = pia(tx, now)
        patient_identifiers.link(tx, KEYS, made.id, health_card, now)

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, CARD, now) == made
        assert patients.find(tx, KEYS, Identifier(kind=CARD.kind, value=f" {PIA_CARD[:6]} {PIA_CARD[6:]}"), now) == made
        assert patients.find(tx, KEYS, Identifier(kind=health_card.kind, value=" " + "0A1B" * 16), now) == made
        assert patients.find(tx, KEYS, Identifier(kind=IdentifierKind.HEALTH_CARD, value=PIA_CARD), now) is None
        assert patients.find(tx, KEYS, Identifier(kind=CARD.kind, value=PIA_CARD, issuer="XX"), now) is None
        assert patients.by_id(tx, made.id) == made
        assert patients.by_number(tx, made.number.lower()) == made
        assert patients.by_number(tx, "nothing") is None


def test_a_device_id_means_a_patient_within_its_issuer_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = pia(tx, now, device_issuer="HILLS", device_id="P1")
        other = child(tx, now, Identifier(kind=IdentifierKind.DEVICE_ID, issuer="MOOR", value="P1"))

    with snapshot(engine) as tx:
        assert patients.of_device_id(tx, KEYS, "HILLS", " P1 ", now) == made
        assert patients.of_device_id(tx, KEYS, "MOOR", "P1", now) == other
        assert patients.of_device_id(tx, KEYS, "LAKE", "P1", now) is None
        assert patients.of_device_id(tx, KEYS, "HILLS", "p1", now) is None
        assert patients.of_device_id(tx, KEYS, "", "P1", now) is None


def test_a_guardians_card_alone_finds_no_patient(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        child(tx, now, Identifier(kind=CARD.kind, value=CARD.value, held_as=HeldAs.GUARDIAN))

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, CARD, now) is None


def test_whoever_shows_a_card_has_a_name_and_the_nameless_are_told_apart(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        with pytest.raises(Invalid):
            child(tx, now, CARD, name=" ")
        one, other = child(tx, now, name=" "), child(tx, now, name="")

    assert one.name == f"无名氏 {one.number[-4:]}" != other.name
    assert one.temporary
    assert names.for_devices("无名氏 7K3Q") == ("WU MING SHI 7K3Q", "无名氏 7K3Q")
