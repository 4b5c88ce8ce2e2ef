"""Each procedure has a state of its own, an order may name its station, and what devices perform is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # In words that both databases know: on SQLite Alembic adds a foreign key only by copying the table, which
    # the rows that refer to it forbid.
    op.execute(
        "ALTER TABLE imaging_order ADD COLUMN device_id VARCHAR(26) "
        "CONSTRAINT fk_imaging_order_device_id REFERENCES device (id)"
    )
    op.create_index("ix_imaging_order_site_id_scheduled_at", "imaging_order", ["site_id", "scheduled_at"], unique=False)
    op.add_column("procedure", sa.Column("state", sa.String(length=12), server_default="placed", nullable=False))
    op.execute(
        "UPDATE procedure SET state = (SELECT state FROM imaging_order WHERE imaging_order.id = procedure.order_id)"
    )
    op.create_table(
        "performed_step",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("sop_instance_uid", sa.String(length=64), nullable=False),
        sa.Column("site_id", sa.String(length=26), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("series", sa.JSON(), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_performed_step_device_id")),
        sa.ForeignKeyConstraint(["site_id"], ["organisation.id"], name=op.f("fk_performed_step_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_performed_step")),
        sa.UniqueConstraint("sop_instance_uid", name=op.f("uq_performed_step_sop_instance_uid")),
    )
    op.create_index("ix_performed_step_site_id_changed_at", "performed_step", ["site_id", "changed_at"], unique=False)
    op.create_table(
        "performed_reference",
        sa.Column("performed_id", sa.String(length=26), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("study_uid", sa.String(length=64), nullable=False),
        sa.Column("accession_number", sa.String(length=16), nullable=False),
        sa.Column("procedure_id", sa.String(length=26), nullable=True),
        sa.ForeignKeyConstraint(
            ["performed_id"], ["performed_step.id"], name=op.f("fk_performed_reference_performed_id")
        ),
        sa.ForeignKeyConstraint(["procedure_id"], ["procedure.id"], name=op.f("fk_performed_reference_procedure_id")),
        sa.PrimaryKeyConstraint("performed_id", "place", name=op.f("pk_performed_reference")),
    )
    op.create_index("ix_performed_reference_study_uid", "performed_reference", ["study_uid"], unique=False)
    op.create_index("ix_performed_reference_procedure_id", "performed_reference", ["procedure_id"], unique=False)
    op.create_table(
        "performed_change",
        sa.Column("performed_id", sa.String(length=26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("device_id", sa.String(length=26), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["device.id"], name=op.f("fk_performed_change_device_id")),
        sa.ForeignKeyConstraint(["performed_id"], ["performed_step.id"], name=op.f("fk_performed_change_performed_id")),
        sa.PrimaryKeyConstraint("performed_id", "number", name=op.f("pk_performed_change")),
    )
