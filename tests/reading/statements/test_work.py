"""What counts of a case: once for each institution and service, from the release on, and only between institutions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from reading.numbers.facts import Kind
from reading.statements.work import Done, Service, Work, works_of

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def done(kind: Kind | None, hour: int, organisation: str, weight: int | None = None) -> Done:
    return Done(kind=kind, at=NOON + timedelta(hours=hour), organisation_id=organisation, weight=weight)


def counted(facts: Sequence[Done]) -> list[Work]:
    return works_of(
        case_id="case", site_id="hills", modality="DX", body_part="CHEST", facts=facts, weighed=lambda at: at.hour
    )


OAKS = done(Kind.RELEASED, 0, "oak")


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ([], []),
        ([done(Kind.REVIEW, 0, "city")], []),  # nothing is released
        ([done(Kind.RELEASED, 0, "")], []),  # nobody's
        ([OAKS], [("report", "oak", 0)]),
        ([done(Kind.RELEASED, 0, "hills")], []),  # the site's own
        ([OAKS, done(Kind.VERIFY, -1, "oak"), done(Kind.REVIEW, 1, "oak")], [("report", "oak", 0)]),
        ([OAKS, done(Kind.REVIEW, 1, "hills")], [("report", "oak", 0)]),
        ([OAKS, done(Kind.VERIFY, -1, "elm")], [("report", "oak", 0), ("verify", "elm", 0)]),
        (
            [OAKS, done(Kind.REVIEW, 30, "city"), done(Kind.REVIEW, 90, "city"), done(Kind.REVIEW, 60, "elm")],
            [("report", "oak", 0), ("review", "city", 30), ("review", "elm", 60)],
        ),
        ([done(Kind.RELEASED, 0, "hills"), done(Kind.REVIEW, 2, "city")], [("review", "city", 2)]),
        (
            [OAKS, done(Kind.SECOND, -3, "elm"), done(Kind.ARBITRATE, -1, "city")],
            [("report", "oak", 0), ("second", "elm", 0), ("arbitrate", "city", 0)],
        ),
        (
            [OAKS, done(None, -5, "city"), done(None, 9, "city"), done(None, 7, "oak"), done(None, 8, "elm")],
            [("report", "oak", 0), ("consultation", "city", 0), ("consultation", "elm", 8)],
        ),
        ([OAKS, done(Kind.TAKEN, -2, "elm"), done(Kind.READ, -1, "elm")], [("report", "oak", 0)]),
    ],
)
def test_what_counts(facts: list[Done], found: list[tuple[str, str, int]]) -> None:
    works = counted(facts)

    assert [(one.service, one.reader_id, (one.at - NOON) // timedelta(hours=1)) for one in works] == found
    assert works == counted(list(reversed(facts)))


def test_the_weight_is_that_of_the_first_taking_or_the_rosters() -> None:
    taken = [done(Kind.TAKEN, -2, "oak"), done(Kind.TAKEN, -1, "oak", 18), done(Kind.TAKEN, 1, "city", 21)]

    assert {one.weight for one in counted([OAKS, *taken, done(Kind.REVIEW, 1, "city")])} == {18}
    assert [one.weight for one in counted([OAKS, taken[0]])] == [NOON.hour]
    assert [one.service for one in counted([OAKS])] == [Service.REPORT]
