"""Which versions of a report were released and stand: what a site has in its hands, also while another one waits."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status


def was_released(case_id: sa.ColumnElement[str]) -> sa.Exists:
    """The condition that a report of a case was released and stands; see `newest`."""
    version = tables.report_version
    return sa.exists().where(version.c.case_id == case_id, _stands())


def newest(tx: Connection, case_id: str) -> ReportVersion | None:
    """The newest version that was released and stands: the final one, or what was final until a critical one went out.

    A temporary report with a critical result takes the place of the final one before it has all its signatures. What
    was withheld does not stand, nor does what it had replaced.
    """
    version = tables.report_version
    found = sa.select(version).where(version.c.case_id == case_id, _stands()).order_by(version.c.number.desc())
    row = tx.execute(found.limit(1)).one_or_none()
    return None if row is None else versions.from_row(row)


def newest_number() -> sa.ScalarSelect[int]:
    """The greatest number of a version that was ever released, for each row of the table ``case``; NULL without."""
    version = tables.report_version
    return (
        sa.select(sa.func.max(version.c.number))
        .where(version.c.case_id == tables.case.c.id, version.c.released_at.is_not(None))
        .correlate(tables.case)
        .scalar_subquery()
    )


def _stands() -> sa.ColumnElement[bool]:
    version, later = tables.report_version, tables.report_version.alias("struck_later")
    struck = sa.exists().where(
        later.c.case_id == version.c.case_id,
        later.c.number > version.c.number,
        (later.c.status == Status.WITHHELD) | (later.c.status == Status.ENTERED_IN_ERROR),
    )
    # What only waited beside a final one and was struck with it took nothing away: that one was shown again.
    stands = (version.c.status == Status.FINAL) | ((version.c.status == Status.SUPERSEDED) & ~struck)
    return version.c.released_at.is_not(None) & stands
