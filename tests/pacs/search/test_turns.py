"""One caller's searches leave a turn for another's."""

from __future__ import annotations

import threading

import pytest

from pacs.search.turns import Budget, TooManySearches, Turns


def test_another_caller_has_its_turn_while_one_asks_as_often_as_it_can() -> None:
    turns, asking, end = Turns(at_once=2, of_one=1), threading.Barrier(2), threading.Event()

    def ask() -> None:
        with turns.of("greedy"):
            asking.wait()
            end.wait()

    greedy = threading.Thread(target=ask)
    greedy.start()
    asking.wait()
    impatient = Turns(at_once=2, of_one=1, wait_seconds=0)
    with turns.of("other"):
        pass
    with impatient.of("greedy"), pytest.raises(TooManySearches), impatient.of("greedy"):
        pass
    end.set()
    greedy.join()

    with turns.of("greedy"):
        pass


def test_all_turns_taken_makes_others_wait_and_those_who_crowd_are_refused() -> None:
    turns = Turns(at_once=1, of_one=1, waiting_of_one=0)
    with pytest.raises(TooManySearches), turns.of("crowding"):
        pass

    taken = Turns(at_once=1, of_one=1, wait_seconds=0.01)
    with taken.of("first"), pytest.raises(TooManySearches), taken.of("second"):
        pass
    with taken.of("second"):
        pass


def test_a_budget_is_processor_time() -> None:
    assert Budget(0).spent
    assert not Budget(60).spent
