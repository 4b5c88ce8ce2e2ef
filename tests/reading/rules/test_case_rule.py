"""Which rule a case matches when its facts change, and how old somebody is."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.cases import cases
from reading.kinds import Tier
from reading.rules import case_rule, policy
from reading.rules.examination_time import years_between
from reading.rules.first_policy import FIRST_POLICY
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, take
from tests.reading.region import pia


def test_a_case_keeps_the_policy_that_it_was_opened_under(engine: Engine, now: datetime) -> None:
    stricter = {"rules": [FIRST_POLICY["rules"][-1] | {"name": "all"}]}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        policy.install(tx, stricter, None, now, version=2)
        later = arrive(tx, clinic, "1.2", now)
        matched = case_rule.retriage(tx, case, critical=True)

        assert case_rule.rule_of(tx, case).name == "plain-xray"
        assert matched.rule == "critical"
        assert later.rule == "all"


def test_a_due_time_only_comes_nearer_also_by_escalation(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        critical = case_rule.retriage(tx, case, critical=True)
        calm = case_rule.retriage(tx, critical, critical=False)
        escalated = case_rule.retriage(tx, calm, escalated=True)

    assert [one.due_at - now for one in (case, critical, calm, escalated)] == [
        timedelta(hours=2),
        timedelta(hours=1),
        timedelta(hours=1),
        timedelta(hours=1),
    ]


def test_a_case_that_waits_follows_the_tier_of_its_rule_and_one_that_is_read_stays(
    engine: Engine, now: datetime
) -> None:
    critical = FIRST_POLICY["rules"][-1] | {"name": "critical", "when": {"critical": True}, "tier": "city"}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, {"rules": [critical, FIRST_POLICY["rules"][-1]]})
        waits, is_read = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        take(tx, clinic, clinic.ada, is_read.id, now)

        assert case_rule.retriage(tx, waits, critical=True).tier is Tier.CITY
        assert case_rule.retriage(tx, cases.by_id(tx, is_read.id), critical=True).tier is Tier.COUNTY


def test_it_goes_home_to_the_tier_of_its_rule(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        assert case_rule.home_tier(tx, case) is Tier.COUNTY


def test_the_linked_patient_is_asked_for_the_age_before_the_image(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        linked = arrive(tx, clinic, "1.1", now, patient_id="P1", birth_date="19890101")
        stranger = arrive(tx, clinic, "1.2", now, birth_date="20200101")
        nobody = arrive(tx, clinic, "1.3", now, birth_date="")
        ages = [case_rule.facts_of_case(tx, one).age_years for one in (linked, stranger, nobody)]

        assert cases.by_id(tx, linked.id).patient_id == patient.id
        assert ages == [35, 6, None]


@pytest.mark.parametrize(
    ("born", "years"),
    [
        (date(2000, 3, 2), 26),
        (date(2000, 3, 3), 25),
        (date(2026, 3, 2), 0),
        (date(2026, 3, 3), None),
        (date(2004, 2, 29), 22),
    ],
)
def test_years_are_whole_on_the_birthday(born: date, years: int | None) -> None:
    assert years_between(born, date(2026, 3, 2)) == years
