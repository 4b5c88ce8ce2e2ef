"""Decoding takes no more memory than it was given, and huge images do not stop usual ones."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pacs.pixels.memory import Busy, PixelMemory, TooLarge

MEBI = 1 << 20


def test_what_one_request_may_not_have_is_refused_at_once() -> None:
    memory = PixelMemory(800)

    with pytest.raises(TooLarge), memory.hold(601):
        pytest.fail("it was let in")
    with memory.hold(600):
        assert memory.held == 600
    assert memory.held == 0


def test_a_huge_image_waits_for_another_huge_one() -> None:
    memory = PixelMemory(800, wait_seconds=60)
    first_in, first_out, order = threading.Event(), threading.Event(), []

    def first() -> None:
        with memory.hold(500):
            first_in.set()
            first_out.wait(60)
            order.append("first")

    def second() -> None:
        with memory.hold(500):
            order.append("second")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert first_in.wait(60)
        other = pool.submit(second)
        first_out.set()
        one.result(60)
        other.result(60)

    assert order == ["first", "second"]


def test_a_usual_image_passes_huge_ones_that_fill_their_share() -> None:
    memory = PixelMemory(800, wait_seconds=0)

    with memory.hold(600), memory.hold(100):
        assert memory.held == 700
        with pytest.raises(Busy), memory.hold(150):  # a large one has its turn when the other has gone
            pytest.fail("it was let in")


def test_few_may_wait_since_each_holds_a_thread() -> None:
    memory = PixelMemory(800, wait_seconds=60, most_waiting=0)

    with memory.hold(600), pytest.raises(Busy), memory.hold(500):
        pytest.fail("it was let in")


def test_a_part_is_given_back_before_the_end() -> None:
    memory = PixelMemory(800, wait_seconds=0)

    with memory.hold(600) as held:
        held.keep(50)
        assert memory.held == 50
        with memory.hold(600):
            assert memory.held == 650
    assert memory.held == 0


@given(st.lists(st.integers(0, 700), max_size=30))
def test_never_more_is_held_than_there_is(sizes: list[int]) -> None:
    memory = PixelMemory(800, wait_seconds=0)
    let_in = []
    for size in sizes:
        hold = memory.hold(size)
        try:
            hold.__enter__()
        except (Busy, TooLarge):
            continue
        let_in.append(hold)
        assert memory.held <= 800
    for hold in let_in:
        hold.__exit__(None, None, None)

    assert memory.held == 0
