"""Answers of the last second: hundreds of pictures of one study ask the database once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

SECONDS: Final = 1.0
"""Time until a change made by another process is seen here."""
_MOST: Final = 4096

Answer = TypeVar("Answer")


class AnswerCache:
    """Answers by question, none older than `SECONDS`, none from before the last change in this process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[float, Any]] = {}
        self._changes = 0

    def answer(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """The kept answer, else that of ``ask``; an exception is not kept."""
        now = self._clock()
        kept = self._answers.get(question)
        if kept is not None and now < kept[0] + SECONDS:
            answer: Answer = kept[1]
            return answer
        changes = self._changes
        answer = ask()
        with self._lock:
            if changes == self._changes:  # else somebody changed something while it was being asked
                if len(self._answers) >= _MOST:
                    self._answers.clear()
                self._answers[question] = (now, answer)
        return answer

    def forget(self) -> None:
        """Drop all answers, since something was changed."""
        with self._lock:
            self._changes += 1
            self._answers.clear()
