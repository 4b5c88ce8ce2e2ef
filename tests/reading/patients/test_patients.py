"""Patients and what they are found by."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from reading.errors import Invalid, NotThere, Stale
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.patients import patients
from reading.patients.patients import (
    NUMBER_ALPHABET,
    Identifier,
    Patient,
    never_links,
    number_check_character,
    read_number,
)
from reading.tables import patient_identifier
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
        patients.link(tx, KEYS, made.id, health_card, now)

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


NOBODY: Final = ["", "  ", "0", "000000", "TEST", "test 1", "Test", "-", "N/A", "unknown", "0000-00"]


def test_what_is_typed_where_nobody_knows_links_to_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = child(tx, now)
        for value in NOBODY:
            blank = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value=value)
            with pytest.raises(Invalid) as refused:
                patients.link(tx, KEYS, made.id, blank, now)
            assert refused.value.problem == "never_links"
            assert patients.find(tx, KEYS, blank, now) is None

    assert all(never_links(value) for value in NOBODY)


@pytest.mark.parametrize("value", ["P1", "10", "TESTER1", PIA_CARD])
def test_what_somebody_is_known_by_links(value: str) -> None:
    assert not never_links(value)


def test_nothing_is_linked_to_a_patient_who_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx, pytest.raises(NotThere):
        patients.link(tx, KEYS, "nobody", CARD, now)


def test_what_no_database_takes_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = child(tx, now)
        for odd in ("P\0", "P\ud800", "P" * 201):
            shown = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value=odd)
            with pytest.raises(Invalid):
                patients.link(tx, KEYS, made.id, shown, now)
            with pytest.raises(Invalid):
                child(tx, now, name=odd)
            assert patients.find(tx, KEYS, shown, now) is None


def test_an_unverified_identifier_links_nobody(engine: Engine, now: datetime) -> None:
    told = Identifier(kind=IdentifierKind.INSURANCE_CARD, value="9001", verified=False)
    with transaction(engine) as tx:
        made = child(tx, now, told)

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, told, now) is None
        (held,) = patients.identifiers_of(tx, KEYS, made.id, now)
    assert (held.value, held.verified_at) == ("9001", None)


def test_an_identifier_has_one_owner_at_a_time(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        made = pia(tx, now)
        patients.link(tx, KEYS, made.id, CARD, now)  # the same again is the same
        other = child(tx, now)
        with pytest.raises(Invalid) as refused:
            patients.link(tx, KEYS, other.id, CARD, now)
        held = next(one for one in patients.identifiers_of(tx, KEYS, made.id, now) if one.kind is CARD.kind)
        patients.unlink(tx, held.id, later)
        patients.link(tx, KEYS, other.id, CARD, later)

    with transaction(engine) as tx:
        assert refused.value.problem == "taken"
        assert patients.find(tx, KEYS, CARD, now) == made
        assert patients.find(tx, KEYS, CARD, later) == other
        with pytest.raises(NotThere):
            patients.unlink(tx, held.id, later)


def test_a_guardians_card_never_becomes_the_childs_own(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        mother = pia(tx, now)
        shown = Identifier(kind=CARD.kind, value=CARD.value, held_as=HeldAs.GUARDIAN)
        kit = child(tx, now, shown)
        twin = child(tx, now, shown, name="Kim")

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, CARD, now) == mother
        assert patients.opened_by(tx, KEYS, CARD, now) == sorted([mother, kit, twin], key=lambda one: one.id)
        (held,) = patients.identifiers_of(tx, KEYS, kit.id, now)
    assert held.held_as is HeldAs.GUARDIAN


def test_a_guardians_card_alone_finds_no_patient(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        child(tx, now, Identifier(kind=CARD.kind, value=CARD.value, held_as=HeldAs.GUARDIAN))

    with snapshot(engine) as tx:
        assert patients.find(tx, KEYS, CARD, now) is None


def test_the_database_holds_no_identifier_in_plain(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = pia(tx, now)

    with snapshot(engine) as tx:
        rows = tx.execute(sa.select(patient_identifier)).all()
        shown = patients.identifiers_of(tx, KEYS, made.id, now)
    assert PIA_CARD not in repr(rows)
    assert {held.value for held in shown} == {PIA_CARD, "P1"}
    assert PIA_CARD not in repr(shown) + repr(CARD)


def test_two_who_correct_a_patient_at_once_are_told(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        made = pia(tx, now)
        as_it_is = {"birth_date": made.birth_date, "sex": Sex.FEMALE, "telephone": "1"}
        patients.correct(tx, made.id, name="Pia P", revision=1, **as_it_is)  # type: ignore[arg-type]
        with pytest.raises(Stale) as refused:
            patients.correct(tx, made.id, name="Pia Q", revision=1, **as_it_is)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            patients.correct(tx, made.id, name="", revision=2, **as_it_is)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            child(tx, now, name=" ")

    with snapshot(engine) as tx:
        found = patients.by_id(tx, made.id)
    assert refused.value.expected == 2
    assert found is not None
    assert (found.name, found.telephone) == ("Pia P", "1")


def test_the_check_character_of_a_number_follows_luhn() -> None:
    # Every second character from the right counts double, as the sum of its base 32 digits:
    # only a 1 at the right end: 2, so 32 - 2 = 30, which is Y in 0123456789ABCDEFGHJKMNPQRSTVWXYZ.
    assert number_check_character("000000001") == "Y"
    # A 1 beside it counts once: 32 - 1 = 31, Z. A Z (31) at the right end: 62 = 1*32 + 30, 1 + 30 = 31, so 1.
    assert number_check_character("000000010") == "Z"
    assert number_check_character("00000000Z") == "1"
    assert number_check_character("000000000") == "0"


@given(first=st.text(NUMBER_ALPHABET, min_size=9, max_size=9), place=st.integers(0, 9), by=st.integers(1, 31))
def test_every_wrong_character_of_a_number_is_found(first: str, place: int, by: int) -> None:
    number = first + number_check_character(first)
    other = NUMBER_ALPHABET[(NUMBER_ALPHABET.index(number[place]) + by) % 32]

    assert read_number(number.lower()) == number
    assert read_number(number[:place] + other + number[place + 1 :]) is None


def test_letters_that_look_like_digits_are_read_as_these() -> None:
    number = "100000000" + number_check_character("100000000")

    assert read_number(" i" + "o" * 8 + number[-1]) == number
    assert read_number("L" + number[1:]) == number
    assert read_number("U" + number[1:]) is None
