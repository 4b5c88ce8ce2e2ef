"""The table of the nodes of an installation."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata

# The URL at which each node lends the segments of its spool (storage.nodes.other_nodes).
node: Final = sa.Table(
    "node",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("url", sa.String(255), nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)
