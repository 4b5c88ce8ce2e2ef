"""The facts of a case: from its order, its patient, its images, its site's clock and the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.desk.entries import entries_of
from reading.kinds import Priority, Sex
from reading.orders import orders
from reading.orders.orders import Asked
from reading.rules import calendar, case_facts, case_rule
from reading.rules.calendar import DayKind
from reading.rules.case_facts import Person, sex_of
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import order_join
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic
from tests.reading.region import pia


@pytest.mark.parametrize(
    ("born", "estimated", "years"),
    [
        (date(2020, 3, 3), None, 5),
        (date(2020, 3, 3), 40, 5),
        (None, 40, 40),
        (None, None, None),
        (date(2030, 1, 1), 40, None),
    ],
)
def test_an_estimated_age_counts_where_nobody_knows_the_birth_date(
    born: date | None, estimated: int | None, years: int | None
) -> None:
    assert Person(sex=Sex.UNKNOWN, born=born, estimated_age=estimated).age_years(date(2026, 3, 2)) == years


@pytest.mark.parametrize(("said", "sex"), [("F", Sex.FEMALE), (" M", Sex.MALE), ("", Sex.UNKNOWN), ("W", Sex.UNKNOWN)])
def test_a_sex_that_is_no_term_is_not_known(said: str, sex: Sex) -> None:
    assert sex_of(said) is sex


def test_an_order_that_is_found_later_says_department_contrast_and_request_and_may_change_the_rule(
    engine: Engine, now: datetime
) -> None:
    when: dict[str, Any] = {"department": ["急诊科"], "contrast": True, "words": ["胸痛"], "priority": ["urgent"]}
    asked = FIRST_POLICY["rules"][-1] | {"name": "asked", "when": when, "tier": "city", "review": None}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, {"rules": [asked, FIRST_POLICY["rules"][-1]]})
        patient = pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT", patient_id="P1")
        order = orders.place(
            tx,
            site_id=clinic.region.hills.id,
            patient_id=patient.id,
            modality="CT",
            priority=Priority.URGENT,
            procedures=[Asked(body_part="CHEST")],
            reason="胸痛2小时",
            ordered_by=None,
            now=now,
            department=" 急诊科 ",
            contrast=True,
        )
        order_join.join(Context(tx, clinic.audit, now, SYSTEM), case, order)
        matched = cases.by_id(tx, case.id)
        facts = case_rule.facts_of_case(tx, matched)
        order_join.part(Context(tx, clinic.audit, now, SYSTEM), case.id, order)
        parted = cases.by_id(tx, case.id)

    assert (case.rule, matched.rule, matched.tier) == ("other", "asked", "city")
    assert (parted.rule, parted.tier, parted.due_at) == ("other", case.tier, matched.due_at)
    assert (facts.department, facts.contrast, facts.request) == ("急诊科", True, "胸痛2小时")
    assert (facts.sex, facts.site_code) == (Sex.FEMALE, "hills")


def test_hours_and_working_days_are_those_of_the_site(engine: Engine) -> None:
    late_on_friday = datetime(2026, 10, 9, 17, 30, tzinfo=UTC)  # half past one on Saturday at the site
    with transaction(engine) as tx:
        clinic = open_clinic(tx, late_on_friday)
        tx.execute(sa.update(tables.organisation).values(time_zone="Asia/Shanghai"))
        case = arrive(tx, clinic, "1.1", late_on_friday)
        usual = case_rule.facts_of_case(tx, case)
        calendar.put(tx, date(2026, 10, 10), DayKind.WORKING, "", made_by=None, now=late_on_friday)
        worked = case_rule.facts_of_case(tx, case)

    assert usual.received_at.strftime("%a %H:%M") == "Sat 01:30"
    assert (usual.working_day, worked.working_day) == (False, True)


@pytest.mark.parametrize(("born", "age"), [("20260302", 0), ("20120302", 14), ("20120303", 13)])
def test_an_age_is_that_of_the_day_at_the_site(engine: Engine, born: str, age: int) -> None:
    """At half past six of 2 March in Beijing it is 1 March by UTC: who was born that day would not be born yet."""
    now = datetime(2026, 3, 1, 23, tzinfo=UTC)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, birth_date=born, study_date="20260302", study_time="063000")
        facts = case_facts.facts_of(tx, [case], escalated=frozenset())[case.id]
        (entry,) = entries_of(tx, clinic.ada, [case], now)

        assert facts.age_years == age
        assert entry.patient.age_years == age
