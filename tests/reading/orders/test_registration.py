"""The person at the counter: known by their card, or registered, and each on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.context import Context, Guess
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import patient_identifiers, patients
from reading.patients.majority import ZONE
from reading.patients.patient_identifiers import Identifier
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.region import KEYS, PIA_CARD, pia

PIA = CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="Pia", sex=Sex.UNKNOWN, birth_date=None)
# 11010519491231002X: the sum is 167, 167 mod 11 = 2, and that gives X.
STRANGER = replace(PIA, card="11010519491231002X", name="王璡")


def _at_counter(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff, guess=Guess())


def test_whoever_is_known_by_the_card_is_found_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known = pia(tx, now)
        found = find_or_register(_at_counter(tx, clinic, clinic.tang, now), KEYS, PIA, clinic.region.hills.id)
        events = [event.action for event in audit.events_about(tx, "patient", known.id)]

    assert found == known
    assert events == ["patient.find"]


def test_whoever_is_not_is_registered_on_record_with_what_the_card_says(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = find_or_register(_at_counter(tx, clinic, clinic.tang, now), KEYS, STRANGER, clinic.region.hills.id)
        (event,) = audit.events_about(tx, "patient", made.id)

    assert (made.name, made.birth_date, made.sex) == ("王璡", date(1949, 12, 31), Sex.FEMALE)
    assert (event.action, event.details) == ("patient.register", {"site_id": clinic.region.hills.id})


def test_only_those_who_work_at_the_site_or_manage_it_register(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        hills = clinic.region.hills.id
        for staff in (clinic.ada, clinic.ben, clinic.quinn):
            with pytest.raises(NotAllowed):
                find_or_register(_at_counter(tx, clinic, staff, now), KEYS, STRANGER, hills)
        with pytest.raises(NotThere):
            find_or_register(_at_counter(tx, clinic, clinic.tang, now), KEYS, STRANGER, "nowhere")

        assert find_or_register(_at_counter(tx, clinic, clinic.mona, now), KEYS, STRANGER, hills).name == "王璡"


def test_what_is_wrong_with_the_card_is_told(engine: Engine, now: datetime) -> None:
    wrong = [
        (replace(PIA, kind=IdentifierKind.DEVICE_ID), "card_type", "unknown"),
        (replace(PIA, name=" "), "name", "empty"),
        (replace(PIA, birth_date=date(2100, 1, 1)), "birth_date", "date"),
        (
            replace(PIA, kind=IdentifierKind.HEALTH_CARD, card="H77", birth_date=date(1880, 1, 1)),
            "birth_date",
            "too_old",
        ),
        (replace(PIA, kind=IdentifierKind.HEALTH_CARD, card=" "), "card", "empty"),
        (replace(PIA, kind=IdentifierKind.HEALTH_CARD, card="000000"), "card", "never_links"),
        (replace(PIA, name="Paul"), "card", "other_name"),
    ]
    told: list[tuple[str, str]] = []
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        for holder, *_ in wrong:
            with pytest.raises(Invalid) as refused:
                find_or_register(_at_counter(tx, clinic, clinic.tang, now), KEYS, holder, clinic.region.hills.id)
            told.append((refused.value.field, refused.value.problem))

    assert told == [(field, problem) for _, field, problem in wrong]


# 21+18+0+20+64+8+2+9+48+15+0+27+0+20+8+8+6 = 274; 274 mod 11 = 10, and that gives 2. The 17th digit is odd: male.
FATHERS_CARD = "320482198503041232"
KIT = CardHolder(
    kind=IdentifierKind.IDENTITY_CARD,
    card=FATHERS_CARD,
    name="陈小明",
    sex=Sex.MALE,
    birth_date=date(2020, 5, 1),
    held_as=HeldAs.GUARDIAN,
    guardian="陈大海",
)
FATHER = replace(KIT, name="陈大海", birth_date=None, held_as=HeldAs.OWN, guardian="")


def test_a_fathers_card_with_the_childs_name_is_refused_and_the_father_registers_with_it_later(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = _at_counter(tx, clinic, clinic.tang, now), clinic.region.hills.id
        with pytest.raises(Invalid) as contradicted:
            find_or_register(ctx, KEYS, replace(KIT, held_as=HeldAs.OWN, guardian=""), hills)
        kit = find_or_register(ctx, KEYS, KIT, hills)
        with pytest.raises(Invalid) as taken_for_their_own:
            find_or_register(ctx, KEYS, replace(KIT, held_as=HeldAs.OWN, birth_date=None), hills)
        father = find_or_register(ctx, KEYS, FATHER, hills)
        (held,) = patient_identifiers.of_patient(tx, KEYS, kit.id, now)
        owned = patients.find(tx, KEYS, Identifier(kind=KIT.kind, value=FATHERS_CARD), now)

    assert (contradicted.value.field, contradicted.value.problem) == ("birth_date", "card_says_otherwise")
    assert (taken_for_their_own.value.field, taken_for_their_own.value.problem) == ("card", "guardians_card")
    assert (held.held_as, held.holder_name, held.until) == (
        HeldAs.GUARDIAN,
        "陈大海",
        datetime(2038, 5, 1, tzinfo=ZONE),
    )
    assert father == owned
    assert (father.id != kit.id, father.birth_date) == (True, date(1985, 3, 4))


def test_a_guardian_finds_the_child_again_and_twins_stay_two(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = _at_counter(tx, clinic, clinic.tang, now), clinic.region.hills.id
        kit = find_or_register(ctx, KEYS, KIT, hills)
        twin = find_or_register(ctx, KEYS, replace(KIT, name="陈小敏"), hills)

        assert find_or_register(ctx, KEYS, KIT, hills) == kit
        assert twin.id != kit.id
        assert find_or_register(ctx, KEYS, replace(KIT, name="陈小敏"), hills) == twin


@pytest.mark.parametrize(
    ("changed", "field", "problem"),
    [
        ({"birth_date": date(1990, 3, 7)}, "birth_date", "of_age"),
        ({"birth_date": None}, "birth_date", "guardian_needs_it"),
        ({"guardian": " "}, "guardian", "empty"),
        # The child's own: 21+18+0+20+64+8+4+0+12+0+0+45+0+5+8+8+6 = 219; 219 mod 11 = 10, and that gives 2.
        ({"card": "320482202005011232"}, "card", "guardian_under_age"),
    ],
)
def test_no_card_stands_for_somebody_as_a_guardians_that_cannot_be_one(
    engine: Engine, now: datetime, changed: dict[str, object], field: str, problem: str
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = _at_counter(tx, clinic, clinic.tang, now)
        with pytest.raises(Invalid) as refused:
            find_or_register(ctx, KEYS, replace(KIT, **changed), clinic.region.hills.id)  # type: ignore[arg-type]

    assert (refused.value.field, refused.value.problem) == (field, problem)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"sex": Sex.MALE}, "sex"), ({"sex": Sex.OTHER}, "sex"), ({"birth_date": date(1950, 1, 1)}, "birth_date")],
)
def test_nobody_is_registered_against_what_the_identity_number_says(
    engine: Engine, now: datetime, changed: dict[str, object], field: str
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = _at_counter(tx, clinic, clinic.tang, now)
        with pytest.raises(Invalid) as refused:
            find_or_register(ctx, KEYS, replace(STRANGER, **changed), clinic.region.hills.id)  # type: ignore[arg-type]

    assert (refused.value.field, refused.value.problem) == (field, "card_says_otherwise")


def test_a_legacy_number_of_15_digits_says_the_same(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = _at_counter(tx, clinic, clinic.tang, now), clinic.region.hills.id
        made = find_or_register(ctx, KEYS, replace(STRANGER, card="110105491231002"), hills)
        with pytest.raises(Invalid):
            find_or_register(ctx, KEYS, replace(STRANGER, card="110105491231004", sex=Sex.MALE), hills)

    assert (made.sex, made.birth_date) == (Sex.FEMALE, date(1949, 12, 31))


def test_a_quality_manager_finds_whom_they_may_register(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known = pia(tx, now)

        assert find_or_register(_at_counter(tx, clinic, clinic.mona, now), KEYS, PIA, clinic.region.hills.id) == known


def test_who_is_known_by_a_health_card_is_not_taken_for_somebody_of_another_sex(engine: Engine, now: datetime) -> None:
    card = replace(KIT, kind=IdentifierKind.HEALTH_CARD, card="0A1B" * 16, held_as=HeldAs.OWN, guardian="")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = _at_counter(tx, clinic, clinic.tang, now), clinic.region.hills.id
        find_or_register(ctx, KEYS, card, hills)
        for changed, field in (({"sex": Sex.FEMALE}, "sex"), ({"birth_date": date(1985, 3, 4)}, "birth_date")):
            with pytest.raises(Invalid) as refused:
                find_or_register(ctx, KEYS, replace(card, **changed), hills)  # type: ignore[arg-type]
            assert (refused.value.field, refused.value.problem) == (field, "registered_otherwise")
