"""A typing error in a name blocks no card for ever, and no correction writes what the identity card does not say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.access import visibility
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.context import Context, Guess
from reading.errors import Invalid, NotThere, Stale
from reading.intake import identity
from reading.kinds import HeldAs, IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from reading.patients import patient_identifiers
from reading.registration import corrections, records
from reading.registration.corrections import facts_of
from reading.tables import case
from reading.viewers import PatientViewer
from storage.database import transaction
from tests.reading.clinic import arrive, compare_again, open_clinic
from tests.reading.region import KEYS, PIA_CARD

PIA = CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="皮亚", sex=Sex.UNKNOWN, birth_date=None)
MISTYPED = replace(PIA, name="皮压")
KIT = CardHolder(
    kind=IdentifierKind.IDENTITY_CARD,
    card=PIA_CARD,
    name="小凯",
    sex=Sex.MALE,
    birth_date=date(2020, 5, 1),
    held_as=HeldAs.GUARDIAN,
    guardian="皮亚",
)


def test_a_mistyped_name_is_corrected_on_record_and_the_card_finds_its_owner_again(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, hills = Context(tx, clinic.audit, now, clinic.tang, guess=Guess()), clinic.region.hills.id
        made = find_or_register(ctx, KEYS, MISTYPED, hills)
        with pytest.raises(Invalid):
            find_or_register(ctx, KEYS, PIA, hills)
        right = replace(facts_of(made), name="皮亚", telephone="+86 138 0013 8000")
        corrections.correct(ctx, KEYS, made.id, right, revision=1, reason="录入错误")
        found = find_or_register(ctx, KEYS, PIA, hills)
        (change,) = records.open_record(ctx, KEYS, made.id).history

    assert (found.id, found.name, found.revision) == (made.id, "皮亚", 2)
    assert change.before == {"name": "皮压", "telephone": ""}
    assert change.after == {"name": "皮亚", "telephone": "13800138000"}
    assert (change.reason, change.made_by, change.made_at) == ("录入错误", clinic.tang.person_id, now)


def test_a_corrected_name_closes_the_cases_until_their_images_are_compared_with_it(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        made = find_or_register(ctx, KEYS, PIA, clinic.region.hills.id)
        one = arrive(tx, clinic, "1.1", now, patient_id="", patient_name="皮亚")
        cases.change(tx, cases.lock(tx, one.id), patient_id=made.id)
        identity.judge(Context(tx, clinic.audit, now, SYSTEM), one.id)
        own = visibility.awaited_cases(PatientViewer(patient_id=made.id, case_id=None))
        found: list[tuple[Identity, str | None, bool]] = []
        for revision, name in enumerate(("陈大海", "皮亚"), start=1):
            corrections.correct(
                ctx, KEYS, made.id, replace(facts_of(made), name=name), revision=revision, reason="录入错误"
            )
            at_once = tx.scalars(sa.select(case.c.id).where(own)).all()
            compare_again(tx, clinic, now)
            judged, open_now = cases.by_id(tx, one.id), tx.scalars(sa.select(case.c.id).where(own)).all()
            found.append((judged.identity, judged.patient_id, bool(open_now)))
            assert at_once == []

    assert found == [(Identity.DIFFERS, None, False), (Identity.AGREES, made.id, True)]


def test_the_older_page_undoes_no_newer_correction(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        made = find_or_register(ctx, KEYS, MISTYPED, clinic.region.hills.id)
        first = replace(facts_of(made), name="皮亚")
        corrections.correct(ctx, KEYS, made.id, first, revision=1, reason="录入错误")
        with pytest.raises(Stale) as refused:
            corrections.correct(ctx, KEYS, made.id, replace(first, name="皮呀"), revision=1, reason="x")

    assert refused.value.expected == 2


@pytest.mark.parametrize(
    ("changed", "field", "problem"),
    [
        ({"sex": Sex.MALE}, "sex", "card_says_otherwise"),
        ({"birth_date": date(1990, 3, 8)}, "birth_date", "card_says_otherwise"),
        ({"birth_date": date(2099, 3, 8)}, "birth_date", "date"),
        ({"name": " "}, "name", "empty"),
        ({"telephone": "12"}, "telephone", "form"),
        ({}, "attributes", "unchanged"),
        # What the card says and somebody left out is filled in again, so that nothing was changed.
        ({"sex": Sex.UNKNOWN, "birth_date": None}, "attributes", "unchanged"),
    ],
)
def test_a_correction_writes_nothing_that_cannot_be(
    engine: Engine, now: datetime, changed: dict[str, object], field: str, problem: str
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        made = find_or_register(ctx, KEYS, PIA, clinic.region.hills.id)
        wrong = replace(facts_of(made), **changed)  # type: ignore[arg-type]
        with pytest.raises(Invalid) as refused:
            corrections.correct(ctx, KEYS, made.id, wrong, revision=1, reason="x")

    assert (refused.value.field, refused.value.problem) == (field, problem)


def test_a_reason_is_asked_for_and_strangers_find_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        made = find_or_register(ctx, KEYS, MISTYPED, clinic.region.hills.id)
        right = replace(facts_of(made), name="皮亚")
        with pytest.raises(Invalid) as unexplained:
            corrections.correct(ctx, KEYS, made.id, right, revision=1, reason=" ")
        for stranger in (clinic.quinn, clinic.ada):
            other = Context(tx, clinic.audit, now, stranger, guess=Guess())
            with pytest.raises(NotThere):
                corrections.correct(other, KEYS, made.id, right, revision=1, reason="x")
            with pytest.raises(NotThere):
                records.open_record(other, KEYS, made.id)

    assert (unexplained.value.field, unexplained.value.problem) == ("reason", "empty")


def test_a_corrected_birth_date_ends_a_guardians_card_earlier_and_never_later(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        kit = find_or_register(ctx, KEYS, KIT, clinic.region.hills.id)

        def corrected(born: date, revision: int) -> list[datetime | None]:
            corrections.correct(
                ctx, KEYS, kit.id, replace(facts_of(kit), birth_date=born), revision=revision, reason="核对"
            )
            return [one.until for one in patient_identifiers.of_patient(tx, KEYS, kit.id, now)]

        (earlier,) = corrected(date(2019, 5, 1), 1)
        (as_before,) = corrected(date(2021, 5, 1), 2)
        grown = corrected(date(2001, 5, 1), 3)

    assert earlier == as_before
    assert earlier is not None
    assert earlier.year == 2037
    assert grown == []
