"""The rows of ratios that managers define: the versions in force, and all of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.numbers.ratio_document import Ratio, kept_ratio
from reading.tables import number_ratio


@dataclass(frozen=True, kw_only=True)
class RatioVersion:
    """One version of a ratio of an organisation."""

    id: str
    code: str
    version: int
    organisation_id: str
    ratio: Ratio
    made_by: str | None
    since: datetime
    until: datetime | None


def in_force(tx: Connection) -> list[RatioVersion]:
    """The version of each ratio that counts, by its code."""
    return select(tx, number_ratio.c.until.is_(None))


def select(tx: Connection, condition: sa.ColumnElement[bool]) -> list[RatioVersion]:
    rows: Sequence[sa.Row[Any]] = tx.execute(
        sa.select(number_ratio)
        .where(condition)
        .order_by(number_ratio.c.code, number_ratio.c.organisation_id, number_ratio.c.version)
    ).all()
    return [
        RatioVersion(
            id=row.id,
            code=row.code,
            version=row.version,
            organisation_id=row.organisation_id,
            ratio=kept_ratio(row.document),
            made_by=row.made_by,
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]
