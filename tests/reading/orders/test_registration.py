"""The person at the counter: known by their card, or registered, and each on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy.engine import Engine

from reading import audit
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import IdentifierKind, Sex
from reading.orders.registration import CardHolder, find_or_register
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.region import KEYS, PIA_CARD, pia

PIA = CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="Pia", sex=Sex.UNKNOWN, birth_date=None)
# 11010519491231002X: the sum is 167, 167 mod 11 = 2, and that gives X.
STRANGER = replace(PIA, card="11010519491231002X", name="王璡")


def test_whoever_is_known_by_the_card_is_found_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        known = pia(tx, now)
        found = find_or_register(Context(tx, clinic.audit, now, clinic.tang), KEYS, PIA, clinic.region.hills.id)
        events = [event.action for event in audit.events_about(tx, "patient", known.id)]

    assert found == known
    assert events == ["patient.find"]


def test_whoever_is_not_is_registered_on_record_with_what_the_card_says(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = find_or_register(Context(tx, clinic.audit, now, clinic.tang), KEYS, STRANGER, clinic.region.hills.id)
        (event,) = audit.events_about(tx, "patient", made.id)

    assert (made.name, made.birth_date, made.sex) == ("王璡", date(1949, 12, 31), Sex.FEMALE)
    assert (event.action, event.details) == ("patient.register", {"site_id": clinic.region.hills.id})


def test_only_those_who_work_at_the_site_or_manage_it_register(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        hills = clinic.region.hills.id
        for staff in (clinic.ada, clinic.ben, clinic.quinn):
            with pytest.raises(NotAllowed):
                find_or_register(Context(tx, clinic.audit, now, staff), KEYS, STRANGER, hills)
        with pytest.raises(NotThere):
            find_or_register(Context(tx, clinic.audit, now, clinic.tang), KEYS, STRANGER, "nowhere")

        assert find_or_register(Context(tx, clinic.audit, now, clinic.mona), KEYS, STRANGER, hills).name == "王璡"


def test_what_is_wrong_with_the_card_is_told(engine: Engine, now: datetime) -> None:
    wrong = [
        (replace(PIA, kind=IdentifierKind.DEVICE_ID), "card_type", "unknown"),
        (replace(PIA, name=" "), "name", "empty"),
        (replace(PIA, birth_date=date(2100, 1, 1)), "birth_date", "date"),
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
                find_or_register(Context(tx, clinic.audit, now, clinic.tang), KEYS, holder, clinic.region.hills.id)
            told.append((refused.value.field, refused.value.problem))

    assert told == [(field, problem) for _, field, problem in wrong]
