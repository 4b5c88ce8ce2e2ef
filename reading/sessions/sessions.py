"""Sessions of staff and of patients: how they are opened, how long they last, and what keeps a guesser out.

Whatever proves something *returns* its refusal, since a raised one would roll back the failure that
was counted. The edge commits first and raises afterwards::

    with transaction(engine) as tx:
        opened = sessions.open_staff(tx, ...)
    if not isinstance(opened, StaffSession):
        raise opened
"""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import STRANGER, Actor, ActorKind, Outcome
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotThere, TooManyAttempts, WrongCredentials
from reading.kinds import IdentifierKind
from reading.patients import patients
from reading.patients.keys import Keys
from reading.register import devices, passwords, people
from reading.sessions import failed_proofs, receipts
from reading.tables import patient_session, person, staff_session
from reading.viewers import PatientViewer, SessionFacts, Staff

TOKEN_BYTES: Final = 32
STAFF_IDLE: Final = timedelta(minutes=30)
STAFF_LONGEST: Final = timedelta(hours=12)
PATIENT_IDLE: Final = timedelta(minutes=15)
PATIENT_LONGEST: Final = timedelta(hours=2)
PROOF_IDLE: Final = timedelta(minutes=10)
"""After so long without a request of theirs, signing asks for the password again."""
TOUCH_EVERY: Final = timedelta(minutes=1)
"""A session's row is written no oftener than this."""
CARDS: Final = frozenset({IdentifierKind.IDENTITY_CARD, IdentifierKind.HEALTH_CARD, IdentifierKind.INSURANCE_CARD})
"""What a patient may show together with a code. None of them opens anything alone."""
FREE_FAILURES: Final = 5
FREE_FAILURES_OF_AN_ADDRESS: Final = 30
"""A whole hospital may call from one address."""


@dataclass(frozen=True, kw_only=True)
class StaffSession:
    """A session just opened; the token is told this once."""

    token: str = field(repr=False)
    staff: Staff


@dataclass(frozen=True, kw_only=True)
class PatientSession:
    """A session just opened; the token is told this once."""

    token: str = field(repr=False)
    patient: PatientViewer


@without_door("Nobody is known before the session is open.")
def open_staff(
    ctx: Context[Who], keys: Keys, *, username: str, password: str, address: str
) -> StaffSession | WrongCredentials | TooManyAttempts:
    """Open a session for a username and its password; a refusal is returned, and must be committed."""
    typed = username.strip().lower()
    subjects = _subjects(keys, "username", typed, address)
    closed = failed_proofs.closed_for(ctx.tx, subjects, ctx.now)
    if closed > timedelta(0):
        return TooManyAttempts(closed)
    # For a stranger the same work is done, so that the time of the answer does not tell the two apart.
    somebody, expected = people.by_username(ctx.tx, typed), passwords.nobodys_hash()
    if somebody is not None and somebody.until is None:
        expected = somebody.password_hash
    proved = passwords.verify(expected, password)
    if somebody is None or not proved:
        failed_proofs.failed(ctx.tx, subjects, ctx.now)
        _audit_refusal(ctx, Action.SESSION_OPEN, "person", somebody.id if somebody else "")
        return WrongCredentials()
    failed_proofs.succeeded(ctx.tx, subjects[0])
    token, csrf_token = secrets.token_urlsafe(TOKEN_BYTES), secrets.token_urlsafe(TOKEN_BYTES)
    ctx.tx.execute(
        staff_session.insert().values(
            token_digest=_token_digest(token),
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
    opened = staff(ctx.tx, token, ctx.now, touch=False)
    if opened is None:
        raise NotThere
    return StaffSession(token=token, staff=opened)


def staff(tx: Connection, token: str, now: datetime, *, touch: bool) -> Staff | None:
    """Who a token stands for, with the grants that are valid now; None when it stands for nobody any longer.

    ``touch``: the request is the person's own act, so the session lives on; polling and renewals pass
    False. It may write, and so needs a writing transaction.
    """
    digest = _token_digest(token)
    row = tx.execute(
        sa.select(staff_session, person.c.username, person.c.name, person.c.title, person.c.must_change_password)
        .join(person, person.c.id == staff_session.c.person_id)
        .where(
            staff_session.c.token_digest == digest,
            staff_session.c.ended_at.is_(None),
            staff_session.c.active_at > now - STAFF_IDLE,
            staff_session.c.created_at > now - STAFF_LONGEST,
            person.c.until.is_(None),
        )
    ).one_or_none()
    if row is None:
        return None
    # A proof holds as long as its person keeps working: it moves with each act until one comes too late.
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
    """The same person proves again that it is them; a refusal is returned, and must be committed.

    Raises:
        NotThere: they have no session (any longer).

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
    """Take a new password, None when it is taken; a refusal is returned, and must be committed.

    All other sessions of the person end.

    Raises:
        Invalid: the new one is not good enough, or the same.

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
    """Sign out, of whichever kind the session is."""
    for table in (staff_session, patient_session):
        open_still = (table.c.token_digest == _token_digest(token)) & table.c.ended_at.is_(None)
        tx.execute(table.update().where(open_still).values(ended_at=now))


def end_all(tx: Connection, person_id: str, now: datetime, *, but: SessionFacts | None = None) -> None:
    """End every session of a person, except the one that asks for it."""
    theirs = (staff_session.c.person_id == person_id) & staff_session.c.ended_at.is_(None)
    if but is not None:
        theirs &= staff_session.c.token_digest != but.token_digest
    tx.execute(staff_session.update().where(theirs).values(ended_at=now))


@without_door("Nobody is known before the session is open.")
def open_patient(
    ctx: Context[Who], keys: Keys, *, card_kind: str, card: str, code: str, address: str
) -> PatientSession | WrongCredentials | TooManyAttempts:
    """Open a session for a card and the one-time code of a receipt; a refusal is returned, and must be committed.

    The code belongs to the patient of the case, so a guardian's card opens the child that the code was
    printed for, and nobody else.

    Raises:
        Invalid: no such kind of card.

    """
    if card_kind not in CARDS:
        raise Invalid("card_type", "unknown")
    shown = patients.Identifier(kind=IdentifierKind(card_kind), value=card)
    subjects = _subjects(keys, "card", patients.normal(shown.kind, card), address)
    closed = failed_proofs.closed_for(ctx.tx, subjects, ctx.now)
    if closed > timedelta(0):
        return TooManyAttempts(closed)
    stands_for = [one.id for one in patients.opened_by(ctx.tx, keys, shown, ctx.now)]
    redeemed = receipts.redeem(ctx.tx, keys, stands_for, code, ctx.now)
    if redeemed is None:
        failed_proofs.failed(ctx.tx, subjects, ctx.now)
        _audit_refusal(ctx, Action.SESSION_OPEN, "patient", stands_for[0] if len(stands_for) == 1 else "")
        return WrongCredentials()
    failed_proofs.succeeded(ctx.tx, subjects[0])
    token = secrets.token_urlsafe(TOKEN_BYTES)
    opened = PatientViewer(
        patient_id=redeemed.patient_id, receipt_id=redeemed.id, csrf_token=secrets.token_urlsafe(TOKEN_BYTES)
    )
    ctx.tx.execute(
        patient_session.insert().values(
            token_digest=_token_digest(token),
            patient_id=opened.patient_id,
            receipt_id=opened.receipt_id,
            csrf_token=opened.csrf_token,
            created_at=ctx.now,
            active_at=ctx.now,
        )
    )
    ctx.by(opened).record(
        action=Action.SESSION_OPEN,
        subject_kind="patient",
        subject_id=opened.patient_id,
        details={"receipt": opened.receipt_id},
    )
    return PatientSession(token=token, patient=opened)


def patient(tx: Connection, token: str, now: datetime, *, touch: bool) -> PatientViewer | None:
    """Which patient a token stands for, None when it stands for nobody any longer; ``touch`` as for `staff`."""
    digest = _token_digest(token)
    row = tx.execute(
        sa.select(patient_session).where(
            patient_session.c.token_digest == digest,
            patient_session.c.ended_at.is_(None),
            patient_session.c.active_at > now - PATIENT_IDLE,
            patient_session.c.created_at > now - PATIENT_LONGEST,
        )
    ).one_or_none()
    if row is None:
        return None
    if touch and now - row.active_at >= TOUCH_EVERY:
        tx.execute(patient_session.update().where(patient_session.c.token_digest == digest).values(active_at=now))
    return PatientViewer(patient_id=row.patient_id, receipt_id=row.receipt_id, csrf_token=row.csrf_token)


def _password_refused(
    ctx: Context[Staff], keys: Keys, *, password: str, address: str
) -> WrongCredentials | TooManyAttempts | None:
    subjects = _subjects(keys, "username", ctx.who.username, address)
    closed = failed_proofs.closed_for(ctx.tx, subjects, ctx.now)
    if closed > timedelta(0):
        return TooManyAttempts(closed)
    somebody = people.by_id(ctx.tx, ctx.who.person_id)
    if somebody is not None and passwords.verify(somebody.password_hash, password):
        failed_proofs.succeeded(ctx.tx, subjects[0])
        return None
    failed_proofs.failed(ctx.tx, subjects, ctx.now)
    _audit_refusal(ctx, Action.SESSION_PROVE, "person", ctx.who.person_id)
    return WrongCredentials()


def _subjects(keys: Keys, kind: str, value: str, address: str) -> list[failed_proofs.Subject]:
    caller = devices.read_address(address)
    # Who has one address of an IPv6 network has the other 2^64 as well.
    nearby = str(ipaddress.ip_network((caller, 64), strict=False)) if caller and caller.version == 6 else str(caller)
    return [
        failed_proofs.Subject(digest=keys.digest("failed_proof", kind, value), free=FREE_FAILURES),
        failed_proofs.Subject(digest=keys.digest("failed_proof", "address", nearby), free=FREE_FAILURES_OF_AN_ADDRESS),
    ]


def _audit_refusal(ctx: Context[Who], action: Action, subject_kind: str, subject_id: str) -> None:
    ctx.by(STRANGER).record(action=action, subject_kind=subject_kind, subject_id=subject_id, outcome=Outcome.REFUSED)


def _token_digest(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()
