"""A card has a holder: the patient, or a guardian, whose card stands for the child until the child is of age."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

MAJORITY_YEARS: Final = 18
CHINA: Final = ZoneInfo("Asia/Shanghai")


def upgrade() -> None:
    # Not by Alembic's constraint, for which SQLite would copy the table and drop it, which the rows that refer to it
    # forbid.
    op.execute(
        "ALTER TABLE patient ADD COLUMN site_id VARCHAR(26) CONSTRAINT fk_patient_site_id REFERENCES organisation (id)"
    )
    op.create_index("ix_patient_site_id", "patient", ["site_id"], unique=False)
    op.create_index("ix_patient_birth_date", "patient", ["birth_date"], unique=False)
    op.add_column(
        "patient_identifier", sa.Column("holder_name", sa.String(length=200), server_default="", nullable=False)
    )
    _end_guardians_cards()


def _end_guardians_cards() -> None:
    """Every guardian's card that stands for ever gets an end: majority, or now where nobody knows the birth date."""
    patient = sa.table("patient", sa.column("id"), sa.column("birth_date", sa.Date()))
    identifier = sa.table(
        "patient_identifier",
        sa.column("id"),
        sa.column("patient_id"),
        sa.column("held_as"),
        sa.column("until", sa.DateTime(timezone=True)),
    )
    now = datetime.now(UTC)
    found = op.get_bind().execute(
        sa.select(identifier.c.id, patient.c.birth_date)
        .join(patient, patient.c.id == identifier.c.patient_id)
        .where(identifier.c.held_as == "guardian", identifier.c.until.is_(None))
    )
    for row in found.all():
        ends = now if row.birth_date is None else max(now, _majority(row.birth_date))
        op.get_bind().execute(identifier.update().where(identifier.c.id == row.id).values(until=ends))


def _majority(born: date) -> datetime:
    year = born.year + MAJORITY_YEARS
    try:
        day = born.replace(year=year)
    except ValueError:
        day = date(year, 3, 1)
    return datetime.combine(day, time.min, tzinfo=CHINA).astimezone(UTC)
