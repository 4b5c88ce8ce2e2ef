"""Rules that send studies on to other archives, and how far each study has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forwarding_rule",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("site_id", sa.String(length=26), nullable=False),
        sa.Column("modality", sa.String(length=16), server_default="", nullable=False),
        sa.Column("moment", sa.String(length=10), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=True),
        sa.Column("url", sa.String(length=500), server_default="", nullable=False),
        sa.Column("token_file", sa.String(length=500), server_default="", nullable=False),
        sa.Column("planned_until", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=True),
        sa.CheckConstraint("moment in ('quiet', 'final')", name=op.f("ck_forwarding_rule_moment")),
        sa.CheckConstraint("(device_id is null) <> (url = '')", name=op.f("ck_forwarding_rule_target")),
        sa.ForeignKeyConstraint(["site_id"], ["organisation.id"], name=op.f("fk_forwarding_rule_site_id")),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_forwarding_rule_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarding_rule")),
    )
    op.create_table(
        "forwarding_job",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("rule_id", sa.String(length=26), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("instances", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("leased_until", UtcDateTime(), nullable=True),
        sa.Column("failure", sa.String(length=40), server_default="", nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state in ('waiting', 'done', 'dead')", name=op.f("ck_forwarding_job_state")),
        sa.ForeignKeyConstraint(["rule_id"], ["forwarding_rule.id"], name=op.f("fk_forwarding_job_rule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forwarding_job")),
        sa.UniqueConstraint("rule_id", "study_uid", name=op.f("uq_forwarding_job_rule_id_study_uid")),
    )
    op.create_index("ix_forwarding_job_state_next_at", "forwarding_job", ["state", "next_at"], unique=False)
    op.create_table(
        "forwarded_instance",
        sa.Column("job_id", sa.String(length=26), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["forwarding_job.id"], name=op.f("fk_forwarded_instance_job_id")),
        sa.PrimaryKeyConstraint("job_id", "sop_instance_uid", name=op.f("pk_forwarded_instance")),
    )
