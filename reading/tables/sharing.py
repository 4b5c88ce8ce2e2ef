"""The table of shares: studies that one site lets another one see."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import UID, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.sharing.shares: in force until it ends by itself (`until`) or by a person (`ended_at`)
study_share: Final = sa.Table(
    "study_share",
    metadata,
    id_column(),
    sa.Column("study_uid", UID, nullable=False, index=True),
    # Who sees it by this.
    reference("site_id", "organisation"),
    sa.Column("reason", sa.String(1000), nullable=False),
    # None: the operator, by the command line.
    reference("shared_by", "person", nullable=True),
    reference("grant_id", "role_grant", nullable=True),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    reference("ended_by", "person", nullable=True),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
    sa.Index("ix_study_share_site_id", "site_id", "until"),
)
