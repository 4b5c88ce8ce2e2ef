"""Kappa and Wilson by hand, by the textbook, and against scikit-learn and statsmodels."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.review.agreement import kappa, share

LABELS = ("normal", "recall", "technical_recall")


def test_the_textbook_has_040() -> None:
    """Both yes 20, first alone 5, second alone 10, both no 15: alike 0.7, by chance 0.5."""
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15

    assert kappa(pairs) == pytest.approx(0.4)


def test_none_in_ten_may_be_a_quarter() -> None:
    found = share(0, 10)

    assert found is not None
    assert (found.low, round(found.high, 3)) == (0, 0.278)


def test_of_nothing_nothing_is_said() -> None:
    assert share(0, 0) is None
    assert kappa([]) is None
    assert kappa([("normal", "normal")] * 7) is None


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=60))
def test_kappa_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    from sklearn.metrics import cohen_kappa_score  # noqa: PLC0415 -- seconds, for this test alone

    ours = kappa(pairs)
    firsts, seconds = [first for first, _ in pairs], [second for _, second in pairs]
    if ours is None:
        assert len({*firsts, *seconds}) == 1  # which scikit-learn answers with a warning
        return

    assert ours == pytest.approx(cohen_kappa_score(firsts, seconds))
    assert kappa([(second, first) for first, second in pairs]) == pytest.approx(ours)
    assert -1 <= ours <= 1


def test_wilson_is_statsmodels() -> None:
    from statsmodels.stats.proportion import proportion_confint  # noqa: PLC0415 -- seconds, for this test alone

    for count, of in product(range(41), range(1, 41)):
        if count > of:
            continue
        found = share(count, of)
        low, high = proportion_confint(count, of, alpha=0.05, method="wilson")

        assert found is not None
        assert math.isclose(found.low, low, abs_tol=1e-12)
        assert math.isclose(found.high, high, abs_tol=1e-12)
        assert found.low <= found.value <= found.high
