"""Counting a month finds its facts by an index, and opinions of other institutions beside them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.context import Context
from reading.register import region_clock
from reading.statements import months, spared
from reading.statements.counting import count
from reading.statements.rights import Scope
from reading.tables import consultation, consultation_opinion
from storage.database import transaction
from storage.ids import new_id
from tests.plans import plans_of, reads_through
from tests.reading.clinic import arrive, open_clinic, read
from tests.reading.numbers.test_keeping import keep

MARCH = date(2026, 3, 1)


def test_opinions_count_for_each_other_institution_from_the_release_on(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        region = clinic.region
        one = arrive(tx, clinic, "1.1", now)
        asked = {"id": new_id(), "case_id": one.id, "question": "?", "asked_by": clinic.ada.person_id}
        asked |= {"grant_id": clinic.ada.grants[0].id, "asked_at": now, "until": now, "state": "open", "took_part": []}
        tx.execute(sa.insert(consultation).values(**asked))
        for who, place in ((clinic.ben, region.city), (clinic.ben, region.city), (clinic.ada, region.oak)):
            said = {"person_id": who.person_id, "organisation_id": place.id, "words": "x", "key_images": []}
            row = {"id": new_id(), "consultation_id": asked["id"], "at": now + timedelta(minutes=5), **said}
            tx.execute(sa.insert(consultation_opinion).values(**row))
        month = months.month_of(MARCH, region_clock.zone(tx))
        before = count(tx, month, [], [])
        read(tx, clinic, clinic.ada, one.id, now + timedelta(hours=1))
    keep(engine, now.date())

    with transaction(engine) as tx:
        items = count(tx, month, [], []).items
        of_elm = count(tx, month, [], [], Scope(managed=frozenset({region.elm.id}))).items
    assert before.items == of_elm == []
    released = now + timedelta(hours=1)
    assert [(one.key.service.value, one.key.reader_id, one.at) for one in items] == [
        ("report", region.oak.id, released),
        ("consultation", region.city.id, released),
    ]


def test_a_month_is_found_by_an_index(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        month = months.month_of(MARCH, region_clock.zone(tx))
    plans = plans_of(engine, lambda tx: count(tx, month, [], []))
    plans += plans_of(engine, lambda tx: count(tx, month, [], [], Scope(managed=frozenset({clinic.region.oak.id}))))
    plans += plans_of(engine, lambda tx: spared.of_month(Context(tx, clinic.audit, now, clinic.mona), MARCH))

    assert sum("number_fact" in plan or "within" in plan for plan in plans) == 3
    for plan in plans:
        assert not reads_through(plan, "number_fact"), plan
        assert not reads_through(plan, "within"), plan


def test_the_first_month_is_found_without_reading_the_cases(engine: Engine) -> None:
    (plan, *_) = plans_of(engine, months.begins)

    looked_up = "Index Cond: ((site_id = (organisation.id)" if engine.dialect.name == "postgresql" else "(site_id=?"
    assert looked_up in plan, plan
