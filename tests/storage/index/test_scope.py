"""Of another site's study a site sees the instances that it has sent too, and nothing tells it of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage.database import Durability, transaction
from storage.decisions import placement
from storage.decisions.placement_changes import Hidden, Unhidden
from storage.index.queries import (
    Exact,
    Index,
    Scope,
    hide,
    instances_in,
    search_instances,
    search_parts,
    search_patients,
    search_series,
    search_studies,
    seen_instance,
    series_in,
)
from storage.index.scope import hold_of_others
from storage.instance_row import MADE_HERE
from tests import engines
from tests.plans import plans_of, reads_through
from tests.storage.instances import NOON, OTHER_TOWNSHIP, TOWNSHIP, place, provenance, row

STUDY = "1.2.3"
CITY = "01KCITY0000000000000000000"
THERE = Scope(site_ids=frozenset({OTHER_TOWNSHIP}))
BOTH = Scope(site_ids=frozenset({OTHER_TOWNSHIP, CITY}))
OWNER = Scope(site_ids=frozenset({TOWNSHIP}))
MINUTE = timedelta(minutes=1)
REPORT = row(3, series_uid="1.2.3.9", modality="SR")
MOST = 100


@pytest.fixture
def index(database_url: str) -> Iterator[Index]:
    """Two pictures and a report of the township; the other township and the city have sent the first picture too."""
    with engines.pointed(database_url, Durability.ASYNCHRONOUS) as quick:
        made = Index(quick)
        for number, one in enumerate((row(1), row(2), REPORT), start=1):
            made.enter(one, place(number), provenance(received_at=NOON + number * MINUTE))
        for number, site_id in ((4, OTHER_TOWNSHIP), (5, CITY)):
            made.enter(row(1), place(number), provenance(site_id=site_id, received_at=NOON + number * MINUTE))
        yield made
        made.close()


@pytest.fixture
def tx(index: Index, engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as opened:
        yield opened


def counts(tx: Connection, scope: Scope) -> tuple[list[int], list[int], list[str]]:
    """Images of each study and series, and the instances, that are found."""
    found = (
        [one.instances for one in search_studies(tx, scope, [], limit=MOST)],
        [one.instances for one in search_series(tx, scope, [], limit=MOST)],
        [one.sop_instance_uid for one in search_instances(tx, scope, [], limit=MOST)],
    )
    assert found[0] == [one.instances for one in search_patients(tx, scope, [], limit=MOST)]
    assert found[1] == [one.instances for one in series_in(tx, scope, STUDY)]
    assert found[2] == [one.sop_instance_uid for one in instances_in(tx, scope, STUDY)]
    assert found[2] == [one.sop_instance_uid for one in search_parts(tx, scope, [], limit=MOST)]
    return found


def test_the_site_that_sent_it_first_sees_the_whole_study(tx: Connection) -> None:
    assert counts(tx, OWNER) == ([3], [2, 1], ["1.2.3.1", "1.2.3.2", "1.2.3.3"])


@pytest.mark.parametrize("scope", [THERE, BOTH], ids=["one site", "two sites"])
def test_a_site_sees_what_it_sent_and_counts_nothing_else(scope: Scope, tx: Connection) -> None:
    (study,) = search_studies(tx, scope, [], limit=MOST)

    assert counts(tx, scope) == ([1], [1], ["1.2.3.1"])
    assert study.first_received_at == NOON + 4 * MINUTE
    assert seen_instance(tx, scope, "1.2.3.1") is not None
    assert seen_instance(tx, scope, "1.2.3.2") is None
    assert instances_in(tx, scope, STUDY, "1.2.3.9") == []


def test_a_match_of_what_is_not_seen_finds_nothing(tx: Connection) -> None:
    for asked in (
        ("modality", "SR"),
        ("series_uid", "1.2.3.9"),
        ("sop_instance_uid", "1.2.3.2"),
        ("sop_instance_uid", "1.2.3.3"),
    ):
        match = [(asked[0], Exact(asked[1]))]
        assert len(search_studies(tx, OWNER, match, limit=MOST)) == 1
        assert search_studies(tx, THERE, match, limit=MOST) == []
    of_picture = [("sop_instance_uid", Exact("1.2.3.2"))]
    assert len(search_series(tx, OWNER, of_picture, limit=MOST)) == 1
    assert search_series(tx, THERE, of_picture, limit=MOST) == []
    for seen in (("modality", "CT"), ("series_uid", "1.2.3.1"), ("sop_instance_uid", "1.2.3.1")):
        assert len(search_studies(tx, THERE, [(seen[0], Exact(seen[1]))], limit=MOST)) == 1


def test_who_holds_nothing_of_others_is_answered_the_same_without_that_question(tx: Connection) -> None:
    assert [hold_of_others(tx, scope.site_ids) for scope in (OWNER, THERE, BOTH)] == [False, True, True]

    spared = replace(OWNER, held=False)
    for search in (search_studies, search_series, search_instances, search_parts, search_patients):
        assert search(tx, spared, [], limit=MOST) == search(tx, OWNER, [], limit=MOST) != []
    assert search_studies(tx, spared, [("modality", Exact("SR"))], limit=MOST)
    assert seen_instance(tx, spared, "1.2.3.2") == seen_instance(tx, OWNER, "1.2.3.2") is not None


def test_what_the_first_site_sends_later_stays_its_own(index: Index, engine: Engine) -> None:
    index.enter(row(7), place(7), provenance(received_at=NOON + 7 * MINUTE))

    with transaction(engine) as tx:
        (study,) = search_studies(tx, THERE, [], limit=MOST)
        assert counts(tx, THERE) == ([1], [1], ["1.2.3.1"])
        assert counts(tx, OWNER) == ([4], [3, 1], ["1.2.3.1", "1.2.3.2", "1.2.3.7", "1.2.3.3"])
    assert study.last_received_at == NOON + 4 * MINUTE


def test_a_study_is_gone_for_a_site_whose_one_image_was_rejected_or_withheld(tx: Connection) -> None:
    placement.apply(tx, [Hidden(sop_instance_uids=("1.2.3.1",))], NOON)
    assert counts(tx, THERE) == ([], [], [])
    assert counts(tx, OWNER) == ([2], [1, 1], ["1.2.3.2", "1.2.3.3"])

    hide(tx, STUDY, NOON)
    assert counts(tx, OWNER) == ([], [], [])


def test_a_study_that_is_lent_is_seen_whole_and_one_that_is_shared_without_what_was_made_here(
    index: Index, engine: Engine
) -> None:
    made_here = replace(provenance(received_at=NOON), source=MADE_HERE)
    ours = row(8, series_uid="1.2.3.8", modality="DOC", sop_class_uid="1.2.840.10008.5.1.4.1.1.104.1")
    index.enter(ours, place(8), made_here)
    this: sa.Select[Any] = sa.select(sa.literal(STUDY))
    shared, lent = Scope(site_ids=THERE.site_ids, shared=this), Scope(site_ids=THERE.site_ids, lent=this)
    both = replace(lent, shared=this)
    with transaction(engine) as tx:
        placement.apply(tx, [Unhidden(sop_instance_uids=(ours.sop_instance_uid,))], NOON)
        (study,), (whole,) = (search_studies(tx, scope, [], limit=MOST) for scope in (shared, OWNER))

        assert (study.made_here, whole.made_here) == (0, 1)
        assert replace(study, made_here=1) == whole
        assert [one.instances for one in search_patients(tx, shared, [], limit=MOST)] == [3]
        assert [one.instances for one in series_in(tx, shared, STUDY)] == [2, 1]
        assert seen_instance(tx, shared, "1.2.3.2") is not None
        for scope, seen in ((shared, False), (THERE, False), (lent, True), (both, True), (OWNER, True)):
            found = [one.sop_instance_uid for one in instances_in(tx, scope, STUDY)]
            assert (ours.sop_instance_uid in found) == seen
            assert (ours.series_uid in [one.series_uid for one in series_in(tx, scope, STUDY)]) == seen
            assert (seen_instance(tx, scope, ours.sop_instance_uid) is not None) == seen
            for name in ("modality", "series_uid", "sop_class_uid", "sop_instance_uid"):
                match = [(name, Exact(getattr(ours, name)))]
                assert bool(search_studies(tx, scope, match, limit=MOST)) == seen
                assert bool(search_parts(tx, scope, match, limit=MOST)) == seen
        of_picture = [("sop_instance_uid", Exact("1.2.3.2"))]
        assert len(search_studies(tx, shared, of_picture, limit=MOST)) == 1
        assert len(search_series(tx, shared, of_picture, limit=MOST)) == 1


def test_a_part_of_a_study_is_found_by_indexes(index: Index, engine: Engine) -> None:
    plans = plans_of(
        engine,
        lambda tx: (
            search_studies(tx, THERE, [("patient_id", Exact("P1"))], limit=25),
            search_studies(tx, THERE, [("modality", Exact("CT")), ("study_date", Exact("20260302"))], limit=25),
            search_series(tx, THERE, [("study_uid", Exact(STUDY))], limit=25),
            instances_in(tx, THERE, STUDY),
            seen_instance(tx, THERE, "1.2.3.1"),
        ),
    )

    for plan in plans:
        for table in ("study", "series", "instance", "held", "holding"):
            assert not reads_through(plan, table), plan
