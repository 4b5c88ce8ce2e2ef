"""Numbers by which people count the versions of a report: the first that the site was given is 1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.reports.versions import UNSEEN, ReportVersion, Status


def of_cases(tx: Connection, case_ids: Collection[str]) -> dict[str, int]:
    """Version id to its number; one that waits has the number that it will have.

    Blind readings, and what was replaced before anybody at the site saw it, have none.
    """
    version = tables.report_version
    rows = tx.execute(
        sa.select(version.c.id, version.c.case_id, version.c.status)
        .where(version.c.case_id.in_(set(case_ids)))
        .order_by(version.c.case_id, version.c.number)
    )
    given, found = Counter[str](), dict[str, int]()
    for row in rows:
        if row.status == Status.PENDING:
            found[row.id] = given[row.case_id] + 1
        elif row.status not in UNSEEN:
            given[row.case_id] += 1
            found[row.id] = given[row.case_id]
    return found


def number_of(tx: Connection, version: ReportVersion) -> int | None:
    """The number of a version; None of one that the site is never given."""
    return of_cases(tx, [version.case_id]).get(version.id)
