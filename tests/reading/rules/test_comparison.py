"""What a version has otherwise than an earlier one, by rule and field."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.rules.comparison import FieldChange, RuleChange, compare
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rule import Rule
from reading.rules.rules_document import read_rules, rule_part

FIRST = read_rules(FIRST_POLICY)


def _with(rule_name: str, /, **fields: Any) -> tuple[Rule, ...]:
    parts = [rule_part(rule) | (fields if rule.name == rule_name else {}) for rule in FIRST]
    return read_rules({"rules": parts})


@pytest.mark.parametrize(
    ("fields", "change"),
    [
        ({"due_minutes": 90}, FieldChange(field="due_minutes", before=120, after=90)),
        ({"tier": "city"}, FieldChange(field="tier", before="county", after="city")),
        (
            {"review": {"when": "after_release", "percent": 30}},
            FieldChange(field="review.percent", before=20, after=30),
        ),
        (
            {"when": {"modality": ["CR", "DR", "DX", "RF", "RG"], "words": ["咳嗽"]}},
            FieldChange(field="when.words", before=None, after=["咳嗽"]),
        ),
    ],
)
def test_a_changed_field_is_named_with_both_values(fields: dict[str, Any], change: FieldChange) -> None:
    found = compare(FIRST, _with("plain-xray", **fields))

    assert found.changed == (
        RuleChange(name="plain-xray", place_before=7, place_after=7, moved=False, fields=(change,)),
    )
    assert (found.added, found.removed) == ((), ())


def test_a_rule_of_another_name_is_another_rule() -> None:
    found = compare(FIRST, _with("plain-xray", name="radiograph"))

    assert [(place, rule.name) for place, rule in found.added] == [(7, "radiograph")]
    assert [(place, rule.name) for place, rule in found.removed] == [(7, "plain-xray")]
    assert found.changed == ()


@given(st.permutations(range(len(FIRST))))
def test_rules_that_moved_are_few_and_the_others_keep_their_order(order: list[int]) -> None:
    after = [FIRST[number] for number in order]
    found = compare(FIRST, after)
    moved = {one.name for one in found.changed}
    stayed = [rule.name for rule in after if rule.name not in moved]

    assert stayed == [rule.name for rule in FIRST if rule.name not in moved]
    assert stayed
    assert all(one.moved and not one.fields for one in found.changed)
