"""Instances are shown where a person says and no longer where they are hidden, whatever comes or is replayed later."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import Durability, snapshot, transaction
from storage.decisions.placement import apply
from storage.decisions.placement_changes import (
    Change,
    Hidden,
    InstancesMoved,
    Merged,
    SeriesMade,
    SeriesMoved,
    StudyMade,
    Unhidden,
    from_json,
    inverse,
    to_json,
)
from storage.errors import Overtaken
from storage.index import queries
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.index.queries import (
    Entered,
    Index,
    Scope,
    UidList,
    instance_of,
    instances_in,
    search_instances,
    search_series,
    search_studies,
    series_in,
    study_of,
)
from storage.segments.members import Entry
from tests import engines
from tests.storage.instances import NOON, OTHER_TOWNSHIP, TOWNSHIP, place, provenance, row, seen_whole

ALL = Scope(site_ids=frozenset({TOWNSHIP}))
FIRST, SECOND = "1.2.3.1", "1.2.3.9"
"""Two series of the study 1.2.3: instances 1, 2 and 3, 4."""
OTHER = "1.2.4"
"""A study with the one instance 9."""

SPLIT_SERIES = (
    StudyMade(study_uid="2.25.1", like="1.2.3"),
    SeriesMoved(series_uid=SECOND, from_study="1.2.3", to_study="2.25.1"),
)
SPLIT_INSTANCE = (
    StudyMade(study_uid="2.25.1", like="1.2.3"),
    SeriesMade(series_uid="2.25.2", study_uid="2.25.1", like=FIRST),
    InstancesMoved(
        sop_instance_uids=("1.2.3.1",), from_study="1.2.3", from_series=FIRST, to_study="2.25.1", to_series="2.25.2"
    ),
)
MERGE = (
    SeriesMoved(series_uid=FIRST, from_study="1.2.3", to_study=OTHER),
    SeriesMoved(series_uid=SECOND, from_study="1.2.3", to_study=OTHER),
    Merged(study_uid="1.2.3", from_study=None, to_study=OTHER),
)
HIDE = (Hidden(sop_instance_uids=("1.2.3.3", "1.2.3.4")),)
DECISIONS = {"split a series": SPLIT_SERIES, "split an instance": SPLIT_INSTANCE, "merge": MERGE, "hide": HIDE}


def moved(*uids: str, **changed: str) -> InstancesMoved:
    """Instances of the first series to the other study, if nobody says otherwise."""
    move = InstancesMoved(
        sop_instance_uids=uids, from_study="1.2.3", from_series=FIRST, to_study=OTHER, to_series="1.2.4.1"
    )
    return replace(move, **changed)


Shown = dict[str, tuple[int, dict[str, tuple[int, list[str]]]]]


def entry(number: int, **known: str) -> Entry:
    return Entry(row=replace(row(number), **known), place=place(number), provenance=provenance())


ENTRIES = [
    entry(1),
    entry(2),
    entry(3, series_uid=SECOND),
    entry(4, series_uid=SECOND),
    entry(9, study_uid=OTHER, series_uid="1.2.4.1"),
]


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    with engines.pointed(database_url, Durability.ASYNCHRONOUS) as quick:
        made = Index(quick)
        made.enter_all(ENTRIES)
        yield made
        made.close()


def shown(tx: Connection) -> Shown:
    """Study to its count and its series, each with its count and instances: as searches, lists and counts say."""
    found: Shown = {}
    for study in search_studies(tx, ALL, [], limit=100):
        series = search_series(tx, ALL, [("study_uid", UidList((study.study_uid,)))], limit=100)
        assert series == series_in(tx, seen_whole(study.study_uid), study.study_uid)
        inside: dict[str, tuple[int, list[str]]] = {}
        for one in series:
            asked = [("series_uid", UidList((one.series_uid,)))]
            instances = search_instances(tx, ALL, asked, limit=100)
            assert instances == instances_in(tx, seen_whole(study.study_uid), study.study_uid, one.series_uid)
            inside[one.series_uid] = (one.instances, [instance.sop_instance_uid for instance in instances])
        found[study.study_uid] = (study.instances, inside)
    return found


BEFORE: Shown = {
    "1.2.3": (4, {FIRST: (2, ["1.2.3.1", "1.2.3.2"]), SECOND: (2, ["1.2.3.3", "1.2.3.4"])}),
    OTHER: (1, {"1.2.4.1": (1, ["1.2.3.9"])}),
}
AFTER: dict[str, Shown] = {
    "split a series": {
        "1.2.3": (2, {FIRST: (2, ["1.2.3.1", "1.2.3.2"])}),
        OTHER: BEFORE[OTHER],
        "2.25.1": (2, {SECOND: (2, ["1.2.3.3", "1.2.3.4"])}),
    },
    "split an instance": {
        "1.2.3": (3, {FIRST: (1, ["1.2.3.2"]), SECOND: (2, ["1.2.3.3", "1.2.3.4"])}),
        OTHER: BEFORE[OTHER],
        "2.25.1": (1, {"2.25.2": (1, ["1.2.3.1"])}),
    },
    "merge": {OTHER: (5, {**BEFORE["1.2.3"][1], **BEFORE[OTHER][1]})},
    "hide": {"1.2.3": (2, {FIRST: (2, ["1.2.3.1", "1.2.3.2"])}), OTHER: BEFORE[OTHER]},
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_shows_everywhere_is_replayed_and_is_taken_back(name: str, index: Index, engine: Engine) -> None:
    changes = from_json(to_json(DECISIONS[name]))
    with transaction(engine) as tx:
        touched = apply(tx, changes, NOON)
        decided = shown(tx)
    entered = index.enter_all(ENTRIES)
    with transaction(engine) as tx:
        Batch(tx, ENTRIES, Known()).enter()
        replayed = shown(tx)
        apply(tx, inverse(changes), NOON)
        back = shown(tx)

    assert touched >= {uid for uid in BEFORE if BEFORE[uid] != AFTER[name].get(uid)}
    assert decided == AFTER[name]
    assert set(entered) == {Entered.NEW}
    assert replayed == AFTER[name]
    assert back == BEFORE


@pytest.mark.parametrize(
    ("name", "late", "expected"),
    [
        ("split a series", entry(5, series_uid=SECOND), "2.25.1"),
        ("split a series", entry(5), "1.2.3"),
        ("split a series", entry(5, series_uid="1.2.3.8"), "1.2.3"),
        ("split an instance", entry(5), "1.2.3"),
        ("merge", entry(5, series_uid=SECOND), OTHER),
        ("merge", entry(5, series_uid="1.2.3.8"), OTHER),
        ("hide", entry(5, series_uid=SECOND), "1.2.3"),
    ],
)
def test_what_comes_later_follows_a_series_or_a_study_that_was_moved_whole(
    name: str, late: Entry, expected: str, index: Index, engine: Engine
) -> None:
    with transaction(engine) as tx:  # by another process: what the committer knows is old
        apply(tx, DECISIONS[name], NOON)
    entered = index.enter(late.row, late.place, late.provenance)

    with snapshot(engine) as tx:
        found = instance_of(tx, late.row.sop_instance_uid)
        study = study_of(tx, expected)
        home = tx.execute(
            sa.select(tables.series.c.study_uid).where(tables.series.c.series_uid == late.row.series_uid)
        ).scalar_one()
        counted = shown(tx)[expected]
    assert entered is Entered.NEW
    assert found is not None
    assert (found.study_uid, home) == (expected, expected)
    assert found.named == (late.row.study_uid, late.row.series_uid)
    assert study is not None
    assert study.instances == sum(number for number, _ in counted[1].values())
    assert late.row.sop_instance_uid in counted[1][late.row.series_uid][1]


def test_a_series_that_names_yet_another_study_is_held_after_a_move_as_before(index: Index, engine: Engine) -> None:
    with transaction(engine) as tx:
        apply(tx, SPLIT_SERIES, NOON)

    assert index.enter(row(5, study_uid=OTHER, series_uid=SECOND), place(5), provenance()) is Entered.HELD


def test_bytes_know_what_they_name_and_a_way_back_is_no_move(index: Index, engine: Engine) -> None:
    with transaction(engine) as tx:
        apply(tx, SPLIT_INSTANCE, NOON)
        there = instance_of(tx, "1.2.3.1")
        apply(tx, inverse(SPLIT_INSTANCE), NOON)
        home = instance_of(tx, "1.2.3.1")
        resting = instance_of(tx, "1.2.3.2")

    assert there is not None
    assert (there.study_uid, there.series_uid, there.named) == ("2.25.1", "2.25.2", ("1.2.3", FIRST))
    assert [one is not None and one.moved for one in (there, home, resting)] == [True, False, False]


@pytest.mark.parametrize(
    "change",
    [
        SeriesMoved(series_uid=FIRST, from_study=OTHER, to_study="1.2.3"),
        SeriesMoved(series_uid="9.9", from_study="1.2.3", to_study=OTHER),
        moved("1.2.3.1", "1.2.3.3"),
        moved("1.2.3.1", to_series="9.9"),
        moved("1.2.3.1", to_study="1.2.3"),
        moved("1.2.3.1", from_study="1.2.9"),
        Merged(study_uid="1.2.3", from_study=OTHER, to_study=None),
        Hidden(sop_instance_uids=("9.9",)),
        StudyMade(study_uid="2.25.1", like="9.9"),
        SeriesMade(series_uid="2.25.1", study_uid="1.2.3", like="9.9"),
    ],
    ids=repr,
)
def test_what_is_elsewhere_is_not_changed(change: Change, index: Index, engine: Engine) -> None:
    with pytest.raises(Overtaken), transaction(engine) as tx:
        apply(tx, [change], NOON)

    with snapshot(engine) as tx:
        assert shown(tx) == BEFORE


def test_a_second_site_sees_the_study_in_which_its_instance_is_shown(index: Index, engine: Engine) -> None:
    theirs = Scope(site_ids=frozenset({OTHER_TOWNSHIP}))
    index.enter(row(3, series_uid=SECOND), place(33), provenance(site_id=OTHER_TOWNSHIP))
    with transaction(engine) as tx:
        apply(tx, SPLIT_SERIES, NOON)
    entered = index.enter(row(4, series_uid=SECOND), place(44), provenance(site_id=OTHER_TOWNSHIP))

    with snapshot(engine) as tx:
        found = [study.study_uid for study in search_studies(tx, theirs, [], limit=10)]
    assert entered is Entered.SAME
    assert found == ["2.25.1"]


def test_instances_that_arrive_while_their_series_is_moved_to_and_fro_are_all_counted(
    index: Index, engine: Engine
) -> None:
    there = (SeriesMoved(series_uid=FIRST, from_study="1.2.3", to_study=OTHER),)

    def arrive(number: int) -> Entered:
        return index.enter(row(number), place(number), provenance())

    with ThreadPoolExecutor(4) as threads:
        arriving = [threads.submit(arrive, number) for number in range(100, 160)]
        for _ in range(5):
            for changes in (there, inverse(there)):
                with transaction(engine) as tx:
                    apply(tx, changes, NOON)
        results = {one.result() for one in arriving}

    with snapshot(engine) as tx:
        found = shown(tx)
    assert results == {Entered.NEW}
    assert found["1.2.3"][0] == 64
    assert found["1.2.3"][1][FIRST][0] == len(found["1.2.3"][1][FIRST][1]) == 62
    assert found[OTHER] == BEFORE[OTHER]


def test_hiding_counts_once_however_often(index: Index, engine: Engine) -> None:
    with transaction(engine) as tx:
        for _ in range(2):
            apply(tx, HIDE, NOON)
        hidden = {one.sop_instance_uid: one.hidden for one in queries.all_instances_in(tx, "1.2.3")}
        empty = [(one.series_uid, one.instances) for one in queries.all_series_in(tx, "1.2.3")]
        by_instance = search_studies(tx, ALL, [("sop_instance_uid", UidList(("1.2.3.3",)))], limit=10)
        by_series = search_studies(tx, ALL, [("series_uid", UidList((SECOND,)))], limit=10)
        apply(tx, [Unhidden(sop_instance_uids=("1.2.3.3",))], NOON)
        after = shown(tx)

    assert hidden == {"1.2.3.1": False, "1.2.3.2": False, "1.2.3.3": True, "1.2.3.4": True}
    assert (by_instance, by_series) == ([], [])
    assert sorted(empty) == [(FIRST, 2), (SECOND, 0)]
    assert after["1.2.3"] == (3, {FIRST: BEFORE["1.2.3"][1][FIRST], SECOND: (1, ["1.2.3.3"])})


def test_what_came_is_known_beside_what_is_shown(index: Index, engine: Engine) -> None:
    with transaction(engine) as tx:
        apply(tx, MERGE, NOON)
        study = study_of(tx, OTHER)
        assert study is not None
        said = queries.differences(tx, replace(study, patient_name="Pia^Peng"), ["1.2.3", OTHER])
        merged = queries.merged_into(tx, OTHER)
        found = queries.instances_of(tx, ["1.2.3.1", "9.9"])

    assert said == {"1.2.3": {"PatientName": "Pia^Peng"}, OTHER: {"PatientName": "Pia^Peng"}}
    assert merged == ["1.2.3"]
    assert [one.study_uid for one in found.values()] == [OTHER]


def sides_of(engine: Engine) -> dict[str, str]:
    with snapshot(engine) as tx:
        return dict(map(tuple, tx.execute(sa.select(tables.series.c.series_uid, tables.series.c.laterality)).all()))


def test_a_series_has_the_side_of_the_images_that_it_shows(engine: Engine) -> None:
    sided = [entry(1, laterality="L"), entry(2, laterality="R")]
    with transaction(engine) as tx:
        Batch(tx, sided, Known()).enter()
    both = sides_of(engine)[FIRST]
    hide = (Hidden(sop_instance_uids=("1.2.3.2",)),)
    with transaction(engine) as tx:
        apply(tx, SPLIT_INSTANCE, NOON)
    apart = sides_of(engine)
    with transaction(engine) as tx:
        apply(tx, hide, NOON)
    empty = sides_of(engine)[FIRST]
    with transaction(engine) as tx:
        apply(tx, inverse(hide), NOON)
        apply(tx, inverse(SPLIT_INSTANCE), NOON)
    back = sides_of(engine)[FIRST]
    with transaction(engine) as tx:  # of what came before sides were kept nobody knows more than its series says
        tx.execute(sa.update(tables.instance).values(laterality=None))
        apply(tx, SPLIT_INSTANCE, NOON)

    assert (both, apart[FIRST], apart["2.25.2"], empty, back) == ("B", "R", "L", "R", "B")
    assert sides_of(engine)[FIRST] == "B"
