"""What the pages say of a rule."""

from __future__ import annotations

from dataclasses import replace

from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rule import Quota, Review, ReviewTime, Stratum
from reading.rules.rules_document import read_rules
from viewer.views import policy_words
from viewer.words.catalogue import Language

AIMED = Review(
    when=ReviewTime.AFTER_RELEASE,
    percent=5,
    positive_times=2,
    changed_times=1.5,
    quotas=(
        Quota(of=Stratum.READER, days=30, at_least=4, at_most=40),
        Quota(of=Stratum.SITE, days=7, at_most=10),
    ),
)


def test_how_the_sample_is_aimed_stands_beside_its_share() -> None:
    rule = replace(read_rules(FIRST_POLICY)[-1], review=AIMED)

    assert policy_words.review(rule, Language.ZH) == (
        "发布后抽查 5%；阳性报告 ×2；审核改动过的报告 ×1.5；"
        "每名报告医师每 30 天至少 4 例、至多 40 例；每个检查机构每 7 天至多 10 例"
    )
    assert policy_words.review(rule, Language.EN) == (
        "review after release of 5%; positive reports ×2; reports that the verifier changed ×1.5; "
        "of each reader in 30 days at least 4, at most 40; of each site in 7 days at most 10"
    )
