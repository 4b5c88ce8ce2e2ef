"""A search answers what the viewer may see and what was asked, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from storage.database import Durability, transaction
from storage.index.queries import (
    Condition,
    Exact,
    Index,
    Range,
    Scope,
    UidList,
    UnknownColumn,
    Wildcard,
    hide,
    search_instances,
    search_series,
    search_studies,
    show,
    unhide,
)
from tests import engines
from tests.storage.instances import OTHER_TOWNSHIP, TOWNSHIP, place, provenance, row

HERE = Scope(site_ids=frozenset({TOWNSHIP}))
THERE = Scope(site_ids=frozenset({OTHER_TOWNSHIP}))
STUDIES = {
    "1.1": {"patient_id": "P1", "patient_name": "Wang^XiaoDong=王^小东", "study_date": "20260301", "modality": "CT"},
    "1.2": {"patient_id": "P2", "patient_name": "WANG^LI^^^", "study_date": "20260302", "modality": "DX"},
    "1.3": {"patient_id": "p2", "patient_name": "璡%_[*]?", "study_date": "", "study_time": "103000.5"},
    "1.4": {"patient_id": "P4", "patient_name": "ＺＨＡＯ^Si", "study_date": "20251231", "study_time": "0959"},
}


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    with engines.pointed(database_url, Durability.ASYNCHRONOUS) as quick:
        index = Index(quick)
        for number, (study, known) in enumerate(STUDIES.items(), 1):
            one = row(number, study_uid=study, series_uid=f"{study}.1", sop_instance_uid=f"{study}.1.1", **known)
            index.enter(one, place(number), provenance())
        other = row(9, study_uid="2.1", series_uid="2.1.1", sop_instance_uid="2.1.1.1", patient_id="P1")
        index.enter(other, place(9), provenance(site_id=OTHER_TOWNSHIP))
        yield index
        index.close()


@pytest.fixture
def tx(index: Index, engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as opened:
        yield opened


def studies(tx: Connection, *match: tuple[str, Condition], scope: Scope = HERE) -> set[str]:
    return {one.study_uid for one in search_studies(tx, scope, match, limit=100)}


CASES: list[tuple[str, Condition, set[str]]] = [
    ("patient_id", Exact("P1"), {"1.1"}),
    ("patient_id", Exact("p2"), {"1.3"}),
    ("patient_id", Wildcard("P?"), {"1.1", "1.2", "1.4"}),
    ("patient_id", Wildcard("*2"), {"1.2", "1.3"}),
    ("patient_id", Exact("P?"), set()),
    ("patient_id", Exact("P1\0"), set()),
    ("patient_name", Exact("wang^xiaodong"), {"1.1"}),
    ("patient_name", Exact("王^小东"), {"1.1"}),
    ("patient_name", Exact("wang^li"), {"1.2"}),
    ("patient_name", Wildcard("wang*"), {"1.1", "1.2"}),
    ("patient_name", Wildcard("王*"), {"1.1"}),
    ("patient_name", Wildcard("*小东"), {"1.1"}),
    ("patient_name", Wildcard("w?ng^li"), {"1.2"}),
    ("patient_name", Exact("zhao^si"), {"1.4"}),
    ("patient_name", Exact("璡%_[*]?"), {"1.3"}),
    ("patient_name", Wildcard("%*"), set()),
    ("patient_name", Wildcard("璡%_[*"), {"1.3"}),
    ("patient_name", Wildcard("_*"), set()),
    ("study_date", Exact("20260301"), {"1.1"}),
    ("study_date", Range("20260101", "20260301"), {"1.1"}),
    ("study_date", Range(None, "20260301"), {"1.1", "1.4"}),
    ("study_date", Range("20260301", None), {"1.1", "1.2"}),
    ("study_time", Range("10", "10"), {"1.3"}),
    ("study_time", Range(None, "0959"), {"1.4"}),
    ("study_uid", UidList(("1.1", "1.4", "9.9")), {"1.1", "1.4"}),
    ("study_uid", UidList(("2.1",)), set()),
    ("modality", Exact("DX"), {"1.2"}),
    ("series_uid", UidList(("1.2.1",)), {"1.2"}),
    ("sop_instance_uid", Exact("1.3.1.1"), {"1.3"}),
    ("instances", Exact("1"), {"1.1", "1.2", "1.3", "1.4"}),
    ("instances", Exact("one"), set()),
]


def test_a_condition_finds_what_it_says(tx: Connection) -> None:
    found = [(name, condition, studies(tx, (name, condition))) for name, condition, _ in CASES]

    assert found == CASES


def test_conditions_are_all_asked_for(tx: Connection) -> None:
    both: Sequence[tuple[str, Condition]] = [("patient_name", Wildcard("wang*")), ("modality", Exact("CT"))]

    assert studies(tx, *both) == {"1.1"}


def test_nobody_sees_more_than_the_scope(tx: Connection) -> None:
    assert studies(tx, scope=THERE) == {"2.1"}
    assert studies(tx, scope=Scope()) == set()
    assert studies(tx, scope=Scope(study_uids=frozenset({"1.2"}))) == {"1.2"}
    assert studies(tx, ("patient_id", Exact("P1")), scope=THERE) == {"2.1"}
    assert [one.series_uid for one in search_series(tx, THERE, (), limit=9)] == ["2.1.1"]
    assert [one.sop_instance_uid for one in search_instances(tx, THERE, (), limit=9)] == ["2.1.1.1"]


def test_a_second_holder_sees_the_study(index: Index, engine: Engine) -> None:
    one = row(1, study_uid="1.1", series_uid="1.1.1", sop_instance_uid="1.1.1.1", **STUDIES["1.1"])
    index.enter(one, place(50), provenance(site_id=OTHER_TOWNSHIP))
    with transaction(engine) as tx:
        seen = studies(tx, scope=THERE)

    assert seen == {"1.1", "2.1"}


def test_hidden_studies_are_for_those_who_ask(tx: Connection) -> None:
    hide(tx, "1.1", datetime.now(UTC))
    hidden = studies(tx), studies(tx, scope=Scope(site_ids=HERE.site_ids, hidden_site_ids=HERE.site_ids))
    unhide(tx, "1.1", datetime.now(UTC))

    assert "1.1" not in hidden[0]
    assert "1.1" in hidden[1]
    assert "1.1" in studies(tx)


def test_the_shown_name_is_found_and_the_former_is_not(tx: Connection) -> None:
    show(tx, "1.1", {"PatientName": "Pia^Pan"}, 1)

    assert studies(tx, ("patient_name", Exact("PIA^PAN"))) == {"1.1"}
    assert studies(tx, ("patient_name", Wildcard("wang^xiao*"))) == set()


def test_pages_do_not_overlap_and_the_newest_comes_first(tx: Connection) -> None:
    pages = [search_studies(tx, HERE, (), limit=1, offset=offset) for offset in range(5)]

    assert [one.study_uid for page in pages for one in page] == ["1.2", "1.1", "1.4", "1.3"]


def test_series_and_instances_are_searched_by_what_is_above_them(tx: Connection) -> None:
    by_name = ("patient_name", Wildcard("wang*"))

    assert {one.series_uid for one in search_series(tx, HERE, [by_name], limit=9)} == {"1.1.1", "1.2.1"}
    found = search_instances(tx, HERE, [by_name, ("modality", Exact("DX")), ("instance_number", Exact("2"))], limit=9)
    assert [one.sop_instance_uid for one in found] == ["1.2.1.1"]
    assert {one.series_uid for one in search_series(tx, HERE, [("sop_instance_uid", Exact("1.4.1.1"))], limit=9)} == {
        "1.4.1"
    }


def test_an_unknown_column_is_refused(tx: Connection) -> None:
    with pytest.raises(UnknownColumn):
        studies(tx, ("shoe_size", Exact("42")))
