"""Who printed which version of a report, and what it was when they did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import access
from reading.actions import Action
from reading.context import Context
from reading.errors import NotAllowed
from reading.reports.versions import VALID, ReportVersion, Status
from reading.tables import printing
from reading.viewers import Staff
from storage.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Printing:
    version_id: str
    person_id: str
    status: Status
    """Of the version when it was printed: a preliminary one carries a watermark."""
    at: datetime


def print_report(ctx: Context[Staff], version_id: str) -> ReportVersion:
    """The version to be put on paper; the printing is on record.

    Raises:
        NotThere: no such version, or not one that they may see.
        NotAllowed: it is not valid: superseded, withheld, or not yet in force.

    """
    version = access.open_report(ctx, version_id, Action.REPORT_PRINT)
    if version.status not in VALID:
        raise NotAllowed("only_valid_versions_are_printed")
    ctx.tx.execute(
        sa.insert(printing).values(
            id=new_id(), version_id=version_id, person_id=ctx.who.person_id, status=version.status, at=ctx.now
        )
    )
    return version


def printings_of(tx: Connection, version_id: str) -> list[Printing]:
    rows = tx.execute(
        sa.select(printing).where(printing.c.version_id == version_id).order_by(printing.c.at, printing.c.id)
    )
    return [
        Printing(version_id=row.version_id, person_id=row.person_id, status=Status(row.status), at=row.at)
        for row in rows
    ]
