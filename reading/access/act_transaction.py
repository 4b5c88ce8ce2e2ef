"""The transaction of an act; when the act is refused, what it looked at stays on record."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Engine

from reading.access import guesses
from reading.audit import Audit, Outcome
from reading.context import Context, Look, Who
from reading.errors import (
    Busy,
    ChecksOpen,
    Invalid,
    MoveNotAllowed,
    NotAllowed,
    NotDone,
    NotThere,
    ProofTooOld,
    SaidOtherwise,
    SignInOver,
    Stale,
    TooManyAttempts,
    WrongCredentials,
)
from reading.patients.keys import Keys
from storage.database import transaction

WhoT = TypeVar("WhoT", bound=Who)

WORDS: Final[Mapping[type[NotDone], str]] = {
    NotThere: "not_there",
    NotAllowed: "not_allowed",
    ChecksOpen: "checks_open",
    MoveNotAllowed: "move_not_allowed",
    Invalid: "invalid",
    Stale: "stale",
    SaidOtherwise: "said_otherwise",
    WrongCredentials: "wrong_credentials",
    TooManyAttempts: "too_many_attempts",
    Busy: "busy",
    ProofTooOld: "proof_too_old",
    SignInOver: "sign_in_over",
}
"""Why an act was refused, as the audit says it."""


@contextmanager
def acting(
    engine: Engine,
    audit: Audit,
    now: datetime,
    who: WhoT,
    *,
    about: Look | None = None,
    seal_key: Ed25519PublicKey | None = None,
    naming: Keys | None = None,
) -> Generator[Context[WhoT]]:
    """An act in a transaction of its own; a refusal rolls it back, and then its looks are recorded as refused.

    ``about`` is what the act is about, in the word of whoever asked: recorded where the thing is not theirs to see.
    ``seal_key`` compares the reports that the act shows. ``naming``: the act may name a patient by a card or a number,
    which `guesses` counts with these keys.

    Raises:
        TooManyAttempts: of cards and numbers; and whatever the block raises.

    """
    looks: list[Look] = []
    guess = guesses.begin(engine, naming, who, now) if naming is not None else None
    try:
        with transaction(engine) as tx:
            yield Context(tx, audit, now, who, seal_key, looks, guess)
            if naming is not None and guess is not None:
                guesses.settle(tx, naming, who, guess, now)
    except NotDone as refusal:
        if about is not None and isinstance(refusal, NotThere):
            looks = [*(one for one in looks if _thing(one) != _thing(about)), about]
        keep(engine, audit, now, who, looks, refusal)
        if naming is not None and guess is not None:
            with transaction(engine) as tx:
                guesses.settle(tx, naming, who, guess, now)
        raise


def keep(engine: Engine, audit: Audit, now: datetime, who: Who, looks: Sequence[Look], refusal: NotDone) -> None:  # noqa: PLR0917
    """Record looks of an act that was refused, as refused."""
    if not looks:
        return
    with transaction(engine) as tx:
        ctx = Context(tx, audit, now, who)
        for look in dict.fromkeys(looks):
            ctx.record(
                action=look.action,
                subject_kind=look.subject_kind,
                subject_id=look.subject_id,
                outcome=Outcome.REFUSED,
                details={"why": next(word for kind, word in WORDS.items() if isinstance(refusal, kind))},
            )


def _thing(look: Look) -> tuple[str, str]:
    return look.subject_kind, look.subject_id
