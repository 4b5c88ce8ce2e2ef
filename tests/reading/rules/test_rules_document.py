"""Which documents are no rules of a policy."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from reading.errors import Invalid
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rules_document import read_rules


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
