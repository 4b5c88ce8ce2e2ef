"""Identifiers of patients: which ones link, whose they are, and how they are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.errors import Invalid, NotThere
from reading.kinds import HeldAs, IdentifierKind
from reading.patients import patient_identifiers, patients
from reading.patients.patient_identifiers import Identifier, never_links
from reading.tables import patient_identifier
from storage.database import snapshot, transaction
from tests.reading.patients.test_patients import CARD, child
from tests.reading.region import KEYS, PIA_CARD, pia

NOBODY: Final = ["", "  ", "0", "000000", "TEST", "test 1", "Test", "-", "N/A", "unknown", "0000-00"]


def test_what_is_typed_where_nobody_knows_links_to_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = child(tx, now)
        for value in NOBODY:
            blank = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value=value)
            with pytest.raises(Invalid) as refused:
                patient_identifiers.link(tx, KEYS, made.id, blank, now)
            assert refused.value.problem == "never_links"
            assert patients.find(tx, KEYS, blank, now) is None

    assert all(never_links(value) for value in NOBODY)


@pytest.mark.parametrize("value", ["P1", "10", "TESTER1", PIA_CARD])
def test_what_somebody_is_known_by_links(value: str) -> None:
    assert not never_links(value)


def test_nothing_is_linked_to_a_patient_who_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx, pytest.raises(NotThere):
        patient_identifiers.link(tx, KEYS, "nobody", CARD, now)


def test_what_no_database_takes_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = child(tx, now)
        for odd in ("P\0", "P\ud800", "P" * 201):
            shown = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value=odd)
            with pytest.raises(Invalid):
                patient_identifiers.link(tx, KEYS, made.id, shown, now)
            with pytest.raises(Invalid):
                child(tx, now, name=odd)
            assert patients.find(tx, KEYS, shown, now) is None


def test_an_unverified_identifier_links_nobody(engine: Engine, now: datetime) -> None:
    told = Identifier(kind=IdentifierKind.INSURANCE_CARD, value="9001", verified=False)
    with transaction(engine) as tx:
        made = child(tx, now, told)

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, told, now) is None
        (held,) = patient_identifiers.of_patient(tx, KEYS, made.id, now)
    assert (held.value, held.verified_at) == ("9001", None)


def test_an_identifier_has_one_owner_at_a_time(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        made = pia(tx, now)
        patient_identifiers.link(tx, KEYS, made.id, CARD, now)  # the same again is the same
        other = child(tx, now)
        with pytest.raises(Invalid) as refused:
            patient_identifiers.link(tx, KEYS, other.id, CARD, now)
        of_pia = patient_identifier.c.patient_id == made.id
        tx.execute(patient_identifier.update().where(of_pia).values(until=later))
        patient_identifiers.link(tx, KEYS, other.id, CARD, later)

    with transaction(engine) as tx:
        assert refused.value.problem == "taken"
        assert patients.find(tx, KEYS, CARD, now) == made
        assert patients.find(tx, KEYS, CARD, later) == other


def test_a_guardians_card_never_becomes_the_childs_own(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        mother = pia(tx, now)
        shown = Identifier(kind=CARD.kind, value=CARD.value, held_as=HeldAs.GUARDIAN)
        kit = child(tx, now, shown)
        twin = child(tx, now, shown, name="Kim")

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, CARD, now) == mother
        assert patients.of_card(tx, KEYS, CARD, now) == sorted([mother, kit, twin], key=lambda one: one.id)
        (held,) = patient_identifiers.of_patient(tx, KEYS, kit.id, now)
    assert held.held_as is HeldAs.GUARDIAN


def test_the_database_holds_no_identifier_in_plain(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = pia(tx, now)

    with snapshot(engine) as tx:
        rows = tx.execute(sa.select(patient_identifier)).all()
        shown = patient_identifiers.of_patient(tx, KEYS, made.id, now)
    assert PIA_CARD not in repr(rows)
    assert {held.value for held in shown} == {PIA_CARD, "P1"}
    assert PIA_CARD not in repr(shown) + repr(CARD)


@pytest.mark.parametrize(
    ("before", "typed"),
    [
        ("G–1234", "G-1234"),
        ("G–1234", "g–1234"),
        ("G‐12‐34", "G-12-34"),
        ("Gー1234", "G－1234"),
        ("1123\u200b4567", "11234567"),
        ("\u202d11234567\u202c", "1123 4567"),
    ],
)
def test_a_card_that_was_written_by_the_rule_before_is_found_and_is_nobody_elses(
    engine: Engine, now: datetime, before: str, typed: str
) -> None:
    card = Identifier(kind=IdentifierKind.HEALTH_CARD, value=typed)
    with transaction(engine) as tx:
        owner, other = child(tx, now), child(tx, now, name="陈大海")
        patient_identifiers.link(tx, KEYS, owner.id, card, now)
        tx.execute(
            patient_identifier.update()
            .where(patient_identifier.c.patient_id == owner.id)
            .values(value_digest=KEYS.digest(card.kind, card.issuer, before))
        )
        found = patients.find(tx, KEYS, card, now)
        patient_identifiers.link(tx, KEYS, owner.id, card, now)
        with pytest.raises(Invalid) as refused:
            patient_identifiers.link(tx, KEYS, other.id, card, now)
        rows = tx.execute(sa.select(patient_identifier.c.patient_id)).all()

    assert found is not None
    assert found.id == owner.id
    assert (refused.value.field, refused.value.problem) == ("identifier", "taken")
    assert [row.patient_id for row in rows] == [owner.id]
