"""Devices say how they are called and whether by TLS; what they did and who was refused is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import storage.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("device", sa.Column("host", sa.String(length=255), server_default="", nullable=False))
    op.add_column("device", sa.Column("tls_required", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("device", sa.Column("call_by_tls", sa.Boolean(), server_default=sa.false(), nullable=False))
    for column in (
        sa.Column("refused_called", sa.String(length=16), server_default="", nullable=False),
        sa.Column("refused_address", sa.String(length=45), server_default="", nullable=False),
        sa.Column("stored_at", storage.database.UtcDateTime()),
        sa.Column("instance_refused_at", storage.database.UtcDateTime()),
        sa.Column("instance_refusal", sa.String(length=40)),
    ):
        op.add_column("device_contact", column)
    op.create_table(
        "device_check",
        sa.Column("title_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=False),
        sa.Column("until", storage.database.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_check_device_id")),
        sa.PrimaryKeyConstraint("title_digest", name=op.f("pk_device_check")),
    )
    op.create_table(
        "device_tally",
        sa.Column("device_id", sa.String(length=26), nullable=False),
        sa.Column("hour", storage.database.UtcDateTime(), nullable=False),
        sa.Column("associations", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("instances_refused", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_device_tally_device_id")),
        sa.PrimaryKeyConstraint("device_id", "hour", name=op.f("pk_device_tally")),
    )
    op.create_index("ix_device_tally_hour", "device_tally", ["hour"], unique=False)
    op.create_table(
        "refused_call",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("ae_title", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("first_at", storage.database.UtcDateTime(), nullable=False),
        sa.Column("last_at", storage.database.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_refused_call_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_call")),
        sa.UniqueConstraint("ae_title", "address", name="uq_refused_call_ae_title_address"),
    )
    op.create_index("ix_refused_call_last_at", "refused_call", ["last_at"], unique=False)
