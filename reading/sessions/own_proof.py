"""Proof in an open session: before a signature, before the account is changed, and for a new password.

Where the person has a second factor, that is the proof; else the password is.
"""

from __future__ import annotations

from dataclasses import replace

from reading.actions import Action
from reading.audit import Outcome, stranger
from reading.context import Acts, Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, WrongCredentials
from reading.factors import factors, requirement
from reading.factors.factors import By, Shown
from reading.patients.keys import Keys
from reading.register import organisations, password_rules, passwords, people
from reading.register.password_turns import turns
from reading.sessions import account_notices, attempts, password_check, staff_sessions
from reading.sessions.account_notices import Notice
from reading.sessions.attempts import Attempt
from reading.sessions.password_check import Checked
from reading.sessions.staff_sessions import EndReason
from reading.viewers import SessionFacts, Staff


@without_door("It concerns the person's own account alone.")
def prove_by_password(acts: Acts[Staff], keys: Keys, *, password: str) -> SessionFacts:
    """Prove the password of an open session again.

    Raises:
        NotThere: the session has ended.
        NotAllowed: the person has a second factor, which is the proof.
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.
        Busy: too many passwords are being checked.

    """
    session = _session_of(acts.who)
    with acts.look() as ctx:
        if requirement.has_any(ctx.tx, ctx.who.person_id, ctx.now):
            raise NotAllowed("factor_is_the_proof")
    attempt, checked = _check_own(acts, keys, session, password)
    with acts.act() as ctx:
        checked.renew(ctx, ctx.who.person_id)
        return _proved(ctx, session, attempt)


@without_door("It concerns the person's own account alone.")
def prove_by_factor(acts: Acts[Staff], keys: Keys, shown: Shown) -> SessionFacts:
    """Show a second factor, or a recovery code, in an open session.

    Raises:
        NotThere: the session has ended.
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.

    """
    session = _session_of(acts.who)
    with acts.act() as ctx:
        attempt = attempts.of_session(keys, session.token_digest, by_factor=True)
        attempts.begin(ctx.tx, attempt, ctx.now)
        by = factors.take(ctx.tx, keys, ctx.who.person_id, shown, session.token_digest, ctx.now)
        if by is By.RECOVERY_CODE:
            account_notices.tell(ctx.tx, ctx.who.person_id, Notice.RECOVERY_CODE_USED, ctx.now)
        proved = None if by is None else _proved(ctx, session, attempt)
        if proved is None:
            _refused(ctx)
    if proved is None:
        raise WrongCredentials
    return proved


@without_door("It concerns the person's own account alone.")
def change_password(acts: Acts[Staff], keys: Keys, *, current: str, new: str) -> None:
    """Change the password; all other sessions of the person end.

    Raises:
        NotThere: the session has ended.
        Invalid: the new password breaks a rule or equals the current one.
        WrongCredentials, TooManyAttempts: once the failure is counted and on record.
        Busy: too many passwords are being checked.

    """
    session, who = _session_of(acts.who), acts.who
    with acts.look() as ctx:
        where = [organisations.by_id(ctx.tx, grant.organisation_id) for grant in who.grants]
    known = (word for one in where if one is not None for word in (one.name, one.code))
    password_rules.check(new, username=who.username, words=[who.name, *known])
    if new == current:
        raise Invalid("password", "same")
    attempt, checked = _check_own(acts, keys, session, current)
    with turns(known=True).turn():
        made = passwords.hash_password(new)
    with acts.act() as ctx:
        somebody = people.by_id(ctx.tx, who.person_id)
        if somebody is None or somebody.password_hash != checked.of:
            raise WrongCredentials  # another change came between
        attempts.succeeded(ctx.tx, attempt, ctx.now)
        people.set_password(ctx.tx, who.person_id, made, must_change=False)
        staff_sessions.end_all(ctx.tx, who.person_id, ctx.now, but=session, reason=EndReason.PASSWORD)
        ctx.record(action=Action.PASSWORD_CHANGE, subject_kind="person", subject_id=who.person_id)


def _session_of(who: Staff) -> SessionFacts:
    if who.session is None:
        raise NotThere
    return who.session


def _proved(ctx: Context[Staff], session: SessionFacts, attempt: Attempt) -> SessionFacts:
    if not staff_sessions.proved(ctx.tx, session, ctx.now):
        raise NotThere
    attempts.succeeded(ctx.tx, attempt, ctx.now)
    ctx.record(action=Action.SESSION_PROVE, subject_kind="person", subject_id=ctx.who.person_id)
    return replace(session, proved_at=ctx.now, typed_at=ctx.now)


def _check_own(acts: Acts[Staff], keys: Keys, session: SessionFacts, password: str) -> tuple[Attempt, Checked]:
    """The password of whoever is signed in; a wrong one is on record.

    Raises:
        WrongCredentials, TooManyAttempts, Busy.

    """
    attempt = attempts.of_session(keys, session.token_digest)
    with acts.look() as ctx:
        somebody = people.by_id(ctx.tx, ctx.who.person_id)
        attempts.must_be_open(ctx.tx, attempt, ctx.now)
    checked = password_check.check(acts, attempt, None if somebody is None else somebody.password_hash, password)
    if not checked.holds:
        with acts.act() as ctx:
            _refused(ctx)
        raise WrongCredentials
    return attempt, checked


def _refused(ctx: Context[Staff]) -> None:
    ctx.by(stranger(ctx.who.address)).record(
        action=Action.SESSION_PROVE, subject_kind="person", subject_id=ctx.who.person_id, outcome=Outcome.REFUSED
    )
