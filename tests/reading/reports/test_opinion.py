"""Opinions of blind readings: their JSON, and what a signature asks of them."""

from __future__ import annotations

from typing import Any

import pytest

from reading.errors import Invalid
from reading.reports.opinion import Opinion, Result, SideResult

RECALL = Opinion(result=Result.RECALL, right=SideResult.RECALL, comment="毛刺肿块")
TECHNICAL = Opinion(result=Result.TECHNICAL_RECALL, views=frozenset({"RCC", "LMLO"}))


@pytest.mark.parametrize("one", [Opinion(result=Result.NORMAL), RECALL, TECHNICAL])
def test_an_opinion_comes_back_from_its_json(one: Opinion) -> None:
    one.ready_to_sign(of_breasts=True)

    assert Opinion.from_json(one.to_json()) == one


def test_views_are_a_set_in_capitals() -> None:
    read = Opinion.from_json({"result": "technical_recall", "views": ["lmlo ", "RCC", "LMLO"]})

    assert read == TECHNICAL


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("normal", "not_an_object"),
        ({}, "required"),
        ({"result": "benign"}, "unknown"),
        ({"result": "recall", "right": "both"}, "unknown"),
        ({"result": "normal", "reason": "x"}, "unknown_field"),
        ({"result": "normal", "comment": 1}, "not_a_text"),
        ({"result": "normal", "comment": "x" * 1001}, "too_long"),
        ({"result": "technical_recall", "views": "RCC"}, "unknown"),
        ({"result": "technical_recall", "views": [" "]}, "unknown"),
        ({"result": "technical_recall", "views": ["V"] * 21}, "unknown"),
    ],
)
def test_what_is_no_opinion_is_refused(said: Any, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        Opinion.from_json(said)

    assert (refused.value.field, refused.value.problem) == ("opinion", problem)


@pytest.mark.parametrize(
    ("one", "problem"),
    [
        (Opinion(result=Result.TECHNICAL_RECALL), "views_required"),
        (Opinion(result=Result.RECALL, views=frozenset({"RCC"})), "views_not_asked"),
        (Opinion(result=Result.NORMAL, left=SideResult.RECALL), "sides_not_asked"),
        (Opinion(result=Result.RECALL, left=SideResult.NORMAL), "no_side_recalled"),
        (Opinion(result=Result.RECALL), "no_side_recalled"),
    ],
)
def test_what_contradicts_its_result_is_not_signed(one: Opinion, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        one.ready_to_sign(of_breasts=True)

    assert refused.value.problem == problem


def test_where_there_is_one_of_it_a_recall_names_no_side() -> None:
    Opinion(result=Result.RECALL).ready_to_sign(of_breasts=False)
