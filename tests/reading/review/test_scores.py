"""RADPEER as of 2016, row by row: what a reviewer can choose, and what counts only after a third person has looked."""

from __future__ import annotations

import pytest

from reading.review.scores import GIVEN, Score, settled


@pytest.mark.parametrize(
    ("given", "counts_at_once"), [("1", True), ("2a", True), ("2b", False), ("3a", False), ("3b", False), ("3", True)]
)
def test_what_may_matter_or_should_have_been_seen_goes_to_arbitration_first(given: str, counts_at_once: bool) -> None:
    score = Score(given)

    assert settled(score, None) is (score if counts_at_once else None)
    for other in Score:
        assert settled(score, other) is other


def test_no_score_is_none_and_a_4_is_no_longer_given() -> None:
    assert settled(None, None) is None
    assert {str(score) for score in GIVEN} == {"1", "2a", "2b", "3a", "3b"}
