"""The errors of the clinical work: one class for each remedy, with fields instead of prose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path


class ReadingError(Exception):
    """The base of every error of this package."""


class KeyFileUnfit(ReadingError):
    """A key's file is open to others or holds no key: restore it from the backup. Nothing is written over it."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem


class WrongKey(ReadingError):
    """A ciphertext was sealed with another key or was changed: restore the keys that the database was written with."""


class NotDone(ReadingError):
    """The base of what an act answers instead of being done; each edge turns these into its answers in one table."""


class NotThere(NotDone):
    """The thing does not exist, or whoever asks may not see it: the answer is the same for both."""

    def __init__(self, kind: str = "", name: str = "") -> None:
        """``kind`` and ``name`` say what was looked up, where somebody typed the name: an organisation's code."""
        super().__init__(kind)
        self.kind = kind
        self.name = name


class Stale(NotDone):
    """Somebody changed the thing since it was read: read it again."""

    def __init__(self, expected: int | None = None) -> None:
        """``expected`` is the revision that stands now, None where the thing is gone."""
        super().__init__(expected)
        self.expected = expected


class NotAllowed(NotDone):
    """A rule forbids this act to a person who may see the thing."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


class Invalid(NotDone):
    """A value that was handed in breaks a rule of form; ``problem`` is a word that the pages translate."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class ChecksOpen(NotDone):
    """The checks of a report found something: mend what stops it, confirm by name what only warns."""

    def __init__(self, stops: Sequence[str], unconfirmed: Sequence[str]) -> None:
        super().__init__(stops, unconfirmed)
        self.stops = tuple(stops)
        self.unconfirmed = tuple(unconfirmed)


class MoveNotAllowed(NotDone):
    """The case is in a state from which this move does not exist: read it again."""

    def __init__(self, state: str, move: str) -> None:
        super().__init__(state, move)
        self.state = state
        self.move = move


class WrongCredentials(NotDone):
    """The username, password, card or code is wrong: the answer is the same for all four."""


class ProofTooOld(NotDone):
    """The person proved too long ago who they are for a change of their own account: a password or a factor again."""


class SignInOver(NotDone):
    """What was begun with a password took too long, or was ended: begin again with the password."""


class SaidOtherwise(NotDone):
    """What is sent again differs from what was kept of it before: neither replaces the other."""


class Busy(NotDone):
    """Too many ask for the same at this moment: try again a little later."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class TooManyAttempts(NotDone):
    """After failures, further attempts are refused for a while: wait."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after
