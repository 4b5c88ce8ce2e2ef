"""Studies that one site lets another one see, with a reason and an end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)


def reference(name: str, target: str, *, nullable: bool) -> sa.Column[str]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_study_share_{name}"))
    return sa.Column(name, ULID, key, nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "study_share",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("study_uid", sa.String(64), nullable=False),
        reference("site_id", "organisation", nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        reference("shared_by", "person", nullable=True),
        reference("grant_id", "role_grant", nullable=True),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        reference("ended_by", "person", nullable=True),
        sa.Column("ended_at", AT),
        sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
    )
    op.create_index("ix_study_share_study_uid", "study_share", ["study_uid"])
    op.create_index("ix_study_share_site_id", "study_share", ["site_id", "until"])
