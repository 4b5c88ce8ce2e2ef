"""The end of *arriving*: everything announced has come, nothing came for a while, or it took too long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases import cases
from reading.cases.cases import Case
from reading.completeness import account, announcements, ledger
from reading.completeness.account import How
from storage.tables import study


@dataclass(frozen=True, kw_only=True)
class _Received:
    study_uid: str
    instances: int
    last_received_at: datetime


def end_arriving(tx: Connection, now: datetime, quiet_seconds: float) -> int:
    """End *arriving* for the cases where it is over, each with its record; answers how many.

    It withholds nothing: a case can be claimed and read from its first instance on.
    """
    case = tables.case
    rows = tx.execute(
        sa.select(case).where(case.c.arriving).order_by(case.c.received_at).limit(500).with_for_update(skip_locked=True)
    ).all()
    ended = 0
    for row in rows:
        arriving = cases.from_row(row)
        studies = _studies(tx, arriving.id)
        how = _over(tx, arriving, studies, timedelta(seconds=quiet_seconds), now)
        if how is None:
            continue
        for one in studies:
            announcements.announce(tx, one.study_uid, announcements.QUIET, one.instances, now)
        ledger.fulfil(tx, [one.study_uid for one in studies], now)
        account.record_end(tx, cases.change(tx, arriving, arriving=False, arriving_since=None), how, now)
        ended += 1
    return ended


def _over(tx: Connection, case: Case, studies: Sequence[_Received], quiet: timedelta, now: datetime) -> How | None:
    """How *arriving* has ended; None where it goes on."""
    if ledger.proven(tx, [one.study_uid for one in studies]):
        return How.PROOF
    if max(one.last_received_at for one in studies) + quiet <= now:
        return How.QUIET
    return How.LONGEST if account.ends_by(tx, case) <= now else None


def _studies(tx: Connection, case_id: str) -> list[_Received]:
    joined = tables.case_study
    rows = tx.execute(
        sa.select(study.c.study_uid, study.c.instances, study.c.last_received_at)
        .join(joined, joined.c.study_uid == study.c.study_uid)
        .where(joined.c.case_id == case_id)
    )
    return [_Received(study_uid=row[0], instances=row[1], last_received_at=row[2]) for row in rows]
