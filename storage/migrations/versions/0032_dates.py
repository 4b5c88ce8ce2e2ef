"""Dates and times of ACR-NEMA are indexed as DICOM writes them; a case says that its device's clock is wrong."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

DATES = ("birth_date", "study_date", "series_date")
TIMES = ("study_time", "series_time")
DOTTED = re.compile(r"([0-9]{4})\.([0-9]{2})\.([0-9]{2})", re.ASCII)
COLONS = re.compile(r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]{1,6})?))?", re.ASCII)
STUDY = sa.table(
    "study",
    sa.column("study_uid", sa.String),
    sa.column("received", sa.JSON),
    *(sa.column(name, sa.String) for name in ("birth_date", "study_date", "study_time")),
)
SERIES = sa.table(
    "series",
    sa.column("series_uid", sa.String),
    *(sa.column(name, sa.String) for name in ("series_date", "series_time")),
)


def upgrade() -> None:
    op.alter_column("case", "clock_ahead", new_column_name="clock_wrong")
    tx = op.get_bind()
    for table, key in ((STUDY, "study_uid"), (SERIES, "series_uid")):
        dates = [table.c[name] for name in DATES if name in table.c]
        times = [table.c[name] for name in TIMES if name in table.c]
        odd = sa.or_(*(column.like("____.__.__") for column in dates), *(column.like("__:__%") for column in times))
        for row in tx.execute(sa.select(table).where(odd)).mappings().all():
            changed: dict[str, Any] = {name: fit(name, row[name]) for name in (*DATES, *TIMES) if name in row}
            if "received" in row:
                changed["received"] = {name: fit(name, value) for name, value in row["received"].items()}
            tx.execute(sa.update(table).where(table.c[key] == row[key]).values(**changed))


def downgrade() -> None:
    op.alter_column("case", "clock_wrong", new_column_name="clock_ahead")


def fit(name: str, value: str) -> str:
    form = DOTTED if name in DATES else COLONS if name in TIMES else None
    written = form.fullmatch(value) if form else None
    return value if written is None else "".join(part or "" for part in written.groups())
