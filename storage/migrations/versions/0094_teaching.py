"""Teaching collections: entries that name nobody, their pictures, and subscriptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from storage.database import UtcDateTime

revision = "0094"
down_revision = "0093"
branch_labels = None
depends_on = None

ULID = sa.String(26)
GRAMS = sa.JSON(none_as_null=True).with_variant(postgresql.ARRAY(sa.Integer), "postgresql")


def upgrade() -> None:
    op.create_table(
        "teaching_collection",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("organisation_id", ULID, sa.ForeignKey("organisation.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.String(500), nullable=False, server_default=""),
        sa.Column("seen_by", sa.String(12), nullable=False),
        sa.Column("made_by", ULID, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("grant_id", ULID, sa.ForeignKey("role_grant.id"), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("ended_by", ULID, sa.ForeignKey("person.id")),
        sa.Column("ended_at", UtcDateTime),
        sa.CheckConstraint("seen_by in ('organisation', 'region')", name="seen_by"),
    )
    op.create_index("ix_teaching_collection_organisation_id", "teaching_collection", ["organisation_id"])
    op.create_table(
        "teaching_entry",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("collection_id", ULID, sa.ForeignKey("teaching_collection.id"), nullable=False),
        sa.Column("title", sa.String(100), nullable=False),
        sa.Column("diagnosis", sa.String(200), nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("impression", sa.Text, nullable=False),
        sa.Column("point", sa.Text, nullable=False),
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("body_part", sa.String(64), nullable=False),
        sa.Column("laterality", sa.String(16), nullable=False),
        sa.Column("age_from", sa.Integer),
        sa.Column("sex", sa.String(1), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("grams", GRAMS),
        sa.Column("case_id", ULID, sa.ForeignKey("case.id"), nullable=False),
        sa.Column("version_id", ULID, sa.ForeignKey("report_version.id"), nullable=False),
        sa.Column("patient_id", ULID, sa.ForeignKey("patient.id")),
        sa.Column("facts_at", UtcDateTime),
        sa.Column("added_by", ULID, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("grant_id", ULID, sa.ForeignKey("role_grant.id"), nullable=False),
        sa.Column("added_at", UtcDateTime, nullable=False),
        sa.Column("changed_by", ULID, sa.ForeignKey("person.id")),
        sa.Column("changed_at", UtcDateTime),
        sa.Column("removed_by", ULID, sa.ForeignKey("person.id")),
        sa.Column("removed_at", UtcDateTime),
        sa.Column("removed_why", sa.String(1000), nullable=False, server_default=""),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
        sa.CheckConstraint(
            "removed_at is null or (title = '' and diagnosis = '' and findings = '' and impression = '' and point = ''"
            " and words = '' and grams is null and age_from is null)",
            name="removed",
        ),
    )
    op.create_index("ix_teaching_entry_collection_id", "teaching_entry", ["collection_id", "added_at"])
    op.create_index("ix_teaching_entry_case_id", "teaching_entry", ["case_id"])
    op.create_index("ix_teaching_entry_grams", "teaching_entry", ["grams"], postgresql_using="gin")
    op.create_table(
        "teaching_picture",
        sa.Column("entry_id", ULID, sa.ForeignKey("teaching_entry.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
        sa.Column("sop_instance_uid", sa.String(64), nullable=False),
        sa.Column("frame", sa.Integer, nullable=False),
        sa.Column("looked_at", sa.Boolean, nullable=False),
    )
    op.create_table(
        "teaching_subscription",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("person_id", ULID, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("collection_id", ULID, sa.ForeignKey("teaching_collection.id"), nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("seen_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
    )
    standing = sa.text("ended_at is null")
    op.create_index(
        "uq_teaching_subscription_standing",
        "teaching_subscription",
        ["person_id", "collection_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )


def downgrade() -> None:
    for table in ("teaching_subscription", "teaching_picture", "teaching_entry", "teaching_collection"):
        op.drop_table(table)
