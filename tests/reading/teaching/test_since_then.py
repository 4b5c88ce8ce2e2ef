"""Looking through an entry again: what has changed since it was entered, and every hand in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.errors import Invalid, NotThere
from reading.kinds import Role
from reading.signing.signatures import addendum
from reading.teaching import collections, entries, library, removal, since_then
from reading.teaching.since_then import Difference, differences
from storage.database import transaction
from tests.reading.clinic import open_clinic, shown
from tests.reading.region import KEYS, hire
from tests.reading.teaching.scenes import SAID, WORDS, added, collection, ctx_of, final


def test_the_fields_that_differ_are_told_in_their_order() -> None:
    before = {"a": 1, "b": 2, "c": None}

    assert list(differences(before, before)) == []
    assert list(differences(before, {"c": 3, "b": 2, "a": 0})) == [
        Difference(name="a", before=1, now=0),
        Difference(name="c", before=None, now=3),
    ]


def test_what_has_changed_since_it_was_entered(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, version = final(tx, clinic, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now)
        entry = added(tx, clinic, clinic.mona, version, made, now)
        mona = ctx_of(tx, clinic, clinic.mona, now)
        nothing = since_then.of_entry(mona, KEYS, entry)
        at = now + timedelta(minutes=1)
        told = replace(SAID, impression="右下肺炎已吸收，Pia")
        addendum(ctx_of(tx, clinic, clinic.ada, at), clinic.seal, version.id, content=told, screen=shown(tx, case.id))
        tx.execute(sa.text("UPDATE teaching_entry SET body_part = 'ABDOMEN'"))
        tx.execute(sa.text("UPDATE teaching_picture SET sop_instance_uid = '9.9'"))
        since = since_then.of_entry(mona, KEYS, entry)
        with pytest.raises(NotThere):
            since_then.of_entry(ctx_of(tx, clinic, clinic.ben, now), KEYS, "nothing")

    assert (nothing.differences, nothing.gone) == ((), ())
    assert [(one.name, one.before, one.now) for one in since.differences] == [
        ("impression", "右下肺炎，与〔…〕片比较吸收", "右下肺炎已吸收，〔…〕"),
        ("body_part", "ABDOMEN", "CHEST"),
    ]
    assert since.gone == (1,)


def test_every_hand_stays_on_record_and_counts_when_the_collection_ends(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now)
        entry = added(tx, clinic, clinic.mona, version, made, now)
        cora = hire(tx, "cora", now, (Role.QUALITY_MANAGER, clinic.region.city))
        alone = removal.has_of_others(ctx_of(tx, clinic, clinic.mona, now), made)
        for minutes, who in ((1, cora), (2, clinic.mona)):
            at = now + timedelta(minutes=minutes)
            words = replace(WORDS, point=f"{minutes} 分钟")
            entries.change(ctx_of(tx, clinic, who, at), KEYS, entry, words, [1], seen=minutes)
        mona = ctx_of(tx, clinic, clinic.mona, now)
        _, kept = library.open_entry(mona, entry)
        with pytest.raises(Invalid, match="entries_of_others"):
            collections.end(mona, KEYS, made)

    assert kept is not None
    assert [(one.name, one.at) for one in kept.hands] == [
        ("Mona", now),
        ("Cora", now + timedelta(minutes=1)),
        ("Mona", now + timedelta(minutes=2)),
    ]
    assert not alone


def test_a_case_that_is_an_entry_already_is_named_to_who_adds_it_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, version = final(tx, clinic, now)
        made = collection(tx, clinic, clinic.mona, clinic.region.oak, now)
        mona = ctx_of(tx, clinic, clinic.mona, now)
        before = entries.of_case(mona, case.id)
        entry = added(tx, clinic, clinic.mona, version, made, now)
        found = entries.of_case(mona, case.id)
        entries.remove(mona, entry, why="!", seen=1)

        assert (before, found) == ([], [("胸部 region oak", entry, made)])
        assert entries.of_case(mona, case.id) == []
