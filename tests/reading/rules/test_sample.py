"""How likely a report is drawn for review."""

from __future__ import annotations

import pytest

from reading.rules.rule import Quota, Review, ReviewTime, Stratum
from reading.rules.sample import CATCHING_UP, Released, chance

READER = Quota(of=Stratum.READER, days=30, at_least=4, at_most=6)
SITE = Quota(of=Stratum.SITE, days=7, at_most=10)
PLAIN = Released(positive=False, changed=False)
POSITIVE = Released(positive=True, changed=False)
CHANGED = Released(positive=False, changed=True)
BOTH = Released(positive=True, changed=True)


@pytest.mark.parametrize(
    ("quotas", "report", "of_reader", "of_site", "percent"),
    [
        ((), PLAIN, 0, 0, 5),
        ((), POSITIVE, 0, 0, 10),
        ((), CHANGED, 0, 0, 20),
        ((), BOTH, 0, 0, 40),
        ((READER,), PLAIN, 3, 0, CATCHING_UP),
        ((READER,), BOTH, 3, 0, CATCHING_UP),
        ((READER,), PLAIN, 4, 0, 5),
        ((READER,), BOTH, 5, 0, 40),
        ((READER,), BOTH, 6, 0, 0),
        ((READER, SITE), PLAIN, 0, 10, 0),
        ((READER, SITE), PLAIN, 0, 9, CATCHING_UP),
    ],
)
def test_share_content_and_quotas(
    quotas: tuple[Quota, ...], report: Released, of_reader: int, of_site: int, percent: float
) -> None:
    review = Review(when=ReviewTime.AFTER_RELEASE, percent=5, positive_times=2, changed_times=4, quotas=quotas)

    assert chance(review, report, {Stratum.READER: of_reader, Stratum.SITE: of_site}) == percent


def test_it_is_never_more_than_always() -> None:
    review = Review(when=ReviewTime.AFTER_RELEASE, percent=80, positive_times=3)

    assert chance(review, POSITIVE, {}) == 100
