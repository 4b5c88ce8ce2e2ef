"""Which documents are no policies, and where each error is."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.rules.first_policy import FIRST_POLICY
from reading.rules.review_document import ReviewPart
from reading.rules.rules_document import (
    InvalidDocument,
    RulePart,
    WhenPart,
    kept_rules,
    read_document,
    read_rules,
    rule_part,
)
from reading.rules.shipped_policies import NAMES, shipped

XRAY = "rules[6]"
READERS: dict[str, Any] = {"of": "reader", "days": 30, "at_least": 4}


def _without(path: str) -> dict[str, Any]:
    document = copy.deepcopy(FIRST_POLICY)
    del document["rules"][0][path]
    return document


def _with(**fields: Any) -> dict[str, Any]:
    document = copy.deepcopy(FIRST_POLICY)
    document["rules"][-2] |= fields
    return document


def _quotas(*quotas: dict[str, Any]) -> dict[str, Any]:
    return {"when": "after_release", "percent": 5, "quotas": list(quotas)}


def _when(**conditions: Any) -> dict[str, Any]:
    return _with(when=conditions)


def _problems(document: Any) -> dict[str, str]:
    with pytest.raises(InvalidDocument) as refused:
        read_rules(document)
    assert (refused.value.field, refused.value.problem) == (
        refused.value.problems[0].path or "document",
        refused.value.problems[0].problem,
    )
    return {one.path: one.problem for one in refused.value.problems}


@pytest.mark.parametrize(
    ("document", "path", "problem"),
    [
        ({}, "rules", "required"),
        ([], "", "not_an_object"),
        ({"rules": {}}, "rules", "not_a_list"),
        ({"rules": []}, "rules", "too_few"),
        ({"rules": ["ct"]}, "rules[0]", "not_an_object"),
        (FIRST_POLICY | {"more": 1}, "more", "unknown_field"),
        ({"rules": FIRST_POLICY["rules"][:-1]}, XRAY + ".when", "last_rule_has_conditions"),
        (_with(name="other"), "rules[7].name", "name_twice"),
        (_without("name"), "rules[0].name", "required"),
        (_without("due_minutes"), "rules[0].due_minutes", "required"),
        (_without("needs_verifier"), "rules[0].needs_verifier", "required"),
        (_with(name=""), XRAY + ".name", "required"),
        (_with(name=7), XRAY + ".name", "not_a_text"),
        (_with(name="x" * 61), XRAY + ".name", "too_long"),
        (_with(needs_verifier="yes"), XRAY + ".needs_verifier", "not_a_boolean"),
        (_with(due_minutes=0), XRAY + ".due_minutes", "too_small_above"),
        (_with(due_minutes=True), XRAY + ".due_minutes", "not_a_whole_number"),
        (_with(due_minutes="60"), XRAY + ".due_minutes", "not_a_whole_number"),
        (_with(due_minutes=86_401), XRAY + ".due_minutes", "too_large"),
        (_with(tier="village"), XRAY + ".tier", "not_among"),
        (_with(colour="red"), XRAY + ".colour", "unknown_field"),
        (_with(exempt_titles="all"), XRAY + ".exempt_titles", "not_a_list"),
        (_with(review={"when": "never"}), XRAY + ".review.when", "not_among"),
        (_with(review={"when": "after_release", "percent": 0}), XRAY + ".review.percent", "too_small_above"),
        (_with(review={"when": "after_release", "percent": 101}), XRAY + ".review.percent", "too_large"),
        (_with(review={"when": "after_release", "percent": "20"}), XRAY + ".review.percent", "not_a_number"),
        (_with(review={"when": "before_release", "positive_times": 2}), XRAY + ".review", "drawn_after_release_alone"),
        (_with(review=_quotas(READERS, READERS)), XRAY + ".review.quotas", "quota_twice"),
        (_with(review=_quotas(READERS | {"at_most": 3})), XRAY + ".review.quotas[0].at_most", "quota_crossed"),
        (_with(review=_quotas({"of": "site", "days": 7})), XRAY + ".review.quotas[0]", "quota_of_nothing"),
        (_with(review=_quotas(READERS | {"days": 0})), XRAY + ".review.quotas[0].days", "too_small_above"),
        (
            _with(review={"when": "before_release", "percent": 20}),
            XRAY + ".review.percent",
            "before_release_is_always_all",
        ),
        (_when(priority=["soon"]), XRAY + ".when.priority[0]", "not_among"),
        (_when(priority=[]), XRAY + ".when.priority", "too_few"),
        (_when(weather=["rain"]), XRAY + ".when.weather", "unknown_field"),
        (_when(critical=1), XRAY + ".when.critical", "not_a_boolean"),
        (_when(min_age_years=-1), XRAY + ".when.min_age_years", "too_small"),
        (_when(max_age_years=121), XRAY + ".when.max_age_years", "too_large"),
        (_when(min_age_years=14, max_age_years=13), XRAY + ".when.max_age_years", "ages_crossed"),
        (_when(hours={"from": "8:00", "to": "17:30"}), XRAY + ".when.hours.from", "not_a_clock"),
        (_when(hours={"from": "08:00", "to": "24:00"}), XRAY + ".when.hours.to", "not_a_clock"),
        (_when(hours={"from": "08:00"}), XRAY + ".when.hours.to", "required"),
        (_when(hours={"from": "08:00", "to": "08:00"}), XRAY + ".when.hours", "no_hours"),
        (_when(words=["  "]), XRAY + ".when.words[0]", "required"),
        (_when(words=["\u3000"]), XRAY + ".when.words[0]", "required"),
        (_when(modality=[" "]), XRAY + ".when.modality[0]", "required"),
        (_when(body_part=["HE\0AD"]), XRAY + ".when.body_part[0]", "characters"),
        (_when(site=["hills "]), XRAY + ".when.site[0]", "spaces"),
        (_with(name="plain\0"), XRAY + ".name", "characters"),
        (_with(name="\ud800"), XRAY + ".name", "not_accepted"),
        (_with(name="  "), XRAY + ".name", "required"),
        (_with(exempt_titles=["\n"]), XRAY + ".exempt_titles[0]", "characters"),
        (_when(words=[""]), XRAY + ".when.words[0]", "required"),
        (_when(sex=["F", "X"]), XRAY + ".when.sex[1]", "not_among"),
        (_when(), "rules[7].when", "never_reached"),
    ],
)
def test_a_document_with_an_error_is_no_policy(document: Any, path: str, problem: str) -> None:
    assert _problems(document) == {path: problem}


def test_every_error_is_named_with_its_rule() -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_rules(_with(due_minutes=0, tier="village") | {"more": 1})

    assert {(one.path, one.rule) for one in refused.value.problems} == {
        (XRAY + ".due_minutes", "plain-xray"),
        (XRAY + ".tier", "plain-xray"),
        ("more", ""),
    }
    assert {one.values.get("limit") for one in refused.value.problems} == {"0", "'county' / 'city'", None}


def test_no_policy_lets_an_emergency_wait_for_review() -> None:
    document = {"rules": [rule for rule in FIRST_POLICY["rules"] if rule["name"] in ("ct", "other")]}

    assert _problems(document) == {"rules[0].review.when": "emergency_waits_for_review"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["rules", "name", "when", "tier", "review", "hours"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_whatever_is_read_is_a_policy_or_an_error(document: Any) -> None:
    try:
        read_rules(document)
    except InvalidDocument as refused:
        assert refused.problems  # noqa: PT017 -- either is right, and nothing else is


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_document_stays_itself(name: str) -> None:
    rules = read_rules(shipped(name))

    assert read_rules({"rules": [rule_part(rule) for rule in rules]}) == rules


def test_the_document_of_databases_of_today_says_what_it_said() -> None:
    document = json.loads((Path(__file__).parent / "first_policy_of_0037.json").read_text(encoding="utf-8"))

    assert read_rules(document) == read_rules(FIRST_POLICY)


def test_a_version_that_is_kept_reads_with_the_texts_that_no_new_one_may_have() -> None:
    kept = _with(name=" 旧规则 ", when={"words": ["  "], "site": ["hills "]})

    rule = kept_rules(kept)[6]
    assert (rule.name, rule.when.words, rule.when.site) == (" 旧规则 ", {"  "}, {"hills "})


@pytest.mark.parametrize("text", ["9" * 4301, "[" * 100_000, '"\\ud800"'], ids=["digits", "depth", "surrogate"])
def test_a_text_with_what_nothing_can_show_again_is_refused(text: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_document(text)

    assert refused.value.problem == "not_accepted"


def test_the_page_explains_every_field() -> None:
    page = (Path(__file__).parents[3] / "docs" / "policy.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", page))

    assert {*RulePart.model_fields, *WhenPart.model_fields, *ReviewPart.model_fields} - explained == set()
