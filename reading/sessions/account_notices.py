"""What people are told about their own account at the next sign-in, until they say that they have read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.context import Context, without_door
from reading.tables import account_notice
from reading.viewers import Staff
from storage.ids import new_id

MOST: Final = 20
"""Notices that are shown at once, the latest."""


class Notice(StrEnum):
    """What happened."""

    FACTORS_RESET = "factors_reset"
    FACTORS_REQUIRED = "factors_required"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODE_USED = "recovery_code_used"
    RECOVERY_CODES_NEW = "recovery_codes_new"
    PASSWORD_RESET = "password_reset"  # noqa: S105 -- what happened, no password


@dataclass(frozen=True, kw_only=True)
class Told:
    """One notice."""

    kind: Notice
    at: datetime


def tell(tx: Connection, person_id: str, kind: Notice, now: datetime) -> None:
    tx.execute(account_notice.insert(), {"id": new_id(), "person_id": person_id, "kind": kind, "at": now})


def unread(tx: Connection, person_id: str) -> list[Told]:
    """The latest first."""
    row = account_notice.c
    asked = (
        sa.select(row.kind, row.at)
        .where(row.person_id == person_id, row.seen_at.is_(None))
        .order_by(row.at.desc(), row.id.desc())
        .limit(MOST)
    )
    return [Told(kind=Notice(each.kind), at=each.at) for each in tx.execute(asked)]


@without_door("It concerns the person's own account alone.")
def read(ctx: Context[Staff], until: datetime) -> None:
    """Somebody has read what was told up to a moment."""
    row = account_notice.c
    theirs = (row.person_id == ctx.who.person_id) & row.seen_at.is_(None) & (row.at <= until)
    ctx.tx.execute(account_notice.update().where(theirs).values(seen_at=ctx.now))
