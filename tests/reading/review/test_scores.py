"""RADPEER as of 2016, row by row: what a reviewer can choose, and what counts only after a third person has looked."""

from __future__ import annotations

import pytest

from reading.review.scores import ARBITRATED, GIVEN, Score, settled


@pytest.mark.parametrize(
    ("given", "arbitrated"), [("1", False), ("2a", False), ("2b", True), ("3a", True), ("3b", True), ("3", False)]
)
def test_what_may_matter_or_should_have_been_seen_goes_to_arbitration_first(given: str, arbitrated: bool) -> None:
    score = Score(given)

    assert (score in ARBITRATED) == arbitrated
    assert settled(score, None, awaits=True) is None
    assert settled(score, None, awaits=False) is score
    for other in Score:
        assert settled(score, other, awaits=False) is other


def test_no_score_is_none_and_a_4_is_no_longer_given() -> None:
    assert settled(None, None, awaits=False) is None
    assert {str(score) for score in GIVEN} == {"1", "2a", "2b", "3a", "3b"}
