"""The tables of printings and notices of changes."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference
from storage.database import UtcDateTime, metadata

printing: Final = sa.Table(
    "printing",
    metadata,
    id_column(),
    reference("version_id", "report_version"),
    reference("person_id", "person"),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_printing_version_id", "version_id"),
)

# A significant change at final must be acknowledged where the earlier version was seen; a release, where the rule asks.
change_notice: Final = sa.Table(
    "change_notice",
    metadata,
    id_column(),
    reference("version_id", "report_version"),
    reference("site_id", "organisation"),
    sa.Column("kind", sa.String(10), nullable=False, server_default=sa.text("'changed'")),
    sa.Column("at", UtcDateTime, nullable=False),
    reference("acknowledged_by", "person", nullable=True),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Index("ix_change_notice_site_id", "site_id"),
)
