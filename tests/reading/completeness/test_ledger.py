"""What was announced against what arrived."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.completeness import announcements, ledger
from reading.completeness.announcements import QUIET, Named
from reading.completeness.ledger import Progress
from storage.database import transaction
from tests.reading.clinic import another_image, open_clinic, send


def test_nothing_is_expected_until_somebody_has_said_how_many_of_every_study(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for uid in ("1.1", "1.2"):
            send(tx, clinic, uid, now)
        another_image(tx, clinic, "1.2", 2, now)
        before = ledger.expected(tx, ["1.1", "1.2"])
        announcements.announce(tx, "1.1", QUIET, 1, now)
        half = ledger.expected(tx, ["1.1", "1.2"])
        announcements.announce(tx, "1.2", QUIET, 2, now)

        assert (before, half) == (None, None)
        assert ledger.expected(tx, ["1.1", "1.2"]) == 3
        assert ledger.arrived(tx, ["1.1", "1.2"]) == 3
        assert ledger.expected(tx, []) is None


def test_the_newest_word_of_a_source_counts_and_a_device_outweighs_the_silence(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        announcements.announce(tx, "1.1", QUIET, 4, now)
        announcements.announce(tx, "1.1", QUIET, 5, now + timedelta(minutes=1))
        quiet = ledger.expected(tx, ["1.1"])
        announcements.announce(tx, "1.1", "mpps", 7, now)

        assert quiet == 5
        assert announcements.counted_when_quiet(tx, "1.1") == 5
        assert ledger.expected(tx, ["1.1"]) == 7
        assert announcements.counted_when_quiet(tx, "1.2") is None


@pytest.mark.parametrize(
    ("arrived", "expected", "arriving", "signed", "complete", "late"),
    [
        (1, None, True, None, False, 0),
        (1, 1, True, None, False, 0),
        (1, 1, False, None, True, 0),
        (1, 2, False, None, False, 0),
        (3, 2, False, None, True, 0),
        (1, None, False, None, False, 0),
        (3, 3, False, 2, True, 1),
        (2, 2, False, 2, True, 0),
    ],
)
def test_progress_says_whether_it_is_complete_and_what_came_after_the_signature(
    *, arrived: int, expected: int | None, arriving: bool, signed: int | None, complete: bool, late: int
) -> None:
    progress = Progress(arrived=arrived, expected=expected, arriving=arriving, held=0, signed=signed)

    assert (progress.complete, progress.late) == (complete, late)


def test_what_is_announced_by_name_counts_each_instance_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        twice = [Named(series_uid="1.1.1", sop_instance_uid=uid) for uid in ("1.1.1.1", "1.1.1.2", "1.1.1.1")]
        announcements.announce_named(tx, "1.1", "mpps", twice, now)
        announcements.announce_named(tx, "1.2", "mpps", [], now)

        assert ledger.expected(tx, ["1.1"]) == 2
        assert ledger.expected(tx, ["1.2"]) == 0
