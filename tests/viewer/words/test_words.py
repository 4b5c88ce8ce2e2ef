"""Times and ages as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from viewer.words import words
from viewer.words.catalogue import Language

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # 12:00 at Shanghai
SHANGHAI = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("born", "shown"),
    [
        (date(1983, 4, 12), "42 岁"),
        (date(1983, 3, 2), "43 岁"),
        (date(2023, 3, 2), "3 岁"),
        (date(2023, 3, 3), "35 个月"),
        (date(2026, 1, 2), "2 个月"),
        (date(2026, 1, 3), "58 天"),
        (date(2026, 3, 2), "0 天"),
        (date(2026, 3, 3), ""),
        (None, ""),
    ],
)
def test_an_age_is_told_in_years_months_or_days(born: date | None, shown: str) -> None:
    assert words.age(Language.ZH, born, date(2026, 3, 2)) == shown


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (timedelta(minutes=25, seconds=30), "in 25 min"),
        (timedelta(0), "in less than 1 min"),
        (timedelta(seconds=59), "in less than 1 min"),
        (timedelta(seconds=-59), "just overdue"),
        (timedelta(seconds=-61), "1 min overdue"),
        (timedelta(minutes=-59), "59 min overdue"),
        (timedelta(hours=2, minutes=5), "in 2 h 5 min"),
        (timedelta(days=-1, hours=-2), "1 d 2 h overdue"),
    ],
)
def test_what_is_due_says_how_long_is_left_or_over(left: timedelta, shown: str) -> None:
    assert words.until(Language.EN, NOON + left, NOON) == shown


def test_times_are_those_of_the_site() -> None:
    assert words.moment(NOON, SHANGHAI) == "2026-03-02 12:00"
    assert words.moment_today(NOON, SHANGHAI, NOON) == "12:00"
    assert words.moment_today(NOON - timedelta(days=1), SHANGHAI, NOON) == "2026-03-01 12:00"
    assert words.moment(NOON, SHANGHAI, seconds=True) == "2026-03-02 12:00:00"
    assert words.told_moment(Language.ZH, NOON, SHANGHAI) == "2026年3月2日 12:00"
    assert words.told_moment(Language.EN, NOON, SHANGHAI) == "2 March 2026, 12:00"
    assert words.told_day(Language.EN, NOON, SHANGHAI) == "2 March 2026"


@pytest.mark.parametrize(
    ("arrived", "expected", "arriving", "shown"),
    [
        (1, None, True, "1 arrived, more coming"),
        (127, 180, True, "127 of 180 arrived, more coming"),
        (1, 1, False, "1 of 1 arrived"),
        (127, 180, False, "127 of 180 arrived"),
        (1, None, False, "1 of 1 arrived"),
        (3, 2, False, "3 of 3 arrived"),
    ],
)
def test_images_are_counted_against_what_was_announced(
    arrived: int, expected: int | None, arriving: bool, shown: str
) -> None:
    assert words.images(Language.EN, arrived, expected, arriving=arriving) == shown


def test_a_code_without_a_word_stands_for_itself() -> None:
    assert words.coded(Language.ZH, "modality", "DX") == "DR"
    assert words.coded(Language.ZH, "body", "UVULA") == "UVULA"
