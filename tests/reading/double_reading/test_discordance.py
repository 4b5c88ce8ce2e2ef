"""The table of discordance, row by row and over all its inputs, as NHSDigital has it (2026-08)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Final

import pytest

from reading.double_reading.discordance import (
    BY_POLICY,
    Because,
    Difference,
    Reading,
    arbitration,
    difference,
    settled_by,
)
from reading.reports.opinion import Opinion, Result, SideResult
from reading.rules.rule import Arbitration

NORMAL: Final = Opinion(result=Result.NORMAL)
RIGHT: Final = Opinion(result=Result.RECALL, right=SideResult.RECALL, left=SideResult.NORMAL)
LEFT: Final = Opinion(result=Result.RECALL, right=SideResult.NORMAL, left=SideResult.RECALL)
NO_SIDE: Final = Opinion(result=Result.RECALL)
RCC: Final = Opinion(result=Result.TECHNICAL_RECALL, views=frozenset({"RCC"}))
TWO: Final = Opinion(result=Result.TECHNICAL_RECALL, views=frozenset({"RCC", "LMLO"}))
SIDES: Final = (None, SideResult.NORMAL, SideResult.RECALL)
VIEWS: Final = (frozenset[str](), frozenset({"RCC"}), frozenset({"LMLO"}), frozenset({"RCC", "LMLO"}))
EVERY: Final = [
    Opinion(result=result, right=right, left=left, views=views)
    for result, right, left, views in product(Result, SIDES, SIDES, VIEWS)
]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (NORMAL, RIGHT, Difference.RESULT),
        (NORMAL, RCC, Difference.RESULT),
        (RIGHT, RCC, Difference.RESULT),
        (RCC, TWO, Difference.VIEWS),
        (RCC, RCC, None),
        (RIGHT, LEFT, Difference.SIDE),
        (RIGHT, NO_SIDE, Difference.SIDE),
        (RIGHT, RIGHT, None),
        (NO_SIDE, NO_SIDE, None),
        (NORMAL, NORMAL, None),
    ],
)
def test_each_row_of_the_table(first: Opinion, second: Opinion, found: Difference | None) -> None:
    assert difference(first, second) is found
    assert difference(second, first) is found


def test_over_all_inputs_nothing_else_differs() -> None:
    """The rule in other words: the parts that count for a result, compared as they are."""
    counts: dict[Result, Callable[[Opinion], object]] = {
        Result.NORMAL: lambda _: (),
        Result.RECALL: lambda one: (one.right, one.left),
        Result.TECHNICAL_RECALL: lambda one: one.views,
    }
    for first, second in product(EVERY, EVERY):
        same = first.result is second.result and counts[first.result](first) == counts[first.result](second)
        assert (difference(first, second) is None) == same, (first, second)


@pytest.mark.parametrize("one", [NORMAL, RIGHT, NO_SIDE, TWO])
def test_comments_have_no_part_in_it(one: Opinion) -> None:
    assert difference(replace(one, comment="左侧钙化"), replace(one, comment="")) is None


@pytest.mark.parametrize(
    ("policy", "result", "because"),
    [
        (Arbitration.DISCORDANT_ONLY, Result.NORMAL, None),
        (Arbitration.DISCORDANT_ONLY, Result.RECALL, None),
        (Arbitration.DISCORDANT_ONLY, Result.TECHNICAL_RECALL, None),
        (Arbitration.ALL_RECALLS, Result.NORMAL, None),
        (Arbitration.ALL_RECALLS, Result.RECALL, Because.RECALL),
        (Arbitration.ALL_RECALLS, Result.TECHNICAL_RECALL, None),
        (Arbitration.ALL_NOT_NORMAL, Result.NORMAL, None),
        (Arbitration.ALL_NOT_NORMAL, Result.RECALL, Because.NOT_NORMAL),
        (Arbitration.ALL_NOT_NORMAL, Result.TECHNICAL_RECALL, Because.NOT_NORMAL),
        (Arbitration.RECALL_IF_EITHER, Result.NORMAL, None),
        (Arbitration.RECALL_IF_EITHER, Result.RECALL, None),
        (Arbitration.RECALL_IF_EITHER, Result.TECHNICAL_RECALL, None),
    ],
)
def test_each_policy_over_all_concordant_results(policy: Arbitration, result: Result, because: Because | None) -> None:
    one = Opinion(result=result)

    assert arbitration(one, one, policy, same_images=True) is because
    assert arbitration(one, one, policy, same_images=False) is Because.IMAGES
    assert set(BY_POLICY) <= set(product(Arbitration, Result))


@pytest.mark.parametrize(("policy", "same_images"), list(product(Arbitration, (True, False))))
def test_what_differs_is_decided_under_every_policy_but_for_one_recall(policy: Arbitration, same_images: bool) -> None:
    for first, second in product(EVERY, EVERY):
        one_recalls = {first.result, second.result} == {Result.RECALL, Result.NORMAL}
        enough = policy is Arbitration.RECALL_IF_EITHER and one_recalls
        decided = arbitration(first, second, policy, same_images=same_images)
        if enough:
            assert decided is (None if same_images else Because.IMAGES)
        elif difference(first, second) is not None:
            assert decided is Because.DISCORDANT


def test_what_is_released_without_a_third_person_is_the_reading_that_recalls() -> None:
    for policy, first, second in product(Arbitration, EVERY, EVERY):
        settled = settled_by(first, second, policy)
        recalls = {Reading.FIRST: first, Reading.SECOND: second}
        other = {Reading.FIRST: second, Reading.SECOND: first}
        if settled is None:
            continue
        assert policy is Arbitration.RECALL_IF_EITHER
        assert (recalls[settled].result, other[settled].result) == (Result.RECALL, Result.NORMAL)
    assert settled_by(RIGHT, NORMAL, Arbitration.RECALL_IF_EITHER) is Reading.FIRST
    assert settled_by(NORMAL, RIGHT, Arbitration.RECALL_IF_EITHER) is Reading.SECOND
