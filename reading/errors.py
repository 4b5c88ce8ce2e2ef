"""What the clinical work answers when something cannot be done: one class per remedy, fields instead of prose."""

from __future__ import annotations

from datetime import timedelta


class ReadingError(Exception):
    """The base of every refusal of this package; the edges turn them into answers in one table each."""


class NotThere(ReadingError):
    """It does not exist, or it is not theirs: the two are never told apart."""

    def __init__(self, kind: str = "", name: str = "") -> None:
        """``kind`` and ``name`` say what was looked up, where somebody typed the name: an organisation's code."""
        super().__init__(kind)
        self.kind = kind
        self.name = name


class Stale(ReadingError):
    """Somebody changed it since it was looked at; look again."""

    def __init__(self, expected: int | None = None) -> None:
        """``expected``: the revision that stands now, None where it has gone."""
        super().__init__(expected)
        self.expected = expected


class NotAllowed(ReadingError):
    """They may see it, but a rule forbids this act to them."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Invalid(ReadingError):
    """What was handed in breaks a rule of form; ``problem`` is a word that the pages translate."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class MoveNotAllowed(ReadingError):
    """The case is in a state from which this move does not exist."""

    def __init__(self, state: str, move: str) -> None:
        super().__init__(state, move)
        self.state = state
        self.move = move


class WrongCredentials(ReadingError):
    """Nobody, a wrong password, a wrong card or a wrong code: the four are never told apart."""


class TooManyAttempts(ReadingError):
    """The door is closed for a while after failures."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after
