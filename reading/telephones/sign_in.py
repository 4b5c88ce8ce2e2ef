"""Signing in by a card and a code sent to the verified telephone: it opens the person's whole history.

Whoever types a card hears the same, whether it is anybody's, and whether they have a telephone here. An asking counts
as a failed proof until its code was right, so cards are not tried through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reading.actions import Action
from reading.audit import Outcome, stranger
from reading.context import Context, Who, without_door
from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from reading.kinds import IdentifierKind
from reading.patients import patients, persons
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier, normal
from reading.sessions import attempts, patient_sessions, session_token
from reading.sessions.attempts import Caller
from reading.sessions.patient_sessions import CARDS, PatientSession
from reading.telephones import codes, numbers
from reading.telephones.codes import Purpose

NOBODY = ""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A code was asked for; only the browser that has this token can use it."""

    token: str = field(repr=False)


@without_door("Nobody is known before the session is open.")
def ask(ctx: Context[Who], keys: Keys, *, card_kind: str, card: str, caller: Caller) -> Asked | TooManyAttempts:
    """Send a code to the verified telephone of a card's owner, if there is one; a refusal is returned, and committed.

    A guardian's card names its owner alone, never the children.

    Raises:
        Invalid: no such kind of card.

    """
    held = _card(card_kind, card)
    attempt = attempts.of_card(ctx.tx, keys, normal(held.kind, card), caller, ctx.now)
    try:
        attempts.begin(ctx.tx, attempt, ctx.now)
    except TooManyAttempts as closed:
        return closed
    owner = patients.find(ctx.tx, keys, held, ctx.now)
    verified = numbers.of_person(ctx.tx, keys, NOBODY if owner is None else owner.id)
    token = session_token.new()
    codes.send(
        ctx.tx,
        keys,
        purpose=Purpose.RETURN if attempt.is_known else Purpose.SIGN_IN,
        asked=_asked(keys, held, token),
        patient_id=owner.id if owner is not None and verified is not None else None,
        number="" if verified is None else verified.number,
        now=ctx.now,
        site_id=None if owner is None else owner.site_id,
    )
    ctx.by(stranger(caller.address)).record(
        action=Action.SESSION_CODE,
        subject_kind="patient",
        subject_id=NOBODY if owner is None else owner.id,
        outcome=Outcome.REFUSED if verified is None else Outcome.DONE,
    )
    return Asked(token=token)


@without_door("Nobody is known before the session is open.")
def open_session(
    ctx: Context[Who], keys: Keys, *, card_kind: str, card: str, token: str, code: str, caller: Caller
) -> PatientSession | WrongCredentials | TooManyAttempts:
    """Open a session for a card and the code that was sent; a refusal is returned, and must be committed.

    Raises:
        Invalid: no such kind of card.

    """
    held = _card(card_kind, card)
    attempt = attempts.of_card(ctx.tx, keys, normal(held.kind, card), caller, ctx.now)
    try:
        attempts.begin(ctx.tx, attempt, ctx.now)
    except TooManyAttempts as closed:
        return closed
    asked = _asked(keys, held, token)
    proved = codes.check(ctx.tx, keys, purposes=codes.SIGNING_IN, asked=asked, code=code, now=ctx.now)
    owner = patients.find(ctx.tx, keys, held, ctx.now)
    verified = numbers.of_person(ctx.tx, keys, NOBODY if owner is None else owner.id)
    if (
        proved is None
        or owner is None
        or verified is None
        or verified.number != proved.number
        or not persons.one_person(ctx.tx, owner.id, proved.patient_id)
    ):
        ctx.by(stranger(caller.address)).record(
            action=Action.SESSION_OPEN,
            subject_kind="patient",
            subject_id=NOBODY if owner is None else owner.id,
            outcome=Outcome.REFUSED,
        )
        return WrongCredentials()
    codes.use(ctx.tx, proved, ctx.now)
    attempts.half_succeeded(ctx.tx, attempt, ctx.now)  # the asking
    attempts.succeeded(ctx.tx, attempt, ctx.now)
    return patient_sessions.open_proved(ctx, owner.id, telephone_id=verified.id, caller=caller)


def _card(kind: str, value: str) -> Identifier:
    if kind not in CARDS:
        raise Invalid("card_type", "unknown")
    return Identifier(kind=IdentifierKind(kind), value=value)


def _asked(keys: Keys, card: Identifier, token: str) -> bytes:
    """So a token serves the card alone for which it was given out."""
    return keys.digest("telephone_code", token, card.kind, normal(card.kind, card.value))
