"""The list of classes: what is said nearest to a site counts, and rules tell what is not critical."""

from __future__ import annotations

from itertools import product

import pytest

from reading.alerts.class_list import SHIPPED, ResultClass, When, in_force
from reading.kinds import Priority

LINE = ["site", "county", "city"]


def test_without_a_word_the_list_is_the_shipped_one_with_unique_codes_and_both_names() -> None:
    found = in_force([], LINE)

    assert list(found.values()) == list(SHIPPED)
    assert all(one.name_zh and one.name_en and 1 <= one.minutes <= 60 for one in SHIPPED)


@pytest.mark.parametrize("places", list(product([True, False], repeat=4)))
def test_the_nearest_word_counts(places: tuple[bool, ...]) -> None:
    by_place = dict(zip([None, "city", "county", "site"], places, strict=True))
    said = [
        ResultClass(code="stroke", minutes=minutes, organisation_id=place)
        for minutes, (place, is_said) in enumerate(by_place.items(), start=2)
        if is_said
    ]
    nearest = said[-1] if said else None

    assert in_force(reversed(said), LINE)["stroke"].minutes == (nearest.minutes if nearest else 10)


def test_another_organisations_word_does_not_count_and_a_class_can_be_taken_out() -> None:
    said = [
        ResultClass(code="stroke", minutes=3, organisation_id="elsewhere"),
        ResultClass(code="other", listed=False, organisation_id="county"),
        ResultClass(code="other", listed=False, organisation_id="elsewhere"),
    ]

    assert in_force(said, LINE)["stroke"].minutes == 10
    assert "other" not in in_force(said, LINE)
    assert "other" in in_force(said, ["another", "city"])


def test_a_rule_tells_exactly_what_it_says() -> None:
    every = list(product(When, ["CT", "CT/SR", "DX", ""], ["HEAD", "CHEST", ""], Priority, [True, False, None]))
    head_ct = {"modalities": ("CT",), "body_parts": ("HEAD",), "priority": Priority.URGENT}
    rules = {when: ResultClass(code="stroke_ct", when=when, **head_ct) for when in When}

    assert [
        (when, modality, body_part, priority, positive)
        for when, modality, body_part, priority, positive in every
        if rules[when].applies(modality=modality, body_part=body_part, priority=priority, positive=positive)
    ] == [
        (when, modality, body_part, priority, positive)
        for when, modality, body_part, priority, positive in every
        if when is not When.FLAG
        and "DX" not in modality
        and body_part == "HEAD"
        and priority in {Priority.URGENT, Priority.EMERGENCY}
        and (when is When.SIGNED or positive is False)
    ]
