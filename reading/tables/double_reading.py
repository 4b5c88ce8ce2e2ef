"""The tables of double readings."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.double_reading.comparisons
double_reading: Final = sa.Table(
    "double_reading",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("first_version_id", "report_version"),
    reference("second_version_id", "report_version"),
    # Words of `discordance.Difference` and `discordance.Because`; NULL: none, and nobody had to decide.
    sa.Column("difference", sa.String(20)),
    sa.Column("arbitration", sa.String(20)),
    sa.Column("compared_at", UtcDateTime, nullable=False),
    reference("arbiter_version_id", "report_version", nullable=True),
    # -- reading.double_reading.consensus: until when the two confer; NULL: they were not asked to.
    sa.Column("confer_until", UtcDateTime),
    # What both signed.
    reference("consensus_version_id", "report_version", nullable=True),
    reference("dissent_by", "person", nullable=True),
    sa.Column("dissented_at", UtcDateTime),
    sa.Column("dissent", sa.String(1000)),
    sa.UniqueConstraint("second_version_id"),
    sa.Index("ix_double_reading_case_id", "case_id"),
    sa.Index("ix_double_reading_compared_at", "compared_at"),
)
