"""The worklist: the cases that each person sees, filtered and sorted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection, Engine

from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.cases.moves import State, Step
from reading.context import Context
from reading.desk import worklist
from reading.desk.sorting import Sorting
from reading.desk.worklist import Filters, Tab
from reading.kinds import Priority, Sex, Tier
from reading.patients import patients
from reading.queue import leases
from reading.review import review
from reading.review.review import Outcome
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import (
    PNEUMONIA,
    arrive,
    open_clinic,
    read,
    review_as,
    take,
)
from tests.reading.region import KEYS


def _ids(tx: Connection, staff: Staff, now: datetime, **known: Any) -> list[str]:
    page = worklist.list_cases(tx, staff, Filters(**known), limit=50, offset=0, now=now)
    assert page.total == len(page.entries)
    return [entry.case.id for entry in page.entries]


def test_everybody_sees_their_own_sites_and_quinn_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        hills = arrive(tx, clinic, "1.1", now).id
        lake = arrive(tx, clinic, "1.2", now, site=clinic.region.lake).id
        seen = {name: set(_ids(tx, getattr(clinic, name), now)) for name in ("ada", "ben", "mona", "tang", "quinn")}

    both = {hills, lake}
    assert seen == {"ada": both, "ben": both, "mona": both, "tang": {hills}, "quinn": set()}


def test_urgency_comes_before_age_and_pages_do_not_overlap(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        late = arrive(tx, clinic, "1.1", now - timedelta(hours=3))
        new = arrive(tx, clinic, "1.2", now)
        emergency = cases.change(tx, arrive(tx, clinic, "1.3", now), priority=Priority.EMERGENCY)
        critical = cases.change(tx, arrive(tx, clinic, "1.4", now + timedelta(minutes=9)), critical=True)
        urgent_first = _ids(tx, clinic.ada, now)
        newest_first = _ids(tx, clinic.ada, now, sorting=Sorting.ARRIVAL, descending=True)
        pages = [worklist.list_cases(tx, clinic.ada, Filters(), limit=2, offset=offset, now=now) for offset in (0, 2)]

    assert urgent_first == [emergency.id, critical.id, late.id, new.id]
    assert newest_first[-1] == late.id
    assert [len(page.entries) for page in pages] == [2, 2]
    assert {page.total for page in pages} == {4}
    assert [entry.case.id for page in pages for entry in page.entries] == urgent_first
    assert [entry.overdue for page in pages for entry in page.entries] == [False, False, True, False]


def test_what_is_done_follows_what_is_not_the_newest_first_on_pages_of_any_size(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        old, new = (arrive(tx, clinic, f"1.{n}", now - timedelta(hours=9 - n), patient_id="P9").id for n in (1, 2))
        cases.change(
            tx, arrive(tx, clinic, "1.1.1", now - timedelta(days=9), patient_id="P9"), priority=Priority.EMERGENCY
        )
        for case_id in _ids(tx, clinic.ada, now):
            read(tx, clinic, clinic.ada, case_id, now)
        done = _ids(tx, clinic.ada, now)
        late, soon = (arrive(tx, clinic, f"2.{n}", now - timedelta(hours=5 - n), patient_id="P9").id for n in (1, 2))
        wanted = [late, soon, *done]
        assert done[:2] == [new, old]

        for size in range(1, 7):
            pages = [
                worklist.list_cases(tx, clinic.ada, Filters(), limit=size, offset=offset, now=now)
                for offset in range(0, 8, size)
            ]
            assert [entry.case.id for page in pages for entry in page.entries] == wanted
        assert _ids(tx, clinic.ada, now, text="P9") == wanted
        assert _ids(tx, clinic.ada, now, states=frozenset({State.FINAL})) == done
        assert _ids(tx, clinic.ada, now, states=frozenset({State.FINAL, State.WAITING_READ})) == wanted


def test_a_list_is_sorted_by_each_column_both_ways(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        lake = clinic.region.lake
        zhang = arrive(tx, clinic, "1.1", now, modality="CT", patient_name="ZHANG^SAN=张^三").id
        an = arrive(tx, clinic, "1.2", now + timedelta(minutes=1), patient_name="AN^NA=安^娜", site=lake).id
        wu = arrive(tx, clinic, "1.3", now + timedelta(minutes=2), modality="MR", patient_name="CHAN^TAI").id
        registered = patients.register(tx, KEYS, name="吴一", birth_date=None, sex=Sex.UNKNOWN, identifiers=[], now=now)
        cases.change(tx, cases.by_id(tx, wu), patient_id=registered.id)
        take(tx, clinic, clinic.ada, zhang, now)

        def both(sorting: Sorting) -> tuple[list[str], list[str]]:
            up, down = (_ids(tx, clinic.ada, now, sorting=sorting, descending=way) for way in (False, True))
            return up, down[::-1]

        assert both(Sorting.PATIENT) == ([an, wu, zhang], [an, wu, zhang])
        assert both(Sorting.ARRIVAL) == ([zhang, an, wu], [zhang, an, wu])
        assert both(Sorting.MODALITY) == ([zhang, an, wu], [zhang, an, wu])
        assert both(Sorting.SITE)[0][-1] == an  # Hills before Lake
        assert both(Sorting.STATE)[0][-1] == zhang
        assert both(Sorting.DUE)[0] == both(Sorting.DUE)[1]
        # Whose images name somebody else stands where the name stands that is shown.
        cases.change(tx, cases.by_id(tx, wu), identity=Identity.DIFFERS)
        assert both(Sorting.PATIENT)[0] == [an, wu, zhang]
        cases.change(tx, cases.by_id(tx, an), patient_id=registered.id)
        assert both(Sorting.PATIENT)[0] == [wu, an, zhang]


def test_each_filter_narrows(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ct = arrive(tx, clinic, "1.1", now, modality="CT", patient_name="Wang^Xiaoli=王^小丽", accession_number="A1").id
        dx = arrive(tx, clinic, "1.2", now, site=clinic.region.lake, patient_name="Li^Si=李^四").id
        take(tx, clinic, clinic.ada, dx, now)

        def found(**known: Any) -> list[str]:
            return _ids(tx, clinic.ada, now, **known)

        assert found(states=frozenset({State.READING})) == [dx]
        assert found(tier=Tier.COUNTY, modality="CT") == [ct]
        assert found(tier=Tier.CITY) == []
        assert found(site_code="lake") == [dx]
        assert found(text="王小") == [ct]
        assert found(text="wang") == [ct]
        assert found(text="A1") == found(text="a1") == [ct]
        assert found(text="P-1.2") == found(text="p-1.2") == [dx]
        assert found(text="%") == []
        assert found(held_by=clinic.ada.person_id) == [dx]
        assert found(step=Step.VERIFY) == []


def test_reviewers_choose_by_tab(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        before = arrive(tx, clinic, "1.1", now, modality="CT").id
        read(tx, clinic, clinic.ada, before, now)
        after = arrive(tx, clinic, "1.2", now)
        cases.change(tx, after, priority=Priority.EMERGENCY, rule="emergency")
        read(tx, clinic, clinic.ada, after.id, now)
        hard = arrive(tx, clinic, "1.3", now).id
        lease = take(tx, clinic, clinic.ada, hard, now)
        leases.escalate(Context(tx, clinic.audit, now, clinic.ada), hard, revision=lease, why="疑难")
        disputed = arrive(tx, clinic, "1.4", now, modality="CT").id
        read(tx, clinic, clinic.ada, disputed, now)
        review_as(tx, clinic, clinic.ben, disputed, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        review.dispute(Context(tx, clinic.audit, now, clinic.ada), disputed, why="不同意")
        found = {tab: _ids(tx, clinic.ben, now, tab=tab) for tab in Tab}

    assert found == {
        Tab.BEFORE_RELEASE: [before],
        Tab.SAMPLED: [after.id],
        Tab.ESCALATED: [hard],
        Tab.DISPUTED: [disputed],
        Tab.LATE: [],
    }
