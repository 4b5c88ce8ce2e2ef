"""Links by which patients let a doctor see their reports, and the sessions that they open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
ULID = sa.String(26)
DIGEST = sa.LargeBinary(32)


def upgrade() -> None:
    op.create_table(
        "patient_link",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("patient_id", ULID, sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("case_id", ULID, sa.ForeignKey("case.id"), nullable=True),
        sa.Column("token_digest", DIGEST, nullable=False),
        sa.Column("passcode_digest", DIGEST, nullable=True),
        sa.Column("wrong_passcodes", sa.Integer, nullable=False, server_default="0"),
        sa.Column("label", sa.String(60), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("end_reason", sa.String(16), nullable=False, server_default=""),
    )
    op.create_index("uq_patient_link_token_digest", "patient_link", ["token_digest"], unique=True)
    op.create_index("ix_patient_link_patient_id", "patient_link", ["patient_id"])
    op.create_table(
        "link_session",
        sa.Column("token_digest", DIGEST, primary_key=True),
        sa.Column("link_id", ULID, sa.ForeignKey("patient_link.id"), nullable=False),
        sa.Column("csrf_token", sa.String(64), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("active_at", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
    )
    op.create_index("ix_link_session_link_id", "link_session", ["link_id"])


def downgrade() -> None:
    op.drop_table("link_session")
    op.drop_table("patient_link")
