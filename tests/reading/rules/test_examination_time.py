"""DICOM dates and times as they come from the field."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from reading.rules.examination_time import (
    birth_date_doubtful,
    parse_offset,
    start_of_examination,
)

RECEIVED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def at(
    study_date: str, study_time: str, timezone_offset: str = "", received_at: datetime = RECEIVED
) -> tuple[datetime, bool]:
    found = start_of_examination(
        study_date=study_date,
        study_time=study_time,
        timezone_offset=timezone_offset,
        time_zone="Asia/Shanghai",
        received_at=received_at,
    )
    return found.at, found.clock_wrong


def test_a_time_is_of_the_site_unless_the_image_names_its_offset() -> None:
    assert at("20260302", "153000") == (datetime(2026, 3, 2, 7, 30, tzinfo=UTC), False)
    assert at("20260302", "073000", "+0000") == (datetime(2026, 3, 2, 7, 30, tzinfo=UTC), False)
    assert at("20260302", "013000", "-0600") == (datetime(2026, 3, 2, 7, 30, tzinfo=UTC), False)


@pytest.mark.parametrize(("minutes_ahead", "believed"), [(4, True), (5, True), (6, False), (60 * 24 * 400, False)])
def test_a_clock_more_than_five_minutes_ahead_is_flagged_and_not_believed(minutes_ahead: int, believed: bool) -> None:
    local = RECEIVED.astimezone(timezone(timedelta(hours=8))) + timedelta(minutes=minutes_ahead)
    found, ahead = at(local.strftime("%Y%m%d"), local.strftime("%H%M%S"))

    assert ahead is not believed
    assert found == (RECEIVED + timedelta(minutes=minutes_ahead) if believed else RECEIVED)


def test_a_backlog_of_three_days_keeps_its_time() -> None:
    assert at("20260227", "100000") == (datetime(2026, 2, 27, 2, 0, tzinfo=UTC), False)


def test_without_a_date_it_is_when_we_received_it() -> None:
    assert at("", "153000") == (RECEIVED, False)


@pytest.mark.parametrize(
    "study_date",
    [
        *("garbage", "20260231", "2026", "2026-03-02", "٢٠٢٦٠٣٠٢"),
        *("00000000", "00010101", "19000101", "19710930", "20700101", "99991231"),
    ],
)
@pytest.mark.parametrize("offset", ["-0500", "+1400", ""])
@pytest.mark.parametrize("clock", ["153000", ""])
def test_a_date_that_cannot_be_is_flagged_and_not_believed(study_date: str, offset: str, clock: str) -> None:
    assert at(study_date, clock, offset) == (RECEIVED, True)


def test_an_examination_of_an_archive_keeps_its_time() -> None:
    assert at("19850302", "153000") == (datetime(1985, 3, 2, 7, 30, tzinfo=UTC), False)


@pytest.mark.parametrize(
    ("birth_date", "doubtful"),
    [
        *(("", False), ("19700101", False), ("1970.01.01", False), ("20260302", False), ("19060303", False)),
        *(("00010101", True), ("18180302", True), ("19000101", True), ("20260303", True), ("20260231", True)),
        *(("1970", True), ("today", True)),
    ],
)
def test_a_birth_date_that_cannot_be_is_known(birth_date: str, doubtful: bool) -> None:
    assert birth_date_doubtful(birth_date, date(2026, 3, 2)) is doubtful


def test_a_date_without_a_time_is_the_end_of_that_day_but_never_later_than_the_receipt() -> None:
    assert at("20260302", "") == (RECEIVED, False)
    assert at("20260301", "99")[0] == datetime(2026, 3, 1, 15, 59, 59, 999999, tzinfo=UTC)
    assert at("20260304", "") == (RECEIVED, True)


@pytest.mark.parametrize("value", ["", "0800", "+08", "+1500", "-1300", "+0870", "Z"])
def test_what_is_no_offset_is_none(value: str) -> None:
    assert parse_offset(value) is None
