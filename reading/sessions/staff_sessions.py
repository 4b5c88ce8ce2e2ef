"""Sessions of staff, opened by a password, which signing asks for again after a pause.

A refusal is *returned*, since a raised one would roll back the failure that was counted. The edge commits
first and raises afterwards::

    with transaction(engine) as tx:
        opened = staff_sessions.open_session(Context(tx, ...), ...)
    if not isinstance(opened, StaffSession):
        raise opened
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import STRANGER, Actor, ActorKind, Outcome
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotThere, TooManyAttempts, WrongCredentials
from reading.patients.keys import Keys
from reading.register import passwords, people
from reading.sessions import failed_proofs, session_token
from reading.sessions.session_token import TOUCH_EVERY
from reading.tables import person, staff_session
from reading.viewers import SessionFacts, Staff

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
def open_session(
    ctx: Context[Who], keys: Keys, *, username: str, password: str, address: str
) -> StaffSession | WrongCredentials | TooManyAttempts:
    """Open a session for a username and its password; a refusal is returned, and must be committed."""
    typed = username.strip().lower()
    subjects = failed_proofs.subjects(keys, "username", typed, address)
    closed = failed_proofs.remaining_wait(ctx.tx, subjects, ctx.now)
    if closed > timedelta(0):
        return TooManyAttempts(closed)
    # An unknown username costs the same work, so that the time of the answer says nothing.
    somebody, expected = people.by_username(ctx.tx, typed), passwords.nobodys_hash()
    if somebody is not None and somebody.until is None:
        expected = somebody.password_hash
    proved = passwords.verify(expected, password)
    if somebody is None or not proved:
        failed_proofs.count_failure(ctx.tx, subjects, ctx.now)
        ctx.by(STRANGER).record(
            action=Action.SESSION_OPEN,
            subject_kind="person",
            subject_id=somebody.id if somebody else "",
            outcome=Outcome.REFUSED,
        )
        return WrongCredentials()
    failed_proofs.clear(ctx.tx, subjects[0])
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
    ctx.by(Actor(kind=ActorKind.STAFF, id=somebody.id)).record(
        action=Action.SESSION_OPEN, subject_kind="person", subject_id=somebody.id
    )
    opened = by_token(ctx.tx, token, ctx.now, touch=False)
    if opened is None:
        raise NotThere
    return StaffSession(token=token, staff=opened)


def by_token(tx: Connection, token: str, now: datetime, *, touch: bool) -> Staff | None:
    """The person whose session has this token, with the grants that are valid now; None when there is none any longer.

    ``touch``: the request is the person's own act, so the session lives on; polling and renewals pass
    False. It may write, and so needs a writing transaction.
    """
    digest = session_token.digest(token)
    row = tx.execute(
        sa.select(staff_session, person.c.username, person.c.name, person.c.title, person.c.must_change_password)
        .join(person, person.c.id == staff_session.c.person_id)
        .where(
            staff_session.c.token_digest == digest,
            staff_session.c.ended_at.is_(None),
            staff_session.c.active_at > now - IDLE,
            staff_session.c.created_at > now - LONGEST,
            person.c.until.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    # A proof holds while its person keeps working: each act renews it until one comes too late.
    proved_at = now if touch and now - row.proved_at <= PROOF_IDLE else row.proved_at
    if touch and now - row.active_at >= TOUCH_EVERY:
        tx.execute(
            staff_session.update()
            .where(staff_session.c.token_digest == digest)
            .values(active_at=now, proved_at=proved_at)
        )
    return Staff(
        person_id=row.person_id,
        username=row.username,
        name=row.name,
        title=row.title,
        grants=tuple(people.grants_of(tx, row.person_id, now)),
        session=SessionFacts(
            token_digest=digest,
            csrf_token=row.csrf_token,
            proved_at=proved_at,
            must_change_password=row.must_change_password,
        ),
    )


def needs_proof(viewer: Staff, now: datetime) -> bool:
    """Whether signing must ask for the password again."""
    return viewer.session is None or now - viewer.session.proved_at > PROOF_IDLE


@without_door("It concerns the person's own account alone.")
def prove_again(
    ctx: Context[Staff], keys: Keys, *, password: str, address: str
) -> SessionFacts | WrongCredentials | TooManyAttempts:
    """Prove the password of an open session again; a refusal is returned, and must be committed.

    Raises:
        NotThere: the session has ended.

    """
    if ctx.who.session is None:
        raise NotThere
    refusal = _password_refused(ctx, keys, password=password, address=address)
    if refusal is not None:
        return refusal
    open_still = (staff_session.c.token_digest == ctx.who.session.token_digest) & staff_session.c.ended_at.is_(None)
    proved = ctx.tx.execute(staff_session.update().where(open_still).values(proved_at=ctx.now, active_at=ctx.now))
    if proved.rowcount != 1:
        raise NotThere
    ctx.record(action=Action.SESSION_PROVE, subject_kind="person", subject_id=ctx.who.person_id)
    return replace(ctx.who.session, proved_at=ctx.now)


@without_door("It concerns the person's own account alone.")
def change_password(
    ctx: Context[Staff], keys: Keys, *, current: str, new: str, address: str
) -> WrongCredentials | TooManyAttempts | None:
    """Change the password; None if it was changed, and a refusal, which is returned, must be committed.

    All other sessions of the person end.

    Raises:
        Invalid: the new password breaks a rule or equals the current one.

    """
    passwords.check(new, username=ctx.who.username)
    if new == current:
        raise Invalid("password", "same")
    refusal = _password_refused(ctx, keys, password=current, address=address)
    if refusal is not None:
        return refusal
    people.set_password(ctx.tx, ctx.who.person_id, passwords.hash_password(new), must_change=False)
    end_all(ctx.tx, ctx.who.person_id, ctx.now, but=ctx.who.session)
    ctx.record(action=Action.PASSWORD_CHANGE, subject_kind="person", subject_id=ctx.who.person_id)
    return None


def end(tx: Connection, token: str, now: datetime) -> None:
    """Sign out."""
    same = staff_session.c.token_digest == session_token.digest(token)
    tx.execute(staff_session.update().where(same, staff_session.c.ended_at.is_(None)).values(ended_at=now))


def end_all(tx: Connection, person_id: str, now: datetime, *, but: SessionFacts | None = None) -> None:
    """End every session of a person, except ``but``."""
    theirs = (staff_session.c.person_id == person_id) & staff_session.c.ended_at.is_(None)
    if but is not None:
        theirs &= staff_session.c.token_digest != but.token_digest
    tx.execute(staff_session.update().where(theirs).values(ended_at=now))


def _password_refused(
    ctx: Context[Staff], keys: Keys, *, password: str, address: str
) -> WrongCredentials | TooManyAttempts | None:
    subjects = failed_proofs.subjects(keys, "username", ctx.who.username, address)
    closed = failed_proofs.remaining_wait(ctx.tx, subjects, ctx.now)
    if closed > timedelta(0):
        return TooManyAttempts(closed)
    somebody = people.by_id(ctx.tx, ctx.who.person_id)
    if somebody is not None and passwords.verify(somebody.password_hash, password):
        failed_proofs.clear(ctx.tx, subjects[0])
        return None
    failed_proofs.count_failure(ctx.tx, subjects, ctx.now)
    ctx.by(STRANGER).record(
        action=Action.SESSION_PROVE,
        subject_kind="person",
        subject_id=ctx.who.person_id,
        outcome=Outcome.REFUSED,
    )
    return WrongCredentials()
