"""A collection is called otherwise or opened to others, with what it was before; it names no patient of its entries."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import door
from reading.actions import Action
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.tables import person, teaching_entry
from reading.teaching import collection_change, collections, library
from reading.teaching.collections import SeenBy
from reading.teaching.library import Query
from reading.teaching.standing import Rests
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.region import KEYS, hire
from tests.reading.teaching.scenes import added, chosen, collection, ctx_of, final

OF_OAK, OF_ALL = SeenBy.ORGANISATION, SeenBy.REGION


def called(  # noqa: PLR0917
    tx: Connection,
    clinic: Clinic,
    made: str,
    now: datetime,
    name: str = "胸部",
    said: str = "",
    seen_by: SeenBy = OF_OAK,
    *,
    seen: int = 1,
) -> None:
    ctx = ctx_of(tx, clinic, clinic.mona, now)
    collection_change.change(ctx, KEYS, made, name=name, description=said, seen_by=seen_by, seen=seen)


def test_what_it_was_before_stays_with_who_changed_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now, OF_OAK)
        mona = ctx_of(tx, clinic, clinic.mona, now)
        called(tx, clinic, made, now, name="胸部读片", said="心缘征")
        called(tx, clinic, made, now + timedelta(minutes=1), "胸部读片", "心缘征", seen=2)  # as it is: nothing happens
        called(tx, clinic, made, now + timedelta(minutes=2), "胸部读片", "心缘征", OF_ALL, seen=2)
        with pytest.raises(Stale):
            called(tx, clinic, made, now, name="x", seen=2)
        one = collections.seen(mona, made)
        before = [(each.name, each.seen_by, each.changed_by) for each in collection_change.history(mona, made)]
        elsewhere = [each.id for each in collections.every(ctx_of(tx, clinic, clinic.quinn, now))]

    assert (one.name, one.description, one.seen_by, one.revision) == ("胸部读片", "心缘征", OF_ALL, 3)
    assert before == [("胸部读片", OF_OAK, "Mona"), ("胸部 organisation oak", OF_OAK, "Mona")]
    assert elsewhere == [made]


def test_only_who_keeps_it_changes_it_and_reads_what_it_was(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now, OF_OAK)
        collection(tx, clinic, clinic.mona, clinic.region.oak, now, OF_ALL)
        for who, error in ((clinic.ada, NotAllowed), (clinic.tang, NotAllowed), (clinic.quinn, NotThere)):
            ctx = ctx_of(tx, clinic, who, now)
            with pytest.raises(error):
                collection_change.change(ctx, KEYS, made, name="x", description="", seen_by=OF_OAK, seen=1)
            with pytest.raises(error):
                collection_change.history(ctx, made)
        for name, problem in (("", "empty"), ("Mona 读片", "names_somebody"), ("胸部 region oak", "taken")):
            with pytest.raises(Invalid, match=problem):
                called(tx, clinic, made, now, name)


def test_its_words_name_no_patient_of_its_entries(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        mona = ctx_of(tx, clinic, clinic.mona, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now, OF_OAK)
        named = collections.make(mona, clinic.region.oak.id, name="P.i.a 的片子", description="", seen_by=OF_OAK)
        with pytest.raises(Invalid, match="'collection', 'names_patient'"):
            added(tx, clinic, clinic.mona, version, named, now)
        called(tx, clinic, made, now, name="Pia 之前")  # nothing is in it
        called(tx, clinic, made, now, name="胸部", seen=2)
        added(tx, clinic, clinic.mona, version, made, now)
        for name, said, field in (("Pia", "", "name"), ("胸部", "生于 1990-03", "description")):
            with pytest.raises(Invalid, match=f"'{field}', 'names_patient'"):
                called(tx, clinic, made, now, name, said, seen=3)
        with pytest.raises(Invalid, match="'into', 'names_patient'"):
            collections.end(mona, KEYS, made, into=named)
        called(tx, clinic, made, now, name="右中叶", seen=3)

        assert collections.seen(mona, made).name == "右中叶"


def test_no_refusal_tells_whose_case_an_entry_is_to_who_does_not_see_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        cleo = hire(tx, "cleo", now, (Role.QUALITY_MANAGER, clinic.region.city))
        quinn, over = ctx_of(tx, clinic, clinic.quinn, now), ctx_of(tx, clinic, cleo, now)
        made = collection(tx, clinic, clinic.quinn, clinic.region.elm, now, OF_OAK)
        named = collections.make(quinn, clinic.region.elm.id, name="Pia 的片子", description="", seen_by=OF_OAK)
        entry = added(tx, clinic, cleo, version, made, now)
        with pytest.raises(NotThere):
            door.open_case(quinn, version.case_id, Action.CASE_OPEN)
        for seen, name in enumerate(("Li", "Pia", "1990-03"), start=1):
            collection_change.change(quinn, KEYS, made, name=name, description="", seen_by=OF_OAK, seen=seen)
        told = [len(library.resting(one, KEYS)) for one in (quinn, over)]
        [(_, why)] = library.resting(over, KEYS)
        with pytest.raises(Invalid, match="'name', 'names_patient'"):
            collection_change.change(over, KEYS, made, name="Pia", description="", seen_by=OF_OAK, seen=4)
        tried = [(one.action, one.subject_id) for one in over.looks if one.action is Action.TEACHING_NAMED]
        collection_change.change(over, KEYS, made, name="胸部", description="", seen_by=OF_OAK, seen=4)
        after = library.resting(over, KEYS)
        collections.end(quinn, KEYS, made, into=named)
        recorded = [one for one in audit.events_about(tx, "teaching", entry) if one.action == "teaching.named"]

    assert (told, why, after) == ([0, 1], Rests.NAMED, [])
    assert tried == [(Action.TEACHING_NAMED, made)]
    # Pia, her birth, and the collection into which it went
    assert [one.details["case_id"] for one in recorded] == [version.case_id] * 3


def test_before_more_people_see_it_its_entries_are_compared_anew(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now, OF_OAK)
        added(tx, clinic, clinic.mona, version, made, now, pictures=(chosen(),))
        nina = hire(tx, "nina", now, (Role.READER, clinic.region.oak))
        tx.execute(sa.update(person).where(person.c.id == nina.person_id).values(name="心缘征"))
        called(tx, clinic, made, now, name="胸部读片")
        with pytest.raises(Invalid, match="'seen_by', 'entries_name_somebody'"):
            called(tx, clinic, made, now, "胸部读片", seen_by=OF_ALL, seen=2)
        seen = library.find(ctx_of(tx, clinic, clinic.quinn, now), Query(), limit=9).entries
        tx.execute(sa.update(teaching_entry).values(title="右下肺炎", diagnosis="大叶性肺炎"))
        called(tx, clinic, made, now, "胸部读片", seen_by=OF_ALL, seen=2)
        after = library.find(ctx_of(tx, clinic, clinic.quinn, now), Query(), limit=9).entries

    assert (len(seen), len(after)) == (0, 1)
