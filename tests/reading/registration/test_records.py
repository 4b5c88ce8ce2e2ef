"""The register is searched by card, by number, and by name with birth date, within one's own sites, on record."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy.engine import Engine

from reading import audit
from reading.access.act_transaction import acting
from reading.context import Context, Guess
from reading.errors import Invalid, NotThere
from reading.kinds import IdentifierKind, Sex
from reading.orders.registration import CardHolder
from reading.registration import records
from reading.registration.records import Search
from storage.database import snapshot, transaction
from tests.reading.clinic import open_clinic
from tests.reading.region import KEYS, PIA_CARD

PIA = CardHolder(kind=IdentifierKind.IDENTITY_CARD, card=PIA_CARD, name="皮亚", sex=Sex.UNKNOWN, birth_date=None)


def test_who_is_registered_is_found_by_those_of_the_site_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        made = records.register(ctx, KEYS, PIA, "hills")
        searches = [
            Search(card=PIA_CARD.lower()),
            Search(number=made.number.lower()),
            Search(name="皮 亚", birth_date=date(1990, 3, 7)),
        ]
        for who, found in ((clinic.tang, [made.id]), (clinic.mona, [made.id]), (clinic.quinn, []), (clinic.ada, [])):
            for search in searches:
                looking = Context(tx, clinic.audit, now, who, guess=Guess())
                assert [one.id for one in records.search(looking, KEYS, search)] == found
        events = {(event.action, event.actor.id) for event in audit.events_about(tx, "patient", made.id)}

    assert ("patient.find", clinic.mona.person_id) in events
    assert ("patient.find", clinic.quinn.person_id) not in events


def test_a_name_alone_finds_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang, guess=Guess())
        records.register(ctx, KEYS, PIA, "hills")
        for search, field in ((Search(name="皮亚"), "birth_date"), (Search(), "search")):
            with pytest.raises(Invalid) as refused:
                records.search(ctx, KEYS, search)
            assert refused.value.field == field
        homonym = records.search(ctx, KEYS, Search(name="皮娅", birth_date=date(1990, 3, 7)))

    assert homonym == []


def test_a_quality_manager_registers_people_and_an_order_of_another_site_opens_no_register(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        mona = Context(tx, clinic.audit, now, clinic.mona, guess=Guess())
        made = records.register(mona, KEYS, replace(PIA, telephone="010-12345678"), "lake")
        of_tang = records.search(
            Context(tx, clinic.audit, now, clinic.tang, guess=Guess()), KEYS, Search(number=made.number)
        )

    assert made.telephone == "010-12345678"
    assert of_tang == []


def test_a_record_of_another_site_is_refused_by_the_door_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = records.register(Context(tx, clinic.audit, now, clinic.tang, guess=Guess()), KEYS, PIA, "hills")
    for stranger in (clinic.quinn, clinic.ada):
        with pytest.raises(NotThere), acting(engine, clinic.audit, now, stranger) as ctx:
            records.open_record(ctx, KEYS, made.id)
    with snapshot(engine) as tx:
        refused = [one.actor.id for one in audit.events_about(tx, "patient", made.id) if one.outcome == "refused"]

    assert sorted(refused) == sorted([clinic.quinn.person_id, clinic.ada.person_id])
