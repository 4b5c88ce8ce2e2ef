"""The brake on people who try cards and numbers of patients: whoever names wrong ones too often waits, and nobody else.

An act that names a patient is counted before it is tried, in a transaction of its own that stands whatever becomes of
the act, and the count is taken back unless the card or number itself was refused (docs/adr/0014-failed-proofs.md).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection, Engine

from reading.audit import actor_of
from reading.context import Context, Guess, Who, without_door
from reading.patients.keys import Keys
from reading.sessions import attempts
from reading.viewers import Viewer
from storage.database import transaction


class NotCounted(RuntimeError):
    """An act names a patient, and whoever opened its transaction did not say that it would."""


def begin(engine: Engine, keys: Keys, who: Who, now: datetime) -> Guess:
    """Count a guess that is about to be made.

    Raises:
        TooManyAttempts: they named too many wrong ones, and have to wait.

    """
    with transaction(engine) as tx:
        attempts.begin(tx, attempts.of_naming(keys, actor_of(who)), now)
    return Guess()


def settle(tx: Connection, keys: Keys, who: Who, guess: Guess, now: datetime) -> None:
    """Take the count back, unless what was named is wrong."""
    if not guess.is_wrong:
        attempts.succeeded(tx, attempts.of_naming(keys, actor_of(who)), now)


@without_door("A part of the door, which counts what is tried there.")
def tried(ctx: Context[Viewer]) -> None:
    """A card or number is looked up now: it is wrong until `right` says otherwise."""
    if ctx.guess is None:
        raise NotCounted
    ctx.guess.is_wrong = True


@without_door("A part of the door, which counts what is tried there.")
def right(ctx: Context[Viewer]) -> None:
    """The card or number names whom the caller said, or nobody yet."""
    if ctx.guess is None:
        raise NotCounted
    ctx.guess.is_wrong = False
