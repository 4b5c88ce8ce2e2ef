"""The worklist: what each person sees of it, narrowed and in order, in a number of queries that does not grow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from reading.alerts import critical
from reading.cases import cases
from reading.cases.moves import State, Step
from reading.context import Context
from reading.desk import worklist
from reading.desk.worklist import Filters, Order, Tab
from reading.kinds import Priority, Tier
from reading.queue import leases
from reading.review import review
from reading.review.review import Outcome
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import (
    PNEUMONIA,
    another_image,
    arrive,
    open_clinic,
    read,
    review_as,
    take,
)
from tests.reading.region import pia


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
        urgent_first = _ids(tx, clinic.ada, now)
        newest_first = _ids(tx, clinic.ada, now, order=Order.NEWEST)
        pages = [worklist.list_cases(tx, clinic.ada, Filters(), limit=2, offset=offset, now=now) for offset in (0, 2)]

    assert urgent_first == [emergency.id, late.id, new.id]
    assert newest_first[-1] == late.id
    assert [len(page.entries) for page in pages] == [2, 1]
    assert {page.total for page in pages} == {3}
    assert [entry.case.id for page in pages for entry in page.entries] == urgent_first
    assert [entry.overdue for page in pages for entry in page.entries] == [False, True, False]


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
        assert found(text="A1") == [ct]
        assert found(text="P-1.2") == [dx]
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


def test_a_line_says_what_lies_beside_the_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        earlier = arrive(tx, clinic, "1.1", now - timedelta(days=30), patient_id="P1", study_date="20260131")
        case = arrive(tx, clinic, "1.2", now, patient_id="P1", birth_date="19900307", sex="F")
        other = arrive(tx, clinic, "1.3", now, patient_id="P2", birth_date="")
        take(tx, clinic, clinic.ada, case.id, now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        critical.acknowledge(Context(tx, clinic.audit, now, clinic.tang), alert.id, "收到")
        page = worklist.list_cases(tx, clinic.ada, Filters(), limit=50, offset=0, now=now)
        lines = {entry.case.id: entry for entry in page.entries}

    line = lines[case.id]
    assert (line.site.code, line.site.name) == ("hills", "Hills")
    assert (line.patient.name, line.patient.sex, line.patient.age_years) == ("Pia^Pan", "F", 35)
    assert (line.progress.arrived, line.progress.expected, line.progress.complete) == (1, 1, True)
    assert line.holder is not None
    assert (line.holder.name, line.holder.expires_at) == ("Ada", now + leases.LEASE)
    assert (line.alert_acknowledged_by, line.prior_count, line.released) == ("Tang", 1, False)
    assert [study.study_uid for study in line.studies] == ["1.2"]
    assert line.rule.name == "critical"
    assert lines[earlier.id].prior_count == 0
    assert lines[other.id].holder is None
    assert lines[other.id].patient.age_years is None


def test_images_that_came_after_the_signature_show_on_the_line(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        another_image(tx, clinic, "1.1", 2, now)
        line = worklist.entries_of(tx, clinic.ada, [cases.by_id(tx, case.id)], now)[0]

    assert (line.progress.signed, line.progress.arrived, line.progress.late) == (1, 2, 1)
    assert line.released


def test_a_page_of_many_takes_no_more_queries_than_a_page_of_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(12):
            case = arrive(tx, clinic, f"1.{number}", now, patient_id="P-same")
            critical.raise_alert(
                Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
            )
        one = _queries(tx, lambda: worklist.list_cases(tx, clinic.ada, Filters(), limit=1, offset=0, now=now))
        many = _queries(tx, lambda: worklist.list_cases(tx, clinic.ada, Filters(), limit=50, offset=0, now=now))

    assert one == many


@pytest.mark.parametrize("amount", [0, 1])
def test_no_cases_are_no_lines(engine: Engine, now: datetime, amount: int) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        found = [arrive(tx, clinic, f"1.{number}", now) for number in range(amount)]

        assert len(worklist.entries_of(tx, clinic.ada, found, now)) == amount


def _queries(tx: Connection, act: Any) -> int:
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(arguments[2])

    event.listen(tx, "before_cursor_execute", note)
    act()
    event.remove(tx, "before_cursor_execute", note)
    assert all(isinstance(statement, str) for statement in seen)
    return len(seen)
