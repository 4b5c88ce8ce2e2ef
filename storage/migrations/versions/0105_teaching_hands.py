"""Collections are renamed and opened to others, with what they were before; every hand in an entry stays on record.

Of the hands in an entry so far only the last one is known.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0104"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("teaching_collection", sa.Column("revision", sa.Integer, nullable=False, server_default="1"))
    op.create_table(
        "teaching_collection_change",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("collection_id", ULID, sa.ForeignKey("teaching_collection.id"), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("description", sa.String(500), nullable=False),
        sa.Column("seen_by", sa.String(12), nullable=False),
        sa.Column("changed_by", ULID, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("grant_id", ULID, sa.ForeignKey("role_grant.id"), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
    )
    op.create_index(
        "ix_teaching_collection_change_collection_id", "teaching_collection_change", ["collection_id", "changed_at"]
    )
    op.create_table(
        "teaching_hand",
        sa.Column("entry_id", ULID, sa.ForeignKey("teaching_entry.id"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("person_id", ULID, sa.ForeignKey("person.id"), nullable=False),
        sa.Column("at", AT, nullable=False),
    )
    op.execute(
        "INSERT INTO teaching_hand (entry_id, revision, person_id, at) "
        "SELECT id, revision, changed_by, changed_at FROM teaching_entry "
        "WHERE changed_by IS NOT NULL AND changed_at IS NOT NULL"
    )


def downgrade() -> None:
    op.drop_table("teaching_hand")
    op.drop_table("teaching_collection_change")
    op.drop_column("teaching_collection", "revision")
