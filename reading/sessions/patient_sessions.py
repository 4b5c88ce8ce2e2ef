"""Sessions of patients, opened by a card and the code of a receipt, or by a card that was proved by a telephone.

A refusal is *returned*, since a raised one would roll back the failure that was counted. The edge commits
first and raises afterwards::

    with transaction(engine) as tx:
        opened = patient_sessions.open_session(Context(tx, ...), ...)
    if not isinstance(opened, PatientSession):
        raise opened
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.audit import Outcome, stranger
from reading.context import Context, Who, without_door
from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from reading.kinds import IdentifierKind
from reading.patients import patient_identifiers, patient_number, patients, persons
from reading.patients.keys import Keys
from reading.patients.patients import Patient
from reading.sessions import attempts, receipts, session_token
from reading.sessions.attempts import Caller
from reading.sessions.session_token import TOUCH_EVERY
from reading.tables import patient_session, verified_telephone
from reading.viewers import PatientViewer
from storage.database import snapshot, transaction

IDLE: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(hours=2)
CARDS: Final = frozenset({IdentifierKind.IDENTITY_CARD, IdentifierKind.HEALTH_CARD, IdentifierKind.INSURANCE_CARD})
"""Cards that open a session together with a code; a card alone opens nothing."""
PATIENT_NUMBER: Final = "patient_number"
"""In a card's place: the number on the receipt of somebody who held no card when it was printed."""


@dataclass(frozen=True, kw_only=True)
class PatientSession:
    """A session just opened; its token is returned this once."""

    token: str = field(repr=False)
    patient: PatientViewer


@without_door("Nobody is known before the session is open.")
def open_session(
    ctx: Context[Who], keys: Keys, *, card_kind: str, card: str, code: str, caller: Caller
) -> PatientSession | WrongCredentials | TooManyAttempts:
    """Open a session for a card and the code of a receipt; a refusal is returned, and must be committed.

    The session sees the one case that the receipt was printed for: whoever works for a site can order on anybody's card
    and print a receipt. The code belongs to the patient of the case, so a guardian's card opens the child's case.
    `PATIENT_NUMBER` opens what was printed for somebody without a card, and nothing that was printed for others.

    Raises:
        Invalid: no such kind of card.

    """
    if card_kind != PATIENT_NUMBER and card_kind not in CARDS:
        raise Invalid("card_type", "unknown")
    attempt = attempts.of_card(ctx.tx, keys, _as_counted(card_kind, card), caller, ctx.now)
    try:
        attempts.begin(ctx.tx, attempt, ctx.now)
    except TooManyAttempts as closed:
        return closed
    stands_for = [one.id for one in _patients_of(ctx, keys, card_kind, card)]
    shown = receipts.by_code(ctx.tx, keys, stands_for, code, ctx.now)
    if shown is None or (card_kind == PATIENT_NUMBER and not shown.by_number):
        ctx.by(stranger(caller.address)).record(
            action=Action.SESSION_OPEN,
            subject_kind="patient",
            subject_id=stands_for[0] if len(stands_for) == 1 else "",
            outcome=Outcome.REFUSED,
        )
        return WrongCredentials()
    # Whose card it is: the receipt may name another record of the same person, until the records are parted.
    holder = next(each for each in stands_for if persons.one_person(ctx.tx, each, shown.patient_id))
    attempts.succeeded(ctx.tx, attempt, ctx.now)
    opened = PatientViewer(
        patient_id=shown.patient_id, case_id=shown.case_id, csrf_token=session_token.new(), address=caller.address
    )
    details = {"receipt": shown.id, "case_id": shown.case_id}
    return _open(ctx, opened, holder=holder, details=details, receipt_id=shown.id)


def _as_counted(card_kind: str, card: str) -> str:
    """What failures are counted by, however it is typed."""
    typed = patient_number.read(card) or card if card_kind == PATIENT_NUMBER else card
    return patient_identifiers.normal(IdentifierKind.IDENTITY_CARD, typed)


def _patients_of(ctx: Context[Who], keys: Keys, card_kind: str, card: str) -> list[Patient]:
    if card_kind != PATIENT_NUMBER:
        held = patient_identifiers.Identifier(kind=IdentifierKind(card_kind), value=card)
        return patients.of_card(ctx.tx, keys, held, ctx.now)
    numbered = patients.by_number(ctx.tx, card)
    return [] if numbered is None else [numbered]


@without_door("Nobody is known before the session is open.")
def open_proved(ctx: Context[Who], patient_id: str, *, telephone_id: str, caller: Caller) -> PatientSession:
    """Open a session of somebody who proved the card by its owner's telephone: it sees the person's whole history."""
    opened = PatientViewer(patient_id=patient_id, case_id=None, csrf_token=session_token.new(), address=caller.address)
    return _open(ctx, opened, holder=patient_id, details={"telephone": telephone_id}, telephone_id=telephone_id)


def by_token(tx: Connection, token: str, now: datetime) -> PatientViewer | None:
    """The patient whose session has this token, None when there is none any longer; it ends with what opened it.

    Or when the record of the card and that of the receipt or telephone are no longer one person's. For polling and
    pictures, which do not extend the session.
    """
    found = _open_session(tx, token, now)
    return None if found is None else found[1]


def at_work(engine: Engine, token: str, now: datetime) -> PatientViewer | None:
    """As `by_token`, for an act of the patient: the session lives on.

    That is written once in `TOUCH_EVERY`; the other acts take no lock.
    """
    with snapshot(engine) as tx:
        found = _open_session(tx, token, now)
    if found is None:
        return None
    row, patient = found
    if now - row.active_at >= TOUCH_EVERY:
        open_still = (patient_session.c.token_digest == row.token_digest) & patient_session.c.ended_at.is_(None)
        with transaction(engine) as tx:
            tx.execute(patient_session.update().where(open_still).values(active_at=now))
    return patient


@without_door("It concerns the patient's own session alone.")
def end(ctx: Context[PatientViewer], token: str) -> None:
    """Sign out."""
    same = patient_session.c.token_digest == session_token.digest(token)
    open_still = patient_session.c.ended_at.is_(None)
    ended = ctx.tx.execute(patient_session.update().where(same, open_still).values(ended_at=ctx.now))
    if ended.rowcount:
        ctx.record(action=Action.SESSION_END, subject_kind="patient", subject_id=ctx.who.patient_id)


def _open(
    ctx: Context[Who],
    opened: PatientViewer,
    *,
    holder: str,
    details: Mapping[str, str],
    receipt_id: str | None = None,
    telephone_id: str | None = None,
) -> PatientSession:
    """``holder`` is the record of the card."""
    token = session_token.new()
    ctx.tx.execute(
        patient_session.insert(),
        {
            "token_digest": session_token.digest(token),
            "patient_id": holder,
            "receipt_id": receipt_id,
            "telephone_id": telephone_id,
            "csrf_token": opened.csrf_token,
            "created_at": ctx.now,
            "active_at": ctx.now,
        },
    )
    ctx.by(opened).record(
        action=Action.SESSION_OPEN, subject_kind="patient", subject_id=opened.patient_id, details=details
    )
    return PatientSession(token=token, patient=opened)


def _open_session(tx: Connection, token: str, now: datetime) -> tuple[sa.Row[Any], PatientViewer] | None:
    row = tx.execute(
        sa.select(patient_session).where(
            patient_session.c.token_digest == session_token.digest(token),
            patient_session.c.ended_at.is_(None),
            patient_session.c.active_at > now - IDLE,
            patient_session.c.created_at > now - LONGEST,
        )
    ).one_or_none()
    if row is None:
        return None
    if row.receipt_id is None:
        whose = tx.scalar(
            sa.select(verified_telephone.c.patient_id).where(
                verified_telephone.c.id == row.telephone_id, verified_telephone.c.until.is_(None)
            )
        )
        if not persons.one_person(tx, row.patient_id, whose):
            return None
        return row, PatientViewer(patient_id=row.patient_id, case_id=None, csrf_token=row.csrf_token)
    shown = receipts.by_id(tx, row.receipt_id, now)
    if shown is None or not persons.one_person(tx, row.patient_id, shown.patient_id):
        return None
    return row, PatientViewer(patient_id=shown.patient_id, case_id=shown.case_id, csrf_token=row.csrf_token)
