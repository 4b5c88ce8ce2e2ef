"""Emergency access: what somebody opened in an emergency, why, until when, and how it was judged."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0078"
down_revision = "0077"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
AT = sa.DateTime(timezone=True)
TABLE = "emergency_access"
REFERENCES = {
    "person_id": "person",
    "grant_id": "role_grant",
    "patient_id": "patient",
    "case_id": "case",
    "ended_by": "person",
    "reviewed_by": "person",
}
INDEXES = {
    "person_id": ["person_id", "until"],
    "patient_id": ["patient_id"],
    "case_id": ["case_id"],
    "since": ["since"],
}


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", ULID, nullable=False),
        sa.Column("person_id", ULID, nullable=False),
        sa.Column("grant_id", ULID, nullable=False),
        sa.Column("patient_id", ULID, nullable=True),
        sa.Column("case_id", ULID, nullable=True),
        sa.Column("found_by", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("ended_by", ULID, nullable=True),
        sa.Column("reviewed_at", AT, nullable=True),
        sa.Column("reviewed_by", ULID, nullable=True),
        sa.Column("verdict", sa.String(length=16), server_default="", nullable=False),
        sa.Column("comment", sa.String(length=1000), server_default="", nullable=False),
        *(
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_{TABLE}_{column}"))
            for column, table in REFERENCES.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
    )
    for name, columns in INDEXES.items():
        op.create_index(f"ix_{TABLE}_{name}", TABLE, columns)


def downgrade() -> None:
    op.drop_table(TABLE)
