"""Strangers wait for each other, and never before somebody known."""

from __future__ import annotations

import threading

from reading.errors import Busy
from reading.register.password_turns import KNOWN, STRANGERS, PasswordTurns, turns


def test_one_password_is_hashed_after_the_other_and_more_are_sent_away() -> None:
    queue = PasswordTurns(waiting=2)
    sent_away, end = threading.Event(), threading.Event()
    running: list[int] = []
    most: list[int] = []

    def hash_one() -> None:
        try:
            with queue.turn():
                running.append(1)
                most.append(len(running))
                end.wait()
                running.pop()
        except Busy:
            sent_away.set()

    threads = [threading.Thread(target=hash_one) for _ in range(4)]
    for each in threads:
        each.start()
    assert sent_away.wait(60)
    end.set()
    for each in threads:
        each.join()

    assert most == [1, 1, 1]
    with queue.turn():
        pass


def test_strangers_and_the_known_have_turns_of_their_own() -> None:
    assert turns(known=True) is KNOWN
    assert turns(known=False) is STRANGERS
