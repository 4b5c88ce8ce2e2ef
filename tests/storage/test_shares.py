"""Whoever has most gives way to whoever has less, and nobody who is busy."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.shares import NoRoom, Shares


class Room:
    """Shares of four, three of one owner, over holds whose idle time a test sets."""

    def __init__(self, *, most: int = 4, of_one: int = 3, patience: float = 10) -> None:
        self.idle: dict[str, float | None] = {}
        self.shares = Shares[str](
            most=most,
            most_of_one=lambda _owner: of_one,
            idle_seconds=lambda hold: self.idle[hold],
            patience_seconds=patience,
        )

    def enter(self, hold: str, idle: float | None = 0.0, *, elsewhere: int = 0) -> str | None:
        """A hold is named for its owner and a number: a1."""
        self.idle[hold] = idle
        return self.shares.enter(hold, hold[0], elsewhere=elsewhere)


def test_a_newcomer_takes_the_longest_idle_of_whoever_has_most() -> None:
    room = Room()
    for hold, idle in (("a1", 1.0), ("a2", 3.0), ("a3", 2.0), ("b1", 9.0)):
        assert room.enter(hold, idle) is None

    assert room.enter("c1") == "a2"
    assert sorted(room.shares.all()) == ["a1", "a3", "b1", "c1"]


def test_what_is_busy_never_gives_way() -> None:
    room = Room()
    for hold in ("a1", "a2", "a3"):
        room.enter(hold, None)
    room.enter("b1", 0.5)

    with pytest.raises(NoRoom):
        room.enter("c1")
    room.idle["a3"] = 0.0
    assert room.enter("c2") == "a3"


def test_ones_own_gives_way_only_after_patience() -> None:
    room = Room()
    for hold, idle in (("a1", 9.9), ("a2", 1.0), ("a3", 2.0)):
        room.enter(hold, idle)

    with pytest.raises(NoRoom):
        room.enter("a4")
    room.idle["a1"] = 10.0
    assert room.enter("a5") == "a1"


def test_equals_do_not_drive_each_other_out() -> None:
    room = Room()
    for hold in ("a1", "b1", "c1", "d1"):
        room.enter(hold, 5.0)

    with pytest.raises(NoRoom):
        room.enter("e1")
    room.idle["c1"] = 11.0
    assert room.enter("e2") == "c1"


def test_what_other_processes_hold_counts_and_they_are_given_room_after_patience() -> None:
    room = Room()
    room.enter("a1", 9.0)
    with pytest.raises(NoRoom):
        room.enter("b1", elsewhere=3)

    assert room.shares.give_one() is None
    room.idle["a1"] = 10.0
    assert room.shares.give_one() == "a1"
    assert room.enter("b1", elsewhere=3) is None


def test_what_left_or_gave_way_is_counted_out_once() -> None:
    room = Room(most=1)
    room.enter("a1", 20.0)
    assert room.enter("b1") == "a1"
    room.shares.leave("a1")
    room.shares.leave("b1")

    assert len(room.shares) == 0
    assert room.enter("c1") is None


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from([None, 0.0, 5.0, 20.0])), max_size=60))
def test_neither_limit_is_ever_passed_and_no_busy_one_is_lost(coming: list[tuple[str, float | None]]) -> None:
    room, within = Room(), set[str]()
    for number, (owner, idle) in enumerate(coming):
        hold = f"{owner}{number}"
        try:
            leaving = room.enter(hold, idle)
        except NoRoom:
            continue
        within.add(hold)
        if leaving is not None:
            assert room.idle[leaving] is not None
            within.remove(leaving)

        assert within == set(room.shares.all())
        assert len(within) <= 4
        assert max(Counter(each[0] for each in within).values()) <= 3
