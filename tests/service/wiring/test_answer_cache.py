"""An answer is used again for a second, and never beyond a change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.wiring.answer_cache import SECONDS, AnswerCache


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def numbers() -> Iterator[int]:
    return iter(range(100))


def test_the_same_question_is_asked_once_a_second(clock: Clock, numbers: Iterator[int]) -> None:
    lately = AnswerCache(clock)

    first = lately.answer("may Ada see it", lambda: next(numbers))
    clock.now += SECONDS * 0.99
    again = lately.answer("may Ada see it", lambda: next(numbers))
    clock.now += SECONDS * 0.02
    later = lately.answer("may Ada see it", lambda: next(numbers))

    assert (first, again, later) == (0, 0, 1)


def test_another_question_has_an_answer_of_its_own(clock: Clock, numbers: Iterator[int]) -> None:
    lately = AnswerCache(clock)

    answers = [lately.answer(("may see it", who), lambda: next(numbers)) for who in ("Ada", "Quinn", "Ada")]

    assert answers == [0, 1, 0]


def test_nothing_from_before_a_change_is_answered_after_it(clock: Clock, numbers: Iterator[int]) -> None:
    lately = AnswerCache(clock)
    lately.answer("may Ada see it", lambda: next(numbers))

    lately.forget()

    assert lately.answer("may Ada see it", lambda: next(numbers)) == 1


def test_an_answer_that_a_change_overtook_is_not_kept(clock: Clock, numbers: Iterator[int]) -> None:
    lately = AnswerCache(clock)

    def overtaken() -> int:
        lately.forget()  # by another request, between question and answer
        return next(numbers)

    lately.answer("may Ada see it", overtaken)

    assert lately.answer("may Ada see it", lambda: next(numbers)) == 1


def test_a_refusal_is_not_kept(clock: Clock, numbers: Iterator[int]) -> None:
    lately = AnswerCache(clock)

    def refused() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        lately.answer("may Quinn see it", refused)

    assert lately.answer("may Quinn see it", lambda: next(numbers)) == 0
