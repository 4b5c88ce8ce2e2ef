"""Instances are entered once, in groups, and what contradicts is held."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from storage import tables
from storage.database import Durability, connect, snapshot, transaction
from storage.index.quarantine_rows import unsettled
from storage.index.queries import (
    Entered,
    Index,
    IndexUnavailable,
    arrivals_since,
    describe,
    instance_of,
    instances_in,
    series_in,
    show,
    study_of,
    undescribed,
)
from storage.segments.members import Entry
from tests import engines
from tests.storage.instances import NOON, OTHER_TOWNSHIP, TOWNSHIP, place, provenance, row, seen_whole


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    with engines.pointed(database_url, Durability.ASYNCHRONOUS) as quick:
        made = Index(quick)
        yield made
        made.close()


def count(engine: Engine, table: sa.Table) -> int:
    with snapshot(engine) as tx:
        return tx.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_instance_opens_its_study_and_series(index: Index, engine: Engine) -> None:
    result = index.enter(row(1, frame_ranges=((500, 10), (510, 12))), place(1), provenance())

    with snapshot(engine) as tx:
        study, series, instance = (
            study_of(tx, "1.2.3"),
            series_in(tx, seen_whole("1.2.3"), "1.2.3"),
            instance_of(tx, "1.2.3.1"),
        )
    assert result is Entered.NEW
    assert study is not None
    assert (study.patient_name, study.site_id, study.instances, study.last_received_at) == (
        "Pia^Pan",
        TOWNSHIP,
        1,
        NOON,
    )
    assert [(one.modality, one.instances) for one in series] == [("CT", 1)]
    assert instance is not None
    assert (instance.segment_id, instance.offset, instance.size) == (place(1).segment_id, 4096, 100)
    assert instance.frame_ranges == ((500, 10), (510, 12))


def test_counters_and_the_last_arrival_follow_new_instances_only(index: Index, engine: Engine) -> None:
    later = provenance(received_at=NOON + timedelta(seconds=5))
    for number in (1, 2, 2, 1):
        index.enter(row(number), place(number), later if number == 2 else provenance())

    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
        assert len(instances_in(tx, seen_whole("1.2.3"), "1.2.3", "1.2.3.1")) == 2
        assert [one.study_uid for one in arrivals_since(tx, NOON + timedelta(seconds=5))] == ["1.2.3"]
    assert study is not None
    assert (study.instances, study.last_received_at) == (2, NOON + timedelta(seconds=5))


def test_a_repeated_row_is_the_same_row(index: Index, engine: Engine) -> None:
    results = [index.enter(row(), place(), provenance()) for _ in range(2)]

    assert results == [Entered.NEW, Entered.NEW]  # not SAME: the receiver would take back the only bytes
    assert count(engine, tables.instance) == 1


def test_equal_content_again_is_success_and_stores_nothing(index: Index, engine: Engine) -> None:
    index.enter(row(), place(1), provenance())
    result = index.enter(row(), place(2), provenance())

    assert result is Entered.SAME
    assert (count(engine, tables.instance), count(engine, tables.quarantine)) == (1, 0)
    with snapshot(engine) as tx:
        found = instance_of(tx, "1.2.3.1")
    assert found is not None
    assert found.segment_id == place(1).segment_id


def test_a_second_site_gets_a_holding_of_its_own(index: Index, engine: Engine) -> None:
    index.enter(row(), place(1), provenance())
    result = index.enter(row(), place(2), provenance(site_id=OTHER_TOWNSHIP))

    assert result is Entered.SAME
    with snapshot(engine) as tx:
        holdings = tx.execute(sa.select(tables.holding.c.site_id, tables.holding.c.shared)).all()
    assert sorted(holdings) == sorted([(TOWNSHIP, False), (OTHER_TOWNSHIP, True)])


@pytest.mark.parametrize(
    ("newcomer", "came"),
    [
        (row(1, data=b"other content"), provenance()),
        (row(1, transfer_syntax_uid="1.2.840.10008.1.2"), provenance()),
        (row(2, patient_id="P2"), provenance()),
        (row(2, issuer="CITY"), provenance()),
        (row(2), provenance(site_id=OTHER_TOWNSHIP)),
        (row(2, study_uid="1.2.4"), provenance()),
    ],
    ids=["content", "syntax", "patient", "issuer", "site", "series of another study"],
)
def test_what_contradicts_is_held_and_changes_nothing(
    newcomer: object, came: object, index: Index, engine: Engine
) -> None:
    index.enter(row(), place(1), provenance())
    results = [index.enter(newcomer, place(number), came) for number in (2, 2, 3)]  # type: ignore[arg-type]

    assert results == [Entered.HELD] * 3
    assert (count(engine, tables.instance), count(engine, tables.study), count(engine, tables.holding)) == (1, 1, 1)
    with snapshot(engine) as tx:
        waiting = unsettled(tx, 10)
    assert [(one.reason, one.segment_id, one.offset) for one in waiting] == [("held", place(2).segment_id, 4096)]


def test_a_batch_that_contradicts_itself_is_sorted_as_it_came(index: Index, engine: Engine) -> None:
    entries = [
        (row(1), place(1)),
        (row(1), place(2)),
        (row(1, data=b"other"), place(3)),
        (row(2, patient_id="P2"), place(4)),
        (row(3, study_uid="1.2.9", series_uid="1.2.9.1"), place(5)),
        (row(4, study_uid="1.2.9"), place(6)),
    ]
    results = index.enter_all(Entry(row=one, place=where, provenance=provenance()) for one, where in entries)

    assert [result.name for result in results] == ["NEW", "SAME", "HELD", "HELD", "NEW", "HELD"]
    assert count(engine, tables.study) == 2


def test_text_that_no_database_takes_is_cut_to_fit(index: Index, engine: Engine) -> None:
    odd = row(1, patient_name="王\x00" * 600, study_description="\ud800" + "d" * 999, series_number=2**40, rows=2**33)
    result = index.enter(odd, place(), provenance())

    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
    assert result is Entered.NEW
    assert study is not None
    assert study.patient_name == "王" * 512
    assert study.study_description == "d" * 256


def test_many_callers_share_commits_and_each_hears_of_its_own_row(index: Index, engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda number: index.enter(row(number), place(number), provenance()), range(1, 101)))

    assert results == [Entered.NEW] * 100
    with snapshot(engine) as tx:
        study = study_of(tx, "1.2.3")
    assert study is not None
    assert study.instances == 100


def test_two_committers_settle_concurrent_duplicates(database_url: str, engine: Engine) -> None:
    both = [connect(database_url, Durability.ASYNCHRONOUS) for _ in range(2)]
    indexes = [Index(one) for one in both]
    jobs = [(indexes[number % 2], number // 2 % 25, number // 50) for number in range(100)]  # each UID four times

    def enter(job: tuple[Index, int, int]) -> Entered:
        index, number, study = job
        one = row(number, study_uid=f"1.{study}", series_uid=f"1.{study}.1", sop_instance_uid=f"1.{study}.1.{number}")
        return index.enter(one, place(hash((id(index), number, study)) % 10**9), provenance())

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(enter, jobs))
    for one in indexes:
        one.close()
    for one in both:
        one.dispose()

    assert results.count(Entered.NEW) == 50
    assert results.count(Entered.SAME) == 50
    with snapshot(engine) as tx:
        assert [study_of(tx, f"1.{study}").instances for study in range(2)] == [25, 25]  # type: ignore[union-attr]


def test_whoever_is_interrupted_holds_nobody_up(index: Index) -> None:
    class Interrupted:
        @property
        def row(self) -> object:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.enter_all([Interrupted()])  # type: ignore[list-item]

    assert index.enter(row(), place(), provenance()) is Entered.NEW


def test_more_than_one_commit_takes_are_entered_in_their_order(index: Index, engine: Engine) -> None:
    entries = [Entry(row=row(number // 2), place=place(number), provenance=provenance()) for number in range(2, 702)]
    results = index.enter_all(iter(entries))

    assert results == [Entered.NEW, Entered.SAME] * 350
    assert count(engine, tables.instance) == 350


def test_a_closed_index_refuses(index: Index) -> None:
    index.close()

    with pytest.raises(IndexUnavailable):
        index.enter(row(), place(), provenance())


def test_a_correction_shows_and_its_withdrawal_shows_what_came(index: Index, engine: Engine) -> None:
    index.enter(row(), place(), provenance())
    with transaction(engine) as tx:
        show(tx, "1.2.3", {"PatientName": "Pia^Peng", "PatientID": "P7", "BodyPartExamined": "CHEST"}, 1)
        corrected = study_of(tx, "1.2.3")
        show(tx, "1.2.3", {}, 2)
        withdrawn = study_of(tx, "1.2.3")
    result = index.enter(row(2), place(2), provenance())

    assert corrected is not None
    assert (corrected.patient_name, corrected.patient_id, corrected.attribution_revision) == ("Pia^Peng", "P7", 1)
    assert withdrawn is not None
    assert (withdrawn.patient_name, withdrawn.patient_id) == ("Pia^Pan", "P1")
    assert result is Entered.NEW  # later instances are compared with what came, not with what is shown


def test_described_instances_leave_the_queue(index: Index, engine: Engine) -> None:
    index.enter(row(1), place(1), provenance())
    index.enter(row(2, frame_ranges=((9, 9),)), place(2), provenance())
    with transaction(engine) as tx:
        describe(tx, {"1.2.3.2": b"{}"})
        waiting = undescribed(tx, 10)
        described = instance_of(tx, "1.2.3.2")

    assert [one.sop_instance_uid for one in waiting] == ["1.2.3.1"]
    assert described is not None
    assert (described.frame_ranges, described.description) == (((9, 9),), b"{}")
