"""Who opens something in an emergency, with which proof, how soon again, and with how many words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from reading.access.emergencies import may_open
from reading.emergency_access.rules import FREE, checked_words, is_proved, wait_before
from reading.errors import Invalid
from reading.kinds import Role

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TREATS = {Role.CLINICIAN, Role.READER, Role.VERIFIER, Role.REVIEWER}
ADMINISTERS = {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}


def test_whoever_treats_or_reads_opens_alone_and_with_other_roles_and_never_as_an_administrator() -> None:
    for number in (0, 1, 2, 3):
        for roles in combinations(Role, number):
            assert may_open(roles) == (bool(TREATS & {*roles}) and not ADMINISTERS & {*roles}), roles


@pytest.mark.parametrize(
    ("typed", "opened", "proved"),
    [
        (None, [], False),
        (0, [], True),
        (5, [], True),
        (5.01, [], False),
        # Each proof opens once; a session's beginning counts as an opening, so that signing in proves nothing.
        (2, [3], True),
        (2, [2], False),
        (2, [1], False),
        (2, [30, 1], False),
    ],
)
def test_a_proof_is_of_the_last_minutes_and_opens_once(
    typed: float | None, opened: list[float], *, proved: bool
) -> None:
    at = None if typed is None else NOW - typed * MINUTE

    assert is_proved(at, [NOW - one * MINUTE for one in opened], NOW) == proved


@pytest.mark.parametrize(
    ("within_the_hour", "minutes"),
    [(0, 0), (FREE - 1, 0), (FREE, 1), (FREE + 1, 2), (FREE + 3, 8), (FREE + 4, 15), (40, 15)],
)
def test_after_the_free_ones_the_next_waits_a_minute_that_doubles_up_to_a_quarter_of_an_hour(
    within_the_hour: int, minutes: int
) -> None:
    opened = [NOW] * within_the_hour

    assert wait_before(opened, NOW) == minutes * MINUTE
    assert wait_before(opened, NOW + minutes * MINUTE) == timedelta(0)
    assert wait_before(opened, NOW + 60 * MINUTE) == timedelta(0)


@pytest.mark.parametrize("words", ["", "    ", "急救", "急救。！", "......", "\u200b" * 9, "x" * 501, "抢\x00救中"])
def test_a_reason_says_something_and_fits(words: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_words(words)

    assert refused.value.field == "words"


def test_four_characters_are_a_reason() -> None:
    assert checked_words(" 昏迷抢救\n") == "昏迷抢救"
