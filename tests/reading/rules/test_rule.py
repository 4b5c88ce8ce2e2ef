"""A rule: the cases that it holds for, and whom it asks for."""

from __future__ import annotations

import copy

import pytest

from reading.rules.first_policy import FIRST_POLICY
from reading.rules.policy import Policy
from reading.rules.rules_document import read_rules
from tests.reading.rules.some_facts import facts
from tests.reading.rules.test_first_policy import FIRST


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


def test_ages_are_conditions_too() -> None:
    document = copy.deepcopy(FIRST_POLICY)
    document["rules"].insert(2, FIRST_POLICY["rules"][-1] | {"name": "child", "when": {"max_age_years": 13}})
    rules = Policy(id="p", version=2, rules=read_rules(document))

    assert rules.match(facts(age_years=13)).name == "child"
    assert rules.match(facts(age_years=14)).name == "plain-xray"
    assert rules.match(facts(age_years=None)).name == "plain-xray"
