"""A card that was linked by mistake is freed, and somebody without papers is known by their card later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy.engine import Engine

from reading.context import Context, Guess
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import patient_identifiers, patients
from reading.patients.patient_identifiers import Identifier
from reading.registration import cards, corrections, records
from reading.registration.corrections import facts_of
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.region import KEYS, PIA_CARD

PIA = CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="皮亚", sex=Sex.UNKNOWN, birth_date=None)
CARD = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD)


def test_a_card_under_a_childs_name_is_freed_and_becomes_the_guardians(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = Context(tx, clinic.audit, now, clinic.tang, guess=Guess()), clinic.region.hills.id
        kit = find_or_register(ctx, KEYS, replace(PIA, name="小凯"), hills)
        (wrong,) = patient_identifiers.of_patient(tx, KEYS, kit.id, now)
        cards.end(ctx, KEYS, kit.id, wrong.id, revision=1, reason="母亲的身份证")
        facts = replace(facts_of(kit), sex=Sex.MALE, birth_date=date(2020, 5, 1))
        corrections.correct(ctx, KEYS, kit.id, facts, revision=2, reason="按出生证")
        guardians = replace(CARD, held_as=HeldAs.GUARDIAN, holder_name="皮亚")
        cards.add(ctx, KEYS, kit.id, guardians, revision=3, reason="监护人")
        mother = find_or_register(ctx, KEYS, PIA, hills)
        (held,) = records.open_record(ctx, KEYS, kit.id).identifiers

    assert mother.id != kit.id
    assert (held.held_as, held.holder_name) == (HeldAs.GUARDIAN, "皮亚")


def test_a_temporary_patient_is_known_by_the_card_that_comes_later(engine: Engine, now: datetime) -> None:
    nobody = CardHolder(kind=None, card="", name="", sex=Sex.UNKNOWN, birth_date=None, estimated_age=40)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = Context(tx, clinic.audit, now, clinic.tang, guess=Guess()), clinic.region.hills.id
        made = find_or_register(ctx, KEYS, nobody, hills)
        with pytest.raises(Stale):
            cards.add(ctx, KEYS, made.id, CARD, revision=7, reason="身份证")
        cards.add(ctx, KEYS, made.id, CARD, revision=1, reason="身份证")
        known = patients.find(tx, KEYS, CARD, now)
        with pytest.raises(Invalid) as second:
            cards.add(ctx, KEYS, made.id, replace(CARD, value="11010519491231002X"), revision=2, reason="x")
        with pytest.raises(NotThere):
            cards.end(ctx, KEYS, made.id, "01K", revision=2, reason="x")

    assert known is not None
    assert (known.id, known.temporary, known.sex, known.birth_date) == (made.id, False, Sex.FEMALE, date(1990, 3, 7))
    assert second.value.problem == "second_identity_card"


def test_a_card_that_contradicts_the_register_is_not_added(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = Context(tx, clinic.audit, now, clinic.tang, guess=Guess()), clinic.region.hills.id
        kit = replace(PIA, kind=IdentifierKind.HEALTH_CARD, card="AB" * 32, name="小凯", sex=Sex.MALE)
        made = find_or_register(ctx, KEYS, kit, hills)
        with pytest.raises(Invalid) as refused:
            cards.add(ctx, KEYS, made.id, CARD, revision=1, reason="x")

    assert (refused.value.field, refused.value.problem) == ("sex", "card_says_otherwise")
