"""What somebody does with their own factors: adds, removes, and makes recovery codes anew.

Each change asks for a password or a factor typed within some minutes: whoever comes by an open session changes none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, ProofTooOld
from reading.factors import factors, passkeys, recovery_codes, requirement, totp
from reading.factors.factors import Factor, Kind
from reading.factors.passkeys import Place
from reading.factors.requirement import Requirement
from reading.patients.keys import Keys
from reading.sessions import account_notices, half_sessions, staff_sessions
from reading.sessions.account_notices import Notice
from reading.sessions.sign_in import NewFactor, Offer
from reading.viewers import SessionFacts, Staff


@dataclass(frozen=True, kw_only=True)
class Mine:
    """A person's factors, the oldest first."""

    factors: tuple[Factor, ...] = field(repr=False)
    recovery_codes: int
    """How many are left."""
    is_required: bool
    """The last one cannot be removed."""


@without_door("It concerns the person's own account alone.")
def mine(ctx: Context[Staff], required: Requirement, address: str) -> Mine:
    who = ctx.who.person_id
    return Mine(
        factors=tuple(factors.of(ctx.tx, who, ctx.now)),
        recovery_codes=recovery_codes.left(ctx.tx, who, ctx.now),
        is_required=_is_required(ctx, required, address),
    )


@without_door("It concerns the person's own account alone.")
def offer(ctx: Context[Staff], keys: Keys, place: Place | None) -> Offer:
    """What to set up a further factor with; nothing is written.

    Raises:
        NotThere: the session has ended.

    """
    who, session = ctx.who, _session_of(ctx)
    number = factors.number_of_next(ctx.tx, who.person_id)
    options = ""
    if place is not None:
        options = passkeys.creation_options(
            place,
            person_id=who.person_id,
            username=who.username,
            challenge=_challenge(ctx, keys, session),
            known=factors.credentials(ctx.tx, who.person_id, ctx.now),
        )
    return Offer(
        secret=totp.proposed_secret(keys, session.token_digest, number), username=who.username, passkey=options
    )


@without_door("It concerns the person's own account alone.")
def must_have_typed(ctx: Context[Staff]) -> None:
    """Let nobody change the account who did not type a password or a factor just now.

    Raises:
        ProofTooOld: a proof has to be typed first.

    """
    if not staff_sessions.typed_lately(ctx.who, ctx.now):
        raise ProofTooOld


@without_door("It concerns the person's own account alone.")
def add(ctx: Context[Staff], keys: Keys, new: NewFactor) -> tuple[str, ...]:
    """Set up a factor; with the first one come recovery codes, which are returned this once.

    Raises:
        NotThere: the session has ended.
        ProofTooOld: a proof has to be typed first.
        Invalid: a wrong code, an answer to something else, a name that cannot be kept, or too many factors.

    """
    who, session = ctx.who, _session_of(ctx)
    must_have_typed(ctx)
    factors.one_at_a_time(ctx.tx, who.person_id)
    is_first = not requirement.has_any(ctx.tx, who.person_id, ctx.now)
    if new.shown.passkey:
        if new.shown.place is None:
            raise Invalid("passkey", "answer")
        made = passkeys.made(new.shown.place, new.shown.passkey, _challenge(ctx, keys, session))
        factors.add_passkey(ctx.tx, who.person_id, name=new.name, credential=made, now=ctx.now)
    else:
        number = factors.number_of_next(ctx.tx, who.person_id)
        secret = totp.proposed_secret(keys, session.token_digest, number)
        factors.add_totp(ctx.tx, keys, who.person_id, name=new.name, secret=secret, code=new.shown.code, now=ctx.now)
    kind = Kind.PASSKEY if new.shown.passkey else Kind.TOTP
    _record(ctx, Action.FACTOR_ADD, kind=kind)
    account_notices.tell(ctx.tx, who.person_id, Notice.FACTOR_ADDED, ctx.now)
    half_sessions.end_all(ctx.tx, who.person_id, ctx.now)
    staff_sessions.set_up_factor(ctx.tx, session)
    return recovery_codes.make(ctx.tx, keys, who.person_id, ctx.now) if is_first else ()


@without_door("It concerns the person's own account alone.")
def remove(ctx: Context[Staff], required: Requirement, address: str, factor_id: str) -> None:
    """Remove a factor; with the last one the recovery codes go.

    Raises:
        ProofTooOld: a proof has to be typed first.
        NotThere: it is not there, or somebody else's.
        NotAllowed: it is the last one of somebody who must have one.

    """
    who = ctx.who.person_id
    must_have_typed(ctx)
    kept = {one.id: one for one in factors.of(ctx.tx, who, ctx.now)}
    removed = kept.pop(factor_id, None)
    if removed is None:
        raise NotThere
    if not kept and _is_required(ctx, required, address):
        raise NotAllowed("last_factor_is_required")
    factors.end(ctx.tx, who, ctx.now, by=who, factor_id=factor_id)
    if not kept:
        recovery_codes.end(ctx.tx, who, ctx.now)
    _record(ctx, Action.FACTOR_REMOVE, kind=removed.kind)
    account_notices.tell(ctx.tx, who, Notice.FACTOR_REMOVED, ctx.now)


@without_door("It concerns the person's own account alone.")
def renew_recovery_codes(ctx: Context[Staff], keys: Keys) -> tuple[str, ...]:
    """Ten new recovery codes, returned this once; those from before are good no longer.

    Raises:
        ProofTooOld: a proof has to be typed first.
        NotAllowed: there is no factor that they could stand in for.

    """
    must_have_typed(ctx)
    if not requirement.has_any(ctx.tx, ctx.who.person_id, ctx.now):
        raise NotAllowed("no_factor_yet")
    _record(ctx, Action.FACTOR_RECOVERY_CODES)
    account_notices.tell(ctx.tx, ctx.who.person_id, Notice.RECOVERY_CODES_NEW, ctx.now)
    return recovery_codes.make(ctx.tx, keys, ctx.who.person_id, ctx.now)


def _session_of(ctx: Context[Staff]) -> SessionFacts:
    if ctx.who.session is None:
        raise NotThere
    return ctx.who.session


def _is_required(ctx: Context[Staff], required: Requirement, address: str) -> bool:
    who = ctx.who
    return required.asks(who.grants, address) or requirement.is_required_of(ctx.tx, who.person_id, ctx.now)


def _challenge(ctx: Context[Staff], keys: Keys, session: SessionFacts) -> bytes:
    taken = factors.answers_taken(ctx.tx, ctx.who.person_id)
    return passkeys.challenge(keys, session.token_digest, factors.ADDING, taken)


def _record(ctx: Context[Staff], action: Action, **details: str) -> None:
    ctx.record(action=action, subject_kind="person", subject_id=ctx.who.person_id, details=details)
