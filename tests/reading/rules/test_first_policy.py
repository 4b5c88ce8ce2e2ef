"""The first policy: which rule each case gets, and what that asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from reading.kinds import Priority, Tier
from reading.rules.facts import Facts
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.policy import Policy
from reading.rules.rules_document import read_rules
from tests.reading.rules.some_facts import ANY_FACTS, facts

FIRST = Policy(id="first", version=1, rules=read_rules(FIRST_POLICY))


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
