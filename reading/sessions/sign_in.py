"""Signing in: a password first, then a second factor where the person has one, and a session in the end.

Where a person must have a factor and has none, they set one up before anything opens. A right password takes back
nothing that failed before it while a factor is still to come: whoever knows it guesses codes no oftener than passwords.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from reading.actions import Action
from reading.audit import Actor, ActorKind, Outcome, stranger
from reading.context import Acts, Context, Who, without_door
from reading.errors import Invalid, SignInOver, WrongCredentials
from reading.factors import factors, passkeys, recovery_codes, requirement, resets, totp
from reading.factors.factors import By, Kind, Shown
from reading.factors.passkeys import Place
from reading.factors.requirement import Needs, Requirement
from reading.patients.keys import Keys
from reading.register import people
from reading.register.people import Person
from reading.sessions import account_notices, attempts, half_sessions, password_check, staff_sessions
from reading.sessions.account_notices import Notice
from reading.sessions.attempts import Attempt, Caller
from reading.sessions.half_sessions import HalfSession
from reading.sessions.password_check import Checked
from reading.sessions.staff_sessions import StaffSession


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the settings say of signing in."""

    requirement: Requirement
    sessions: int
    """Sessions that one person has at once."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What somebody without a factor is offered to set one up: until it is, the same each time."""

    secret: bytes = field(repr=False)
    """Of one-time codes."""
    username: str = field(repr=False)
    passkey: str = field(repr=False)
    """JSON of the options to create a passkey; empty where the service has no name."""


@dataclass(frozen=True, kw_only=True)
class NewFactor:
    """A factor to be set up: a code of the app that has the offered secret, or the browser's answer to the options."""

    name: str = field(repr=False)
    shown: Shown


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """A session that was opened with a first factor, and the recovery codes, which are shown this once."""

    session: StaffSession
    recovery_codes: tuple[str, ...] = field(repr=False)


@without_door("Nobody is known before the session is open.")
def open_session(
    acts: Acts[Who], keys: Keys, terms: Terms, *, username: str, password: str, caller: Caller
) -> StaffSession | HalfSession:
    """Open a session for a username and its password, or half of one where something is still to be shown.

    Raises:
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.
        Busy: too many passwords are being checked.

    """
    typed = username.strip().lower()
    with acts.look() as ctx:
        somebody = people.by_username(ctx.tx, typed)
        attempt = attempts.of_username(
            ctx.tx, keys, typed, caller, ctx.now, person_id="" if somebody is None else somebody.id
        )
        attempts.must_be_open(ctx.tx, attempt, ctx.now)
    # An unknown username costs the same work, so that the time of the answer says nothing.
    may = somebody is not None and somebody.until is None
    checked = password_check.check(acts, attempt, somebody.password_hash if somebody and may else None, password)
    with acts.act() as ctx:
        opened = _after_password(ctx, terms, somebody, attempt, checked, caller) if checked.holds else None
        if opened is None:
            ctx.by(stranger(caller.address)).record(
                action=Action.SESSION_OPEN,
                subject_kind="person",
                subject_id=somebody.id if somebody else "",
                outcome=Outcome.REFUSED,
            )
    if opened is None:
        raise WrongCredentials
    return opened


@without_door("Nobody is known before the session is open.")
def show_factor(acts: Acts[Who], keys: Keys, terms: Terms, *, token: str, shown: Shown, caller: Caller) -> StaffSession:
    """Show the second factor, or a recovery code, to a sign-in that waits for it.

    Raises:
        SignInOver: it waits no longer.
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.

    """
    with acts.act() as ctx:
        half = _half(ctx, token, Needs.FACTOR)
        attempt = _attempt(ctx, keys, half, caller)
        attempts.begin(ctx.tx, attempt, ctx.now)
        by = factors.take(ctx.tx, keys, half.person_id, shown, half.token_digest, ctx.now)
        _record(ctx, half, by, caller)
        if by is By.RECOVERY_CODE:
            account_notices.tell(ctx.tx, half.person_id, Notice.RECOVERY_CODE_USED, ctx.now)
        opened = None if by is None else _opened(ctx, terms, half, attempt, caller)
    if opened is None:
        raise WrongCredentials
    return opened


@without_door("Nobody is known before the session is open.")
def show_slip(acts: Acts[Who], keys: Keys, *, token: str, slip: str, caller: Caller) -> HalfSession:
    """Show the slip of a reset; a new factor is set up next.

    Raises:
        SignInOver, WrongCredentials, TooManyAttempts: as `show_factor`.

    """
    with acts.act() as ctx:
        half = _half(ctx, token, Needs.SLIP)
        attempt = _attempt(ctx, keys, half, caller)
        attempts.begin(ctx.tx, attempt, ctx.now)
        is_theirs = resets.is_slip(ctx.tx, keys, half.person_id, slip, ctx.now)
        ctx.by(_as(half.person_id, caller) if is_theirs else stranger(caller.address)).record(
            action=Action.SESSION_FACTOR,
            subject_kind="person",
            subject_id=half.person_id,
            outcome=Outcome.DONE if is_theirs else Outcome.REFUSED,
            details={"by": "slip"},
        )
        if is_theirs:
            attempts.half_succeeded(ctx.tx, attempt, ctx.now)
            half_sessions.go_on(ctx.tx, half, Needs.ENROLMENT)
            half = _half(ctx, token, Needs.ENROLMENT)
    if not is_theirs:
        raise WrongCredentials
    return half


@without_door("Nobody is known before the session is open.")
def offer(ctx: Context[Who], keys: Keys, token: str, place: Place | None) -> Offer:
    """What to set up a first factor with; nothing is written.

    Raises:
        SignInOver: the sign-in waits no longer, or not for this.

    """
    half = _half(ctx, token, Needs.ENROLMENT)
    return Offer(
        secret=_secret(ctx, keys, half),
        username=half.username,
        passkey=""
        if place is None
        else passkeys.creation_options(
            place,
            person_id=half.person_id,
            username=half.username,
            challenge=_challenge(ctx, keys, half),
            known=factors.credentials(ctx.tx, half.person_id, ctx.now),
        ),
    )


@without_door("Nobody is known before the session is open.")
def enrol(acts: Acts[Who], keys: Keys, terms: Terms, *, token: str, new: NewFactor, caller: Caller) -> Enrolled:
    """Set up the first factor; the session opens.

    Raises:
        SignInOver: the sign-in waits no longer, or not for this; or its person has a factor by now.
        Invalid: a wrong code, an answer to something else, or a name that cannot be kept.

    """
    with acts.act() as ctx:
        half = _half(ctx, token, Needs.ENROLMENT)
        factors.one_at_a_time(ctx.tx, half.person_id)
        if requirement.has_any(ctx.tx, half.person_id, ctx.now):
            raise SignInOver
        attempt = _attempt(ctx, keys, half, caller)
        if new.shown.passkey:
            if new.shown.place is None:
                raise Invalid("passkey", "answer")
            made = passkeys.made(new.shown.place, new.shown.passkey, _challenge(ctx, keys, half))
            factors.add_passkey(ctx.tx, half.person_id, name=new.name, credential=made, now=ctx.now)
        else:
            factors.add_totp(
                ctx.tx,
                keys,
                half.person_id,
                name=new.name,
                secret=_secret(ctx, keys, half),
                code=new.shown.code,
                now=ctx.now,
            )
        codes = recovery_codes.make(ctx.tx, keys, half.person_id, ctx.now)
        resets.end(ctx.tx, half.person_id, ctx.now)
        ctx.by(_as(half.person_id, caller)).record(
            action=Action.FACTOR_ADD,
            subject_kind="person",
            subject_id=half.person_id,
            details={"kind": Kind.PASSKEY if new.shown.passkey else Kind.TOTP},
        )
        opened = _opened(ctx, terms, half, attempt, caller)
        half_sessions.end_all(ctx.tx, half.person_id, ctx.now)
    return Enrolled(session=opened, recovery_codes=codes)


@without_door("Nobody is known before the session is open.")
def waiting(ctx: Context[Who], token: str) -> HalfSession:
    """The sign-in of this token.

    Raises:
        SignInOver: it waits no longer.

    """
    half = half_sessions.by_token(ctx.tx, token, ctx.now)
    if half is None:
        raise SignInOver
    return half


def _after_password(  # noqa: PLR0917
    ctx: Context[Who], terms: Terms, somebody: Person | None, attempt: Attempt, checked: Checked, caller: Caller
) -> StaffSession | HalfSession | None:
    """None when the password was changed, or its person ended, while it was checked."""
    current = None if somebody is None else people.by_id(ctx.tx, somebody.id)
    if current is None or current.until is not None or current.password_hash != checked.of:
        return None
    checked.renew(ctx, current.id)
    grants = people.grants_of(ctx.tx, current.id, ctx.now)
    needs = requirement.needs_of(ctx.tx, current.id, grants, terms.requirement, caller.address, ctx.now)
    if needs is None:
        attempts.succeeded(ctx.tx, attempt, ctx.now)
        return _session(ctx, terms, current.id, caller, with_factor=False)
    attempts.half_succeeded(ctx.tx, attempt, ctx.now)
    ctx.by(stranger(caller.address)).record(
        action=Action.SESSION_ASK, subject_kind="person", subject_id=current.id, details={"needs": needs}
    )
    return half_sessions.begin(ctx.tx, current.id, current.username, needs, ctx.now)


def _half(ctx: Context[Who], token: str, needs: Needs) -> HalfSession:
    half = half_sessions.by_token(ctx.tx, token, ctx.now)
    if half is None or half.needs is not needs:
        raise SignInOver
    return half


def _attempt(ctx: Context[Who], keys: Keys, half: HalfSession, caller: Caller) -> Attempt:
    return attempts.of_second_step(ctx.tx, keys, half.username, caller, ctx.now, half.person_id)


def _opened(ctx: Context[Who], terms: Terms, half: HalfSession, attempt: Attempt, caller: Caller) -> StaffSession:
    if not half_sessions.end(ctx.tx, half, ctx.now):
        raise SignInOver
    attempts.succeeded(ctx.tx, attempt, ctx.now)
    return _session(ctx, terms, half.person_id, caller, with_factor=True)


def _session(ctx: Context[Who], terms: Terms, person_id: str, caller: Caller, *, with_factor: bool) -> StaffSession:
    token = staff_sessions.begin(ctx.tx, person_id, ctx.now, with_factor=with_factor, most=terms.sessions)
    ctx.by(_as(person_id, caller)).record(action=Action.SESSION_OPEN, subject_kind="person", subject_id=person_id)
    opened = staff_sessions.by_token(ctx.tx, token, ctx.now)
    assert opened is not None  # noqa: S101 -- it was just begun
    return StaffSession(token=token, staff=opened)


def _record(ctx: Context[Who], half: HalfSession, by: By | None, caller: Caller) -> None:
    ctx.by(stranger(caller.address) if by is None else _as(half.person_id, caller)).record(
        action=Action.SESSION_FACTOR,
        subject_kind="person",
        subject_id=half.person_id,
        outcome=Outcome.REFUSED if by is None else Outcome.DONE,
        details={} if by is None else {"by": by},
    )


def _as(person_id: str, caller: Caller) -> Actor:
    return Actor(kind=ActorKind.STAFF, id=person_id, address=caller.address)


def _secret(ctx: Context[Who], keys: Keys, half: HalfSession) -> bytes:
    return totp.proposed_secret(keys, half.token_digest, factors.number_of_next(ctx.tx, half.person_id))


def _challenge(ctx: Context[Who], keys: Keys, half: HalfSession) -> bytes:
    taken = factors.answers_taken(ctx.tx, half.person_id)
    return passkeys.challenge(keys, half.token_digest, factors.ADDING, taken)
