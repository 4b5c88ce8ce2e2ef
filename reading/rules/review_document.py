"""The part of a rule's document that says how the city reviews its cases, and how those of them are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from reading.rules.clock_document import Part
from reading.rules.rule import Quota, Review, ReviewTime, Stratum

LONGEST_DAYS: Final = 366
MOST_DRAWN: Final = 100_000
MOST_TIMES: Final = 100

_Times = Annotated[float, Field(gt=0, le=MOST_TIMES, strict=True)]
_Drawn = Annotated[int, Field(ge=0, le=MOST_DRAWN)]


class QuotaPart(Part):
    """How many cases are drawn of each reader, site or modality within some days."""

    of: Literal["reader", "site", "modality"]
    days: Annotated[int, Field(gt=0, le=LONGEST_DAYS)]
    at_least: _Drawn = 0
    at_most: _Drawn | None = None


class ReviewPart(Part):
    """The second reading by the city that a rule asks for."""

    when: Literal["before_release", "after_release"]
    percent: Annotated[float, Field(gt=0, le=100, strict=True)] = 100
    positive_times: _Times = 1
    changed_times: _Times = 1
    quotas: Annotated[list[QuotaPart], Field(max_length=len(Stratum))] = Field(default_factory=list[QuotaPart])


def review_of(part: ReviewPart | None) -> Review | None:
    if part is None:
        return None
    return Review(
        when=ReviewTime(part.when),
        percent=float(part.percent),
        positive_times=float(part.positive_times),
        changed_times=float(part.changed_times),
        quotas=tuple(
            Quota(of=Stratum(one.of), days=one.days, at_least=one.at_least, at_most=one.at_most) for one in part.quotas
        ),
    )


def review_problems(review: Review | None) -> Iterator[tuple[str, str]]:
    """The errors that no field has alone: where, and the word for it."""
    if review is None:
        return
    if review.when is ReviewTime.BEFORE_RELEASE:
        if review.percent != 100:
            yield "review.percent", "before_release_is_always_all"
        if review.positive_times != 1 or review.changed_times != 1 or review.quotas:
            yield "review", "drawn_after_release_alone"
    if len({quota.of for quota in review.quotas}) < len(review.quotas):
        yield "review.quotas", "quota_twice"
    for number, quota in enumerate(review.quotas):
        if quota.at_most is not None and quota.at_most < quota.at_least:
            yield f"review.quotas[{number}].at_most", "quota_crossed"
        if not quota.at_least and quota.at_most is None:
            yield f"review.quotas[{number}]", "quota_of_nothing"


def review_part(review: Review) -> dict[str, Any]:
    """The fields of a review, without what is as it would be anyway."""
    part: dict[str, Any] = {"when": review.when.value, "percent": _plain(review.percent)}
    times = {"positive_times": review.positive_times, "changed_times": review.changed_times}
    part |= {name: _plain(said) for name, said in times.items() if said != 1}
    if review.quotas:
        part["quotas"] = [_quota_part(quota) for quota in review.quotas]
    return part


def _quota_part(quota: Quota) -> dict[str, Any]:
    least = {"at_least": quota.at_least} if quota.at_least else {}
    most = {} if quota.at_most is None else {"at_most": quota.at_most}
    return {"of": quota.of.value, "days": quota.days} | least | most


def _plain(number: float) -> float:
    return int(number) if float(number).is_integer() else number
