"""The tables of policies."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import dated_columns, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.rules.policy
policy: Final = sa.Table(
    "policy",
    metadata,
    id_column(),
    sa.Column("version", sa.Integer, nullable=False, unique=True),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("made_by", "person", nullable=True),
    *dated_columns(),
)
