"""Every query of QIDO finds what it asks for by an index, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from sqlalchemy.engine import Connection, Engine

from storage.index import queries
from storage.index.search import (
    Exact,
    Match,
    Range,
    Scope,
    UidList,
    Wildcard,
    search_instances,
    search_series,
    search_studies,
)
from tests import engines, postgresql
from tests.plans import plans_of, reads_through
from tests.storage.instances import seen_whole

SCOPE: Final = Scope(site_ids=frozenset(("S" * 26, "T" * 26)))
STUDIES: Final[dict[str, Match]] = {
    "the newest": [],
    "a day": [("study_date", Range("20260301", "20260302"))],
    "a study": [("study_uid", UidList(("1.2", "1.3")))],
    "a patient": [("patient_id", Exact("P1"))],
    "an accession number": [("accession_number", Exact("A1"))],
    "a modality on a day": [("modality", Exact("CT")), ("study_date", Exact("20260302"))],
    "the beginning of a patient id": [("patient_id", Wildcard("P1*"))],
    "the beginning of a name": [("patient_name", Wildcard("wang*"))],
}
QUERIES: Final[dict[str, Callable[[Connection], object]]] = {
    **{
        f"studies, {what}": lambda tx, match=match: search_studies(tx, SCOPE, match, limit=25)
        for what, match in STUDIES.items()
    },
    "series of a study": lambda tx: search_series(tx, SCOPE, [("study_uid", Exact("1.2"))], limit=25),
    "instances of a series": lambda tx: search_instances(
        tx, SCOPE, [("study_uid", Exact("1.2")), ("series_uid", Exact("1.2.1"))], limit=25
    ),
    "an instance": lambda tx: queries.instance_of(tx, "1.2.1.1"),
    "the series in a study": lambda tx: queries.series_in(tx, seen_whole("1.2"), "1.2"),
    "the instances in a series": lambda tx: queries.instances_in(tx, seen_whole("1.2"), "1.2", "1.2.1"),
    "what waits to be described": lambda tx: queries.undescribed(tx, 50),
}


@pytest.mark.parametrize("what", QUERIES)
def test_a_query_reads_no_table_from_end_to_end(what: str, engine: Engine) -> None:
    plans = plans_of(engine, QUERIES[what])

    assert plans
    for plan in plans:
        for table in ("study", "series", "instance"):
            assert not reads_through(plan, table), plan


@pytest.mark.parametrize(
    ("match", "name"),
    [
        ([("study_date", Range("20260301", "20260302"))], "study_date"),
        ([("patient_id", Exact("P1"))], "ix_study_patient_id"),
        ([("accession_number", Exact("A1"))], "ix_study_accession_number"),
    ],
    ids=["date", "patient", "accession number"],
)
def test_a_filter_has_an_index_of_its_own(match: Match, name: str, engine: Engine) -> None:
    (plan,) = plans_of(engine, lambda tx: search_studies(tx, SCOPE, match, limit=25))

    assert name in plan


def test_postgresql_runs_what_it_is_asked_without_compiling_it(cluster: postgresql.Cluster) -> None:
    with cluster.borrowed_database() as url, engines.pointed(url) as engine, engine.connect() as tx:
        assert tx.exec_driver_sql("SHOW jit").scalar_one() == "off"
