"""Entries are found by words, diagnosis, kind and part; looks are on record; new ones are counted for who asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.errors import Invalid, NotThere
from reading.tables import audit_event, teaching_entry
from reading.teaching import library, subscriptions
from reading.teaching.collections import SeenBy
from reading.teaching.library import Query
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.teaching.scenes import JPEG, WORDS, added, chosen, collection, ctx_of, final

LATER = timedelta(hours=1)


def test_words_diagnosis_kind_and_part(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        _, chest = final(tx, clinic, now)
        _, knee = final(tx, clinic, now, "1.2", body_part="ABDOMEN", modality="CR")
        one = added(tx, clinic, clinic.ben, chest, city, now)
        fracture = replace(WORDS, title="隐匿性骨折", diagnosis="胫骨平台 Ｆracture 50%", findings="骨小梁中断")
        two = added(tx, clinic, clinic.ben, knee, city, now + LATER, words=fracture, pictures=(chosen("1.2"),))
        ctx = ctx_of(tx, clinic, clinic.quinn, now)

        def ids(**asked: str) -> list[str]:
            return [each.id for each in library.find(ctx, Query(**asked), limit=9).entries]

        assert ids() == [two, one]
        assert ids(text="骨折") == ids(text="小梁 FRACTURE") == [two]
        assert ids(text="心缘") == [two, one]
        assert ids(diagnosis="心缘") == [one]
        assert ids(diagnosis="胫骨平台fracture") == [two]
        assert ids(diagnosis="50%") == ids(diagnosis="台ｆ") == [two]
        assert ids(diagnosis="骨折") == ids(diagnosis="骨小梁") == ids(diagnosis="膈面") == ids(diagnosis="5%") == []
        assert ids(modality="DX") == ids(body_part="CHEST") == [one]
        assert ids(modality="DX", text="骨折") == []
        assert (ids(modality="DR"), ids(modality="CR")) == ([two, one], [two])
        assert ids(collection_id=city, text="肺炎 _") == []
        with pytest.raises(Invalid):
            ids(text="字" * 201)
        page = library.find(ctx, Query(), limit=1)
        assert ([each.id for each in page.entries], page.more) == ([two], True)
        last = library.find(ctx, Query(), limit=1, offset=1)
        assert ([each.id for each in last.entries], last.more) == ([one], False)


def test_each_look_is_on_record_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        _, version = final(tx, clinic, now)
        made = added(tx, clinic, clinic.ben, version, city, now)

        def record() -> list[tuple[str, str]]:
            row = audit_event.c
            asked = sa.select(row.action, row.subject_id).where(row.actor_id == clinic.ada.person_id)
            teaching = asked.where(row.action.startswith("teaching."))
            return [(each.action, each.subject_id) for each in tx.execute(teaching.order_by(row.number))]

        ada = ctx_of(tx, clinic, clinic.ada, now)
        assert library.picture(ada, made, 1) == JPEG
        first = record()
        library.find(ada, Query(), limit=9)
        library.picture(ada, made, 1)
        library.open_entry(ada, made)
        with pytest.raises(NotThere):
            library.picture(ada, made, 2)

        assert first == [("teaching.open", made)]
        assert record() == [*first, ("teaching.search", ""), ("teaching.found", made)]


def test_new_entries_are_counted_until_they_are_seen(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        oak = collection(tx, clinic, clinic.mona, clinic.region.oak, now, SeenBy.ORGANISATION)
        (_, version), (_, second), (_, third) = (final(tx, clinic, now, uid) for uid in ("1.1", "1.2", "1.3"))
        added(tx, clinic, clinic.ben, version, city, now)
        then = now + LATER

        def counted(at: datetime = then) -> dict[str, int]:
            people = (clinic.ada, clinic.ben, clinic.quinn)
            return {who.username: subscriptions.count(ctx_of(tx, clinic, who, at)) for who in people}

        for who in (clinic.ada, clinic.ben):
            subscriptions.subscribe(ctx_of(tx, clinic, who, now), city)
            subscriptions.subscribe(ctx_of(tx, clinic, who, now), city)
        subscriptions.subscribe(ctx_of(tx, clinic, clinic.ada, now), oak)
        with pytest.raises(NotThere):
            subscriptions.subscribe(ctx_of(tx, clinic, clinic.quinn, now), oak)
        before = counted()
        another = replace(WORDS, title="又一例")
        new = added(tx, clinic, clinic.ben, second, city, then, words=another, pictures=())
        added(tx, clinic, clinic.mona, version, oak, then, words=replace(WORDS, title="县里的"))
        told = subscriptions.new_entries(ctx_of(tx, clinic, clinic.ada, then))
        after = counted()
        subscriptions.unsubscribe(ctx_of(tx, clinic, clinic.ada, then), oak)
        without = counted()
        subscriptions.mark_seen(ctx_of(tx, clinic, clinic.ada, then), then + LATER)

        assert before == {"ada": 0, "ben": 0, "quinn": 0}
        assert after == {"ada": 2, "ben": 0, "quinn": 0}
        assert told[city] == {new}
        assert without["ada"] == 1
        assert counted() == before
        assert subscriptions.new_entries(ctx_of(tx, clinic, clinic.ada, then)) == {city: set()}
        later = then + timedelta(minutes=1)
        added(tx, clinic, clinic.ben, third, city, later, pictures=())
        assert counted(later)["ada"] == 1


def test_a_collection_with_very_many_new_entries_hides_no_other(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        oak = collection(tx, clinic, clinic.mona, clinic.region.oak, now)
        _, version = final(tx, clinic, now)
        for into in (city, oak):
            subscriptions.subscribe(ctx_of(tx, clinic, clinic.ada, now), into)
        made = added(tx, clinic, clinic.ben, version, city, now + LATER, pictures=())
        row = dict(tx.execute(sa.select(teaching_entry)).mappings().one())
        more = [row | {"id": f"{number:026d}"} for number in range(subscriptions.MOST)]
        tx.execute(sa.insert(teaching_entry), more)

        told = subscriptions.new_entries(ctx_of(tx, clinic, clinic.ada, now + LATER))

    assert made
    assert {into: len(new) for into, new in told.items()} == {city: subscriptions.MOST, oak: 0}
