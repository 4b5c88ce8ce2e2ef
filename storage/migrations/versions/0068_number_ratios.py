"""Numbers: shares that managers define, in versions, and their sums."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0067"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "number_ratio",
        sa.Column("id", ULID, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("organisation_id", ULID, nullable=False),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("made_by", ULID, nullable=True),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_number_ratio_organisation_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_number_ratio_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_ratio")),
        sa.UniqueConstraint(
            "organisation_id", "code", "version", name=op.f("uq_number_ratio_organisation_id_code_version")
        ),
    )
    in_force = sa.text("until IS NULL")
    op.create_index(
        "uq_number_ratio_in_force",
        "number_ratio",
        ["organisation_id", "code"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_table(
        "number_ratio_cell",
        sa.Column("ratio_id", ULID, nullable=False),
        sa.Column("grain", sa.String(length=1), nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("site_id", ULID, nullable=False),
        sa.Column("modality", sa.String(length=16), nullable=False),
        sa.Column("body_part", sa.String(length=64), nullable=False),
        sa.Column("organisation_id", ULID, nullable=False),
        sa.Column("part", sa.Integer(), server_default="0", nullable=False),
        sa.Column("whole", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["ratio_id"], ["number_ratio.id"], name=op.f("fk_number_ratio_cell_ratio_id")),
        sa.PrimaryKeyConstraint(
            *("ratio_id", "grain", "person_id", "day", "site_id", "modality", "body_part", "organisation_id"),
            name=op.f("pk_number_ratio_cell"),
        ),
    )
    op.create_index("ix_number_ratio_cell_site_id", "number_ratio_cell", ["site_id", "grain", "day"])


def downgrade() -> None:
    op.drop_table("number_ratio_cell")
    op.drop_table("number_ratio")
