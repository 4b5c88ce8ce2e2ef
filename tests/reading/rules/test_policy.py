"""The rules of the first policy, and which documents are no policy."""

from __future__ import annotations

import copy
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from reading.errors import Invalid
from reading.kinds import Priority, Tier
from reading.rules import policy
from reading.rules.policy import FIRST_POLICY, Facts, Policy, ReviewTime, read_rules
from storage.database import transaction

FIRST = Policy(id="first", version=1, rules=read_rules(FIRST_POLICY))


def facts(**known: Any) -> Facts:
    chest: dict[str, Any] = {
        "modality": "DX",
        "body_part": "CHEST",
        "site_id": "hills",
        "age_years": 40,
        "priority": Priority.ROUTINE,
        "critical": False,
        "escalated": False,
    }
    return Facts(**(chest | known))


ANY_FACTS = st.builds(
    Facts,
    modality=st.sampled_from(["CT", "MR", "DX", "CR", "US", "", "?"]),
    body_part=st.sampled_from(["CHEST", ""]),
    site_id=st.just("hills"),
    age_years=st.none() | st.integers(0, 120),
    priority=st.sampled_from(Priority),
    critical=st.booleans(),
    escalated=st.booleans(),
)


@pytest.mark.parametrize(
    ("known", "rule", "minutes"),
    [
        ({}, "plain-xray", 120),
        ({"modality": "CR"}, "plain-xray", 120),
        ({"modality": "CT"}, "ct", 240),
        ({"modality": "MR"}, "other", 240),
        ({"modality": ""}, "other", 240),
        ({"critical": True}, "critical", 60),
        ({"modality": "CT", "critical": True}, "critical", 60),
        ({"priority": Priority.URGENT}, "urgent", 60),
        ({"priority": Priority.URGENT, "modality": "CT"}, "ct", 240),
        ({"priority": Priority.EMERGENCY}, "emergency", 30),
        ({"priority": Priority.EMERGENCY, "modality": "CT"}, "emergency-ct", 60),
        ({"priority": Priority.EMERGENCY, "critical": True}, "emergency", 30),
        ({"escalated": True}, "escalated", 1440),
        ({"escalated": True, "priority": Priority.EMERGENCY}, "emergency", 30),
    ],
)
def test_the_first_policy_gives_each_case_its_rule(known: dict[str, Any], rule: str, minutes: int) -> None:
    found = FIRST.match(facts(**known))

    assert (found.name, found.due_minutes) == (rule, minutes)


@given(ANY_FACTS)
def test_emergencies_never_wait_for_review_and_every_ct_and_critical_case_does(some: Facts) -> None:
    rule = FIRST.match(some)

    if some.priority is Priority.EMERGENCY:
        assert not rule.reviewed_before_release
    elif some.modality == "CT" or some.critical:
        assert rule.reviewed_before_release
    else:
        assert some.escalated or (rule.review is not None and rule.review.percent == 20)


@given(ANY_FACTS)
def test_township_studies_wait_at_their_county_unless_escalated(some: Facts) -> None:
    rule = FIRST.match(some)

    assert rule.tier is Tier.COUNTY or some.escalated


@pytest.mark.parametrize(
    ("title", "needs"),
    [
        ("住院医师", True),
        ("", True),
        ("主治医师", False),
        ("副主任医师", False),
        ("主任医师", False),
        (" 主任医师 ", False),
    ],
)
def test_a_resident_needs_a_verifier_and_an_attending_does_not(title: str, needs: bool) -> None:
    assert FIRST.match(facts()).needs_verifier_after(title) is needs


def _without(path: str) -> dict[str, Any]:
    document = copy.deepcopy(FIRST_POLICY)
    del document["rules"][0][path]
    return document


def _with(**fields: Any) -> dict[str, Any]:
    document = copy.deepcopy(FIRST_POLICY)
    document["rules"][-2] |= fields
    return document


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({}, "not_a_list"),
        ({"rules": []}, "not_a_list"),
        ({"rules": ["ct"]}, "not_an_object"),
        ({"rules": [], "more": 1}, "unknown_field"),
        ({"rules": FIRST_POLICY["rules"][:-1]}, "last_rule_has_conditions"),
        ({"rules": [FIRST_POLICY["rules"][-1], FIRST_POLICY["rules"][-1]]}, "name_twice"),
        (_without("name"), "not_a_name"),
        (_without("due_minutes"), "not_minutes"),
        (_without("needs_verifier"), "not_a_boolean"),
        (_with(due_minutes=0), "not_minutes"),
        (_with(due_minutes=True), "not_minutes"),
        (_with(tier="village"), "unknown"),
        (_with(colour="red"), "unknown_field"),
        (_with(exempt_titles="all"), "not_a_list_of_texts"),
        (_with(review={"when": "never"}), "unknown"),
        (_with(review={"when": "after_release", "percent": 0}), "not_a_percentage"),
        (_with(review={"when": "after_release", "percent": 101}), "not_a_percentage"),
        (_with(review={"when": "before_release", "percent": 20}), "before_release_is_always_all"),
        (_with(when={"priority": ["soon"]}), "unknown"),
        (_with(when={"weather": ["rain"]}), "unknown_field"),
        (_with(when={"critical": 1}), "not_a_boolean"),
        (_with(when={"min_age_years": -1}), "not_a_number"),
    ],
)
def test_a_document_with_an_error_is_no_policy(document: dict[str, Any], problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rules(document)

    assert refused.value.problem == problem


def test_no_policy_lets_an_emergency_wait_for_review() -> None:
    document = {"rules": [rule for rule in FIRST_POLICY["rules"] if rule["name"] in ("ct", "other")]}

    with pytest.raises(Invalid) as refused:
        read_rules(document)

    assert refused.value.problem == "emergency_waits_for_review"


def test_ages_are_conditions_too() -> None:
    document = copy.deepcopy(FIRST_POLICY)
    document["rules"].insert(2, FIRST_POLICY["rules"][-1] | {"name": "child", "when": {"max_age_years": 13}})
    rules = Policy(id="p", version=2, rules=read_rules(document))

    assert rules.match(facts(age_years=13)).name == "child"
    assert rules.match(facts(age_years=14)).name == "plain-xray"
    assert rules.match(facts(age_years=None)).name == "plain-xray"


def test_a_new_policy_leaves_the_old_one_readable(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        first = policy.in_force(tx, now)
        second = policy.install(tx, _with(due_minutes=90), None, now + timedelta(days=1))

        assert (first.version, second.version) == (1, 2)
        assert policy.in_force(tx, now + timedelta(days=2)) == second
        assert policy.by_id(tx, first.id) == first
        review = second.rule("plain-xray").review
        assert review is not None
        assert review.when is ReviewTime.AFTER_RELEASE


def test_of_two_processes_that_start_together_one_installs_the_first_policy(engine: Engine, now: datetime) -> None:
    found: list[Policy] = []
    together = threading.Barrier(2)

    def start() -> None:
        together.wait()
        with transaction(engine) as tx:
            found.append(policy.in_force(tx, now))

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert found[0] == found[1]
