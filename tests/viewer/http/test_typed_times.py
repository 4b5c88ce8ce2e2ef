"""What is typed as a day or a time is one that every clock knows, or refused by its field."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from reading.errors import Invalid
from viewer.http.typed_times import typed_day, typed_moment

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_time_is_of_the_place_s_clock_and_nothing_is_nothing() -> None:
    assert typed_moment("at", " 2026-03-02T16:05 ", SHANGHAI) == datetime(2026, 3, 2, 8, 5, tzinfo=UTC)
    assert typed_day("since", "2026-03-02") == date(2026, 3, 2)
    assert typed_moment("at", " ", SHANGHAI) is None
    assert typed_day("since", "") is None


@pytest.mark.parametrize(
    "typed",
    [
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "1899-12-31",
        "3000-01-01",
        "2026-02-30",
        "2026-03-02T08:00+05:00",
        "tomorrow",
        "\0",
    ],
)
def test_what_no_clock_knows_is_refused_by_its_field(typed: str) -> None:
    for read in (typed_day, lambda field, text: typed_moment(field, text, SHANGHAI)):
        with pytest.raises(Invalid) as wrong:
            read("at", typed)
        assert (wrong.value.field, wrong.value.problem) == ("at", "date")
