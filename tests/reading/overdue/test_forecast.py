"""When a case is expected to leave the queue: by hand, and beside a queue that is played through."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.overdue.forecast import Rates, Waiting, empty_at, expected

NOON = datetime(2026, 9, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def waiting(name: str, rank: int, due: int, *, held: bool = False) -> Waiting:
    return Waiting(case_id=name, rank=rank, due_at=NOON + due * MINUTE, held=held)


def in_minutes(at: datetime | None) -> float | None:
    return None if at is None else (at - NOON) / MINUTE


@pytest.mark.parametrize(
    ("left", "came", "said"),
    [
        (6, {}, [("held", 10, False), ("first", 20, False), ("next", 30, True), ("last", 40, False)]),
        (6, {2: 100}, [("held", 10, False), ("first", 20, False), ("next", 30, True), ("last", 40, False)]),
        (6, {0: 3}, [("held", 10, False), ("first", 20, False), ("next", 60, True), ("last", 80, False)]),
        (6, {0: 6}, [("held", 10, False), ("first", 20, False), ("next", None, True), ("last", None, True)]),
        (0, {}, [("held", None, True), ("first", None, True), ("next", None, True), ("last", None, True)]),
    ],
    ids=["alone", "nobody-overtakes", "half-overtakes", "all-overtake", "nobody-works"],
)
def test_a_place_in_the_queue_is_a_time(
    left: int, came: dict[int, int], said: list[tuple[str, float | None, bool]]
) -> None:
    found = [
        waiting("last", 1, 90),
        waiting("held", 1, 120, held=True),
        waiting("next", 1, 25),
        waiting("first", 0, 30),
    ]

    answer = expected(found, Rates(over=HOUR, left=left, came=came), NOON)

    assert [(one.waiting.case_id, in_minutes(one.at), one.late) for one in answer] == said


@pytest.mark.parametrize(
    ("left", "came", "minutes"), [(6, {}, 20), (6, {0: 1, 2: 2}, 40), (6, {1: 6}, None), (0, {}, None)]
)
def test_a_queue_is_empty_once_more_left_than_came(left: int, came: dict[int, int], minutes: float | None) -> None:
    found = [waiting("a", 1, 60), waiting("b", 1, 60)]

    assert in_minutes(empty_at(found, Rates(over=HOUR, left=left, came=came), NOON)) == minutes
    assert empty_at([], Rates(over=HOUR), NOON) == NOON


def played(found: list[Waiting], *, left: int, overtake: int) -> dict[str, float]:
    """A queue with one server, event by event: when each case has left it, in minutes.

    Cases of the first rank come evenly, and each takes as long as any other.
    """
    service = 60 / left
    coming = [number * 60 / overtake for number in range(1, 200)] if overtake else []
    queue = sorted(found, key=lambda one: (one.rank, one.due_at, one.case_id))
    at, done = 0.0, dict[str, float]()
    while queue:
        urgent = bool(coming) and coming[0] <= at
        if urgent:
            coming.pop(0)
        at += service
        if not urgent:
            done[queue.pop(0).case_id] = at
    return done


@given(
    count=st.integers(1, 30), left=st.integers(2, 12), share=st.integers(0, 3), dues=st.randoms(use_true_random=False)
)
def test_a_queue_that_is_played_through_ends_as_expected(count: int, left: int, share: int, dues: object) -> None:
    overtake = left * share // 4
    found = [waiting(f"{number:02}", 1, dues.randrange(600)) for number in range(count)]  # type: ignore[attr-defined]
    answer = expected(found, Rates(over=HOUR, left=left, came={0: overtake}), NOON)
    real = played(found, left=left, overtake=overtake)

    assert [one.waiting.case_id for one in answer] == sorted(real, key=lambda name: real[name])
    for one in answer:
        at = in_minutes(one.at)
        assert at is not None
        # Whoever overtakes comes one at a time and interrupts nobody: the even stream is up to two places off.
        assert abs(at - real[one.waiting.case_id]) <= 60 / left + 2 * 60 / (left - overtake)
