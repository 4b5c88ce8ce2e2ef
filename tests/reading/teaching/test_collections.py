"""Collections: kept by who reviews or manages quality there, seen by who reads, at the organisation or everywhere."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.register import organisations
from reading.tables import audit_event, teaching_entry, teaching_picture
from reading.teaching import collections, entries, library, removal
from reading.teaching.collections import SeenBy
from reading.teaching.library import Query
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.region import KEYS, hire
from tests.reading.teaching.scenes import WORDS, added, collection, ctx_of, final


def cast(tx: Connection, clinic: Clinic, now: datetime) -> dict[str, Staff]:
    """Everybody, with a clinician, an administrator of each kind, and who manages the whole city."""
    more = (
        ("cleo", Role.CLINICIAN, clinic.region.hills),
        ("sid", Role.SYSTEM_ADMINISTRATOR, clinic.region.city),
        ("sec", Role.SECURITY_ADMINISTRATOR, clinic.region.city),
        ("aud", Role.AUDIT_ADMINISTRATOR, clinic.region.city),
        ("cora", Role.QUALITY_MANAGER, clinic.region.city),
    )
    hired = [hire(tx, name, now, (role, place)) for name, role, place in more]
    named = (clinic.ada, clinic.rosa, clinic.vera, clinic.ben, clinic.tang, clinic.mona, clinic.quinn)
    return {one.username: one for one in (*named, *hired)}


def test_who_sees_what(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        people = cast(tx, clinic, now)
        _, version = final(tx, clinic, now)
        oak = collection(tx, clinic, clinic.mona, clinic.region.oak, now, SeenBy.ORGANISATION)
        city = collection(tx, clinic, clinic.ben, clinic.region.city, now, SeenBy.REGION)
        for who, into in ((clinic.mona, oak), (clinic.ben, city)):
            added(tx, clinic, who, version, into, now)

        seen: dict[str, set[str]] = {}
        for name, who in people.items():
            ctx = ctx_of(tx, clinic, who, now)
            seen[name] = {one.id for one in collections.every(ctx)}
            if not seen[name]:
                with pytest.raises(NotAllowed):
                    library.find(ctx, Query(), limit=9)
                continue
            found = library.find(ctx, Query(), limit=9).entries
            assert {one.collection.id for one in found} == seen[name]
            if oak not in seen[name]:
                with pytest.raises(NotThere):
                    library.find(ctx, Query(collection_id=oak), limit=9)

    both, region, nothing = {oak, city}, {city}, set[str]()
    assert seen == {
        **dict.fromkeys(("ada", "rosa", "vera", "mona", "cora"), both),
        **dict.fromkeys(("ben", "quinn"), region),
        **dict.fromkeys(("tang", "cleo", "sid", "sec", "aud"), nothing),
    }


def test_who_makes_and_ends_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        people = cast(tx, clinic, now)
        for name, at in (("ada", clinic.region.oak), ("tang", clinic.region.hills), ("ben", clinic.region.oak)):
            with pytest.raises(NotAllowed):
                collection(tx, clinic, people[name], at, now)
        made = collection(tx, clinic, people["cora"], clinic.region.oak, now)
        with pytest.raises(Invalid, match="taken"):
            collection(tx, clinic, clinic.mona, clinic.region.oak, now)
        with pytest.raises(Invalid, match="empty"):
            collections.make(
                ctx_of(tx, clinic, clinic.mona, now),
                clinic.region.oak.id,
                name=" ",
                description="",
                seen_by=SeenBy.REGION,
            )
        with pytest.raises(NotAllowed):
            collections.end(ctx_of(tx, clinic, clinic.ben, now), KEYS, made)
        _, version = final(tx, clinic, now)
        added(tx, clinic, clinic.mona, version, made, now)
        collections.end(ctx_of(tx, clinic, clinic.mona, now), KEYS, made)
        with pytest.raises(NotThere):
            collections.end(ctx_of(tx, clinic, clinic.mona, now), KEYS, made)

        assert library.find(ctx_of(tx, clinic, clinic.mona, now), Query(), limit=9).entries == ()
        left = tx.execute(sa.select(teaching_entry)).one()
        assert (left.findings, left.words, left.removed_by) == ("", "", clinic.mona.person_id)
        assert tx.scalar(sa.select(sa.func.count()).select_from(teaching_picture)) == 0
        gone = tx.execute(sa.select(audit_event).where(audit_event.c.action == "teaching.remove")).one()
        assert (gone.subject_id, gone.details) == (left.id, {"case_id": version.case_id, "why": "ended"})
        assert collection(tx, clinic, clinic.mona, clinic.region.oak, now)


def test_they_choose_among_the_organisations_that_they_keep(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)

        chosen = {
            who.username: [one.code for one in collections.keeps_for(tx, who)]
            for who in (clinic.ben, clinic.mona, clinic.ada)
        }
        every = len(organisations.list_all(tx))

    assert chosen == {"ben": ["city"], "mona": ["oak", "hills", "lake"], "ada": []}
    assert every == 6


def test_what_a_colleague_rewrote_is_not_deleted_with_a_collection(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        people, oak = cast(tx, clinic, now), clinic.region.oak
        mona, cora = (ctx_of(tx, clinic, people[name], now) for name in ("mona", "cora"))
        ends = collection(tx, clinic, clinic.mona, oak, now)
        _, version = final(tx, clinic, now)
        entry = added(tx, clinic, clinic.mona, version, ends, now)
        entries.change(mona, KEYS, entry, WORDS, (1,), seen=1)
        own = removal.has_of_others(mona, ends)
        entries.change(cora, KEYS, entry, WORDS, (1,), seen=2)
        with pytest.raises(Invalid, match="entries_of_others"):
            collections.end(mona, KEYS, ends, into="")

        assert (own, removal.has_of_others(mona, ends)) == (False, True)


def test_ending_one_hands_what_colleagues_made_on_to_another(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        people, oak = cast(tx, clinic, now), clinic.region.oak
        mona = ctx_of(tx, clinic, clinic.mona, now)

        def made(name: str, seen_by: SeenBy) -> str:
            return collections.make(mona, oak.id, name=name, description="", seen_by=seen_by)

        ends, goes_on = made("胸部", SeenBy.ORGANISATION), made("呼吸", SeenBy.ORGANISATION)
        wider = made("全区域", SeenBy.REGION)
        elsewhere = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        _, version = final(tx, clinic, now)
        entry = added(tx, clinic, people["cora"], version, ends, now)
        for into, problem in (("", "entries_of_others"), (wider, "unknown"), (elsewhere, "unknown"), (ends, "unknown")):
            with pytest.raises(Invalid, match=problem):
                collections.end(mona, KEYS, ends, into=into)
        untouched = [one.id for one in library.find(mona, Query(collection_id=ends), limit=9).entries]
        collections.end(mona, KEYS, ends, into=goes_on)
        found = library.find(ctx_of(tx, clinic, clinic.ada, now), Query(collection_id=goes_on), limit=9).entries
        row = tx.execute(sa.select(teaching_entry)).one()

        assert untouched == [entry]
        assert [one.id for one in found] == [entry]
        assert (row.removed_at, row.added_by, row.collection_id) == (None, people["cora"].person_id, goes_on)
        assert row.findings
        assert tx.scalar(sa.select(sa.func.count()).select_from(teaching_picture)) == 1
        with pytest.raises(NotThere):
            collections.end(mona, KEYS, ends, into=goes_on)


@pytest.mark.parametrize(
    ("field", "words"),
    [("name", "Vera 的病例"), ("description", "2026年3月2日起，Ben 整理"), ("description", "电话 13800138000")],
)
def test_its_name_and_description_name_nobody_at_work(engine: Engine, now: datetime, field: str, words: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ctx, said = ctx_of(tx, clinic, clinic.ben, now), {"name": "胸部", "description": "", field: words}
        with pytest.raises(Invalid) as refused:
            collections.make(ctx, clinic.region.city.id, seen_by=SeenBy.REGION, **said)

    assert (refused.value.field, refused.value.problem) == (field, "names_somebody")
