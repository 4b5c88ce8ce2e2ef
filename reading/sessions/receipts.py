"""Receipts that a township prints: a code that, once and with the patient's card, opens their reports."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid, NotThere
from reading.patients.keys import Keys
from reading.tables import case, receipt
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


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A receipt that was redeemed."""

    id: str
    case_id: str
    patient_id: str


def print_receipt(tx: Connection, keys: Keys, case_id: str, *, printed_by: str, now: datetime) -> Printed:
    """Make a code for the patient of a case that the caller has opened; the case's earlier unused codes end.

    Raises:
        NotThere: no such case.
        Invalid: nobody knows yet whose case it is.

    """
    row = tx.execute(sa.select(case.c.patient_id).where(case.c.id == case_id)).one_or_none()
    if row is None:
        raise NotThere
    if row.patient_id is None:
        raise Invalid("patient", "unknown")
    tx.execute(
        receipt.update()
        .where(receipt.c.case_id == case_id, receipt.c.used_at.is_(None), receipt.c.expires_at > now)
        .values(expires_at=now)
    )
    made = Printed(receipt_id=new_id(), code=f"{secrets.randbelow(10**CODE_DIGITS):08}", expires_at=now + VALID)
    tx.execute(
        receipt.insert().values(
            id=made.receipt_id,
            case_id=case_id,
            patient_id=row.patient_id,
            code_digest=_digest(keys, row.patient_id, made.code),
            printed_at=now,
            printed_by=printed_by,
            expires_at=made.expires_at,
        )
    )
    return made


def redeem(tx: Connection, keys: Keys, patient_ids: Sequence[str], code: str, now: datetime) -> Receipt | None:
    """Use up the code of one of the patients; None where there is none such (any longer)."""
    bare = "".join(letter for letter in code if letter not in " -")
    fitting = [
        (receipt.c.patient_id == patient_id) & (receipt.c.code_digest == _digest(keys, patient_id, bare))
        for patient_id in patient_ids or [NOBODY]
    ]
    row = tx.execute(
        sa.select(receipt)
        .join(case, case.c.id == receipt.c.case_id)
        .where(
            sa.or_(*fitting),
            receipt.c.used_at.is_(None),
            receipt.c.expires_at > now,
            # A case that was put right since belongs to somebody else now.
            case.c.patient_id == receipt.c.patient_id,
        )
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    used = tx.execute(receipt.update().where(receipt.c.id == row.id, receipt.c.used_at.is_(None)).values(used_at=now))
    if used.rowcount != 1:
        return None  # somebody used it in this very moment
    return Receipt(id=row.id, case_id=row.case_id, patient_id=row.patient_id)


def _digest(keys: Keys, patient_id: str, code: str) -> bytes:
    return keys.digest("receipt", patient_id, code)
