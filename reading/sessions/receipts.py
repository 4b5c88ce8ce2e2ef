"""Receipts that a township prints: a code that, with the patient's card, opens one case until the receipt ends."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN, State
from reading.errors import Invalid, NotThere
from reading.patients import patient_identifiers, patients, persons
from reading.patients.keys import Keys
from reading.tables import case, receipt, surgery
from reading.texts import bare
from storage.ids import new_id

CODE_DIGITS: Final = 8
VALID: Final = timedelta(days=30)
NOBODY: Final = ""
"""Asked for where a card leads to no patient, so that the work is the same."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What stands on the paper; the code is nowhere else."""

    receipt_id: str
    code: str = field(repr=False)
    expires_at: datetime
    number: int
    """Which receipt of this case and patient it is, from 1: those before have ended."""
    patient_number: str = field(repr=False)
    """Stands in a card's place for somebody who holds none; empty where a card is shown."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt that has not ended; ``case_id`` is where its case's images are now."""

    id: str
    case_id: str
    patient_id: str
    by_number: bool
    """It was printed for somebody without a card, and says the patient's number."""


def why_none(state: str, identity: str, patient_id: str | None) -> str:
    """Why a case in this state has no receipt, as a word of `Invalid`; empty where it may have one."""
    if state in HIDDEN:
        return "withheld"
    if identity == Identity.DIFFERS:
        return "identity_differs"
    return "unknown" if patient_id is None else ""


def print_receipt(
    tx: Connection, keys: Keys, case_id: str, *, printed_by: str, now: datetime, receipt_id: str | None = None
) -> Printed:
    """Make a code for the patient of a case that the caller has opened; the case's earlier receipts end.

    Raises:
        NotThere: no such case.
        Invalid: nobody knows yet whose case it is, its images contradict that, or it is withheld, was entered in
            error or has no images.

    """
    row = tx.execute(
        sa.select(case.c.patient_id, case.c.identity, case.c.state).where(case.c.id == case_id)
    ).one_or_none()
    if row is None:
        raise NotThere
    problem = why_none(row.state, row.identity, row.patient_id)
    if problem:
        raise Invalid("patient", problem)
    theirs = (receipt.c.case_id == case_id) & (receipt.c.patient_id == row.patient_id)
    earlier = tx.scalar(sa.select(sa.func.count()).select_from(receipt).where(theirs)) or 0
    tx.execute(receipt.update().where(receipt.c.case_id == case_id, receipt.c.expires_at > now).values(expires_at=now))
    made = Printed(
        receipt_id=receipt_id or new_id(),
        code=f"{secrets.randbelow(10**CODE_DIGITS):08}",
        expires_at=now + VALID,
        number=earlier + 1,
        patient_number=_in_place_of_a_card(tx, row.patient_id, now),
    )
    tx.execute(
        receipt.insert(),
        {
            "id": made.receipt_id,
            "case_id": case_id,
            "patient_id": row.patient_id,
            "code_digest": _digest(keys, row.patient_id, made.code),
            "printed_at": now,
            "printed_by": printed_by,
            "expires_at": made.expires_at,
            "by_number": bool(made.patient_number),
        },
    )
    return made


def exists(tx: Connection, receipt_id: str) -> bool:
    """Whether there is a receipt with this id, in force or not."""
    return tx.scalar(sa.select(receipt.c.id).where(receipt.c.id == receipt_id)) is not None


def by_code(tx: Connection, keys: Keys, patient_ids: Sequence[str], code: str, now: datetime) -> Receipt | None:
    """The receipt of one of the patients with this code; None where there is none such (any longer).

    A receipt that was printed for another record of the same person is theirs, while the records are merged.
    """
    typed = bare(code)
    theirs = {record for each in patient_ids for record in persons.record_ids(tx, each)}
    fitting = [
        (receipt.c.patient_id == record) & (receipt.c.code_digest == _digest(keys, record, typed))
        for record in sorted(theirs) or [NOBODY]
    ]
    return _in_force(tx, sa.or_(*fitting), now)


def by_id(tx: Connection, receipt_id: str, now: datetime) -> Receipt | None:
    """A receipt; None once it has ended, or its case is somebody else's."""
    return _in_force(tx, receipt.c.id == receipt_id, now)


def ends_at(tx: Connection, patient_id: str, case_id: str, now: datetime) -> datetime | None:
    """Until when the last receipt of a patient's case works; None where none does (any longer)."""
    theirs = (receipt.c.case_id == case_id) & (receipt.c.patient_id == patient_id) & (receipt.c.expires_at > now)
    return tx.scalar(sa.select(sa.func.max(receipt.c.expires_at)).where(theirs))


def _in_force(tx: Connection, condition: sa.ColumnElement[bool], now: datetime) -> Receipt | None:
    row = tx.execute(
        sa.select(receipt, case.c.state, case.c.patient_id.label("of_case"))
        .join(case, case.c.id == receipt.c.case_id)
        .where(
            condition,
            receipt.c.expires_at > now,
        )
        .order_by(receipt.c.id)
        .limit(1)
    ).one_or_none()
    # A case that was put right since belongs to somebody else now.
    if row is None or not persons.one_person(tx, row.of_case, row.patient_id):
        return None
    return Receipt(
        id=row.id,
        case_id=followed(tx, row.case_id, row.state),
        patient_id=row.patient_id,
        by_number=row.by_number,
    )


def followed(tx: Connection, case_id: str, state: str | None) -> str:
    """The case itself, or the one into which it was merged; whether that one is the same patient's is asked later."""
    seen: set[str] = set()
    while state == State.EMPTIED and case_id not in seen:
        seen.add(case_id)
        merged = tx.execute(
            sa.select(case.c.id, case.c.state)
            .join(surgery, surgery.c.other_case_id == case.c.id)
            .where(surgery.c.case_id == case_id, surgery.c.kind == "merge", surgery.c.undone_at.is_(None))
            .order_by(surgery.c.made_at.desc(), surgery.c.id.desc())
            .limit(1)
        ).one_or_none()
        if merged is None:
            break
        case_id, state = merged.id, merged.state
    return case_id


def _in_place_of_a_card(tx: Connection, patient_id: str, now: datetime) -> str:
    if patient_identifiers.hold_a_card(tx, persons.record_ids(tx, patient_id), now):
        return ""
    known = patients.by_id(tx, patient_id)
    return known.number if known else ""


def _digest(keys: Keys, patient_id: str, code: str) -> bytes:
    return keys.digest("receipt", patient_id, code)
