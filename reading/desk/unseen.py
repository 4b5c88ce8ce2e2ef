"""The series that somebody who answers for a report has not seen, as people tell series apart."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.reports.not_shown import Fault, NotShown
from storage.tables import series


@dataclass(frozen=True, kw_only=True)
class UnseenSeries:
    """One series with what went wrong; number and words are None and empty once its images are erased."""

    series_uid: str
    modality: str
    number: int | None
    description: str
    fault: Fault
    pictures: int | None
    """How many of its pictures were not shown; None for the whole series."""


@dataclass(frozen=True, kw_only=True)
class Unseen:
    series: tuple[UnseenSeries, ...] = ()
    """By series number; empty where everything was shown."""
    reason: str = ""


def unseen(tx: Connection, not_shown: NotShown) -> Unseen:
    """What was not shown, with the words of the series that are still here."""
    if not not_shown.series:
        return Unseen()
    rows = tx.execute(sa.select(series).where(series.c.series_uid.in_(not_shown.series)))
    found = {row.series_uid: row for row in rows}
    lines = [
        UnseenSeries(
            series_uid=uid,
            modality=found[uid].modality if uid in found else "",
            number=found[uid].series_number if uid in found else None,
            description=found[uid].series_description if uid in found else "",
            fault=one.fault,
            pictures=one.pictures,
        )
        for uid, one in not_shown.series.items()
    ]
    return Unseen(
        series=tuple(sorted(lines, key=lambda line: (line.number or 0, line.series_uid))), reason=not_shown.reason
    )
