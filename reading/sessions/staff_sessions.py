"""Sessions of staff, opened by a password, which signing asks for again after a pause.

A password takes long to check, so these acts have several transactions, with none open meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.audit import Actor, ActorKind, Outcome, stranger
from reading.context import Acts, Context, Who, without_door
from reading.errors import Invalid, NotThere, WrongCredentials
from reading.patients.keys import Keys
from reading.register import organisations, password_rules, passwords, people
from reading.register.password_turns import turns
from reading.register.people import Person
from reading.sessions import attempts, session_token
from reading.sessions.attempts import Attempt, Caller
from reading.sessions.session_token import TOUCH_EVERY
from reading.tables import person, staff_session
from reading.viewers import SessionFacts, Staff
from storage.database import snapshot, transaction

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
PROOF_IDLE: Final = timedelta(minutes=10)
"""After so long without a request of the person, signing asks for the password again."""


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    """A session just opened; its token is returned this once."""

    token: str = field(repr=False)
    staff: Staff


@without_door("Nobody is known before the session is open.")
def open_session(acts: Acts[Who], keys: Keys, *, username: str, password: str, caller: Caller) -> StaffSession:
    """Open a session for a username and its password.

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
    proof = _prove(acts, attempt, somebody.password_hash if somebody is not None and may else None, password)
    with acts.act() as ctx:
        opened = (
            _opened(ctx, somebody, attempt, proof, caller.address) if somebody is not None and proof.holds else None
        )
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


def by_token(tx: Connection, token: str, now: datetime) -> Staff | None:
    """The person whose session has this token, with the grants that are valid now; None when there is none any longer.

    For polling and renewals, which do not extend the session.
    """
    row = _open_row(tx, token, now)
    return None if row is None else _staff(tx, row, now, proved_at=row.proved_at)


def watching(tx: Connection, token: str, now: datetime) -> tuple[Staff, bool] | None:
    """As `by_token`, also after its idle time is over, for alarms that name nobody; with whether it is over.

    A session that was ended, or is older than any may be, watches nothing.
    """
    row = _open_row(tx, token, now, idle=LONGEST)
    return None if row is None else (_staff(tx, row, now, proved_at=row.proved_at), row.active_at <= now - IDLE)


def at_work(engine: Engine, token: str, now: datetime) -> Staff | None:
    """As `by_token`, for an act of the person: the session lives on.

    That is written once in `TOUCH_EVERY`; the other acts take no lock.
    """
    with snapshot(engine) as tx:
        row = _open_row(tx, token, now)
        if row is None:
            return None
        # A proof holds while its person keeps working: each act renews it until one comes too late.
        renewed = now - row.proved_at <= PROOF_IDLE
        staff = _staff(tx, row, now, proved_at=now if renewed else row.proved_at)
    if now - row.active_at >= TOUCH_EVERY:
        open_still = (staff_session.c.token_digest == row.token_digest) & staff_session.c.ended_at.is_(None)
        times = {"active_at": now, "proved_at": now} if renewed else {"active_at": now}
        with transaction(engine) as tx:
            tx.execute(staff_session.update().where(open_still).values(times))
    return staff


def needs_proof(viewer: Staff, now: datetime) -> bool:
    """Whether signing must ask for the password again."""
    return viewer.session is None or now - viewer.session.proved_at > PROOF_IDLE


@without_door("It concerns the person's own account alone.")
def prove_again(acts: Acts[Staff], keys: Keys, *, password: str) -> SessionFacts:
    """Prove the password of an open session again.

    Raises:
        NotThere: the session has ended.
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.
        Busy: too many passwords are being checked.

    """
    session = acts.who.session
    if session is None:
        raise NotThere
    attempt, proof = _prove_own(acts, keys, session, password)
    with acts.act() as ctx:
        open_still = (staff_session.c.token_digest == session.token_digest) & staff_session.c.ended_at.is_(None)
        proved = ctx.tx.execute(staff_session.update().where(open_still).values(proved_at=ctx.now, active_at=ctx.now))
        if proved.rowcount != 1:
            raise NotThere
        _renew(ctx, ctx.who.person_id, attempt, proof)
        ctx.record(action=Action.SESSION_PROVE, subject_kind="person", subject_id=ctx.who.person_id)
        return replace(session, proved_at=ctx.now)


@without_door("It concerns the person's own account alone.")
def change_password(acts: Acts[Staff], keys: Keys, *, current: str, new: str) -> None:
    """Change the password; all other sessions of the person end.

    Raises:
        NotThere: the session has ended.
        Invalid: the new password breaks a rule or equals the current one.
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.
        Busy: too many passwords are being checked.

    """
    session, who = acts.who.session, acts.who
    if session is None:
        raise NotThere
    with acts.look() as ctx:
        where = [organisations.by_id(ctx.tx, grant.organisation_id) for grant in who.grants]
    known = (word for one in where if one is not None for word in (one.name, one.code))
    password_rules.check(new, username=who.username, words=[who.name, *known])
    if new == current:
        raise Invalid("password", "same")
    attempt, proof = _prove_own(acts, keys, session, current)
    with turns(known=True).turn():
        made = passwords.hash_password(new)
    with acts.act() as ctx:
        somebody = people.by_id(ctx.tx, who.person_id)
        if somebody is None or somebody.password_hash != proof.of:
            raise WrongCredentials  # another change came between
        attempts.succeeded(ctx.tx, attempt, ctx.now)
        people.set_password(ctx.tx, who.person_id, made, must_change=False)
        end_all(ctx.tx, who.person_id, ctx.now, but=session)
        ctx.record(action=Action.PASSWORD_CHANGE, subject_kind="person", subject_id=who.person_id)


@without_door("It concerns the person's own session alone.")
def end(ctx: Context[Staff], token: str) -> None:
    """Sign out."""
    same = staff_session.c.token_digest == session_token.digest(token)
    open_still = staff_session.c.ended_at.is_(None)
    ended = ctx.tx.execute(staff_session.update().where(same, open_still).values(ended_at=ctx.now))
    if ended.rowcount:
        ctx.record(action=Action.SESSION_END, subject_kind="person", subject_id=ctx.who.person_id)


def end_all(tx: Connection, person_id: str, now: datetime, *, but: SessionFacts | None = None) -> None:
    """End every session of a person, except ``but``."""
    theirs = (staff_session.c.person_id == person_id) & staff_session.c.ended_at.is_(None)
    if but is not None:
        theirs &= staff_session.c.token_digest != but.token_digest
    tx.execute(staff_session.update().where(theirs).values(ended_at=now))


def _open_row(tx: Connection, token: str, now: datetime, *, idle: timedelta = IDLE) -> sa.Row[Any] | None:
    return tx.execute(
        sa.select(staff_session, person.c.username, person.c.name, person.c.title, person.c.must_change_password)
        .join(person, person.c.id == staff_session.c.person_id)
        .where(
            staff_session.c.token_digest == session_token.digest(token),
            staff_session.c.ended_at.is_(None),
            staff_session.c.active_at > now - idle,
            staff_session.c.created_at > now - LONGEST,
            person.c.until.is_(None),
        )
    ).one_or_none()


def _staff(tx: Connection, row: sa.Row[Any], now: datetime, *, proved_at: datetime) -> Staff:
    return Staff(
        person_id=row.person_id,
        username=row.username,
        name=row.name,
        title=row.title,
        grants=tuple(people.grants_of(tx, row.person_id, now)),
        session=SessionFacts(
            token_digest=row.token_digest,
            csrf_token=row.csrf_token,
            proved_at=proved_at,
            must_change_password=row.must_change_password,
        ),
    )


@dataclass(frozen=True, kw_only=True)
class _Proof:
    """What the check of a password said."""

    holds: bool
    of: str | None = field(repr=False)
    """The hash that it was checked against; None where there is nobody."""
    renewed: str | None = field(repr=False)
    """A hash of today's cost, where the kept one is of another."""


def _prove(acts: Acts[Who], attempt: Attempt, kept: str | None, password: str) -> _Proof:
    """Count the attempt, and check the password with no transaction open.

    Raises:
        TooManyAttempts, Busy.

    """
    with turns(known=attempt.is_known).turn():
        with acts.act() as ctx:
            attempts.begin(ctx.tx, attempt, ctx.now)
        holds = passwords.verify(kept or passwords.nobodys_hash(), password) and kept is not None
        renewed = passwords.hash_password(password) if holds and kept and passwords.is_outdated(kept) else None
    return _Proof(holds=holds, of=kept, renewed=renewed)


def _prove_own(acts: Acts[Staff], keys: Keys, session: SessionFacts, password: str) -> tuple[Attempt, _Proof]:
    """The password of whoever is signed in; a wrong one is on record.

    Raises:
        WrongCredentials, TooManyAttempts, Busy.

    """
    attempt = attempts.of_session(keys, session.token_digest)
    with acts.look() as ctx:
        somebody = people.by_id(ctx.tx, ctx.who.person_id)
        attempts.must_be_open(ctx.tx, attempt, ctx.now)
    proof = _prove(acts, attempt, None if somebody is None else somebody.password_hash, password)
    if not proof.holds:
        with acts.act() as ctx:
            ctx.by(stranger(ctx.who.address)).record(
                action=Action.SESSION_PROVE,
                subject_kind="person",
                subject_id=ctx.who.person_id,
                outcome=Outcome.REFUSED,
            )
        raise WrongCredentials
    return attempt, proof


def _renew(ctx: Context[Who], person_id: str, attempt: Attempt, proof: _Proof) -> None:
    attempts.succeeded(ctx.tx, attempt, ctx.now)
    if proof.renewed is not None:
        people.renew_hash(ctx.tx, person_id, proof.renewed)


def _opened(ctx: Context[Who], somebody: Person, attempt: Attempt, proof: _Proof, address: str) -> StaffSession | None:
    """A session for a password that was right; None when it was changed, or its person ended, while it was checked."""
    current = people.by_id(ctx.tx, somebody.id)
    if current is None or current.until is not None or current.password_hash != proof.of:
        return None
    _renew(ctx, somebody.id, attempt, proof)
    token, csrf_token = session_token.new(), session_token.new()
    ctx.tx.execute(
        staff_session.insert().values(
            token_digest=session_token.digest(token),
            person_id=somebody.id,
            csrf_token=csrf_token,
            created_at=ctx.now,
            active_at=ctx.now,
            proved_at=ctx.now,
        )
    )
    ctx.by(Actor(kind=ActorKind.STAFF, id=somebody.id, address=address)).record(
        action=Action.SESSION_OPEN, subject_kind="person", subject_id=somebody.id
    )
    opened = by_token(ctx.tx, token, ctx.now)
    return None if opened is None else StaffSession(token=token, staff=opened)
