"""Questions to colleagues about a case wait in a list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", ULID, nullable=False),
        sa.Column("case_id", ULID, nullable=False),
        sa.Column("asked_by", ULID, nullable=False),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("words", sa.String(length=1000), nullable=False),
        sa.Column("person_id", ULID, nullable=True),
        sa.Column("meant_for", ULID, nullable=True),
        sa.Column("organisation_id", ULID, nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("ended_by", ULID, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_question_case_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_question_asked_by")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_question_person_id")),
        sa.ForeignKeyConstraint(["meant_for"], ["person.id"], name=op.f("fk_question_meant_for")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_question_organisation_id")),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"], name=op.f("fk_question_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index("ix_question_case_id", "question", ["case_id"])
    op.create_index("ix_question_asked_by", "question", ["asked_by", "asked_at"])
    op.create_index("ix_question_person_id_state", "question", ["person_id", "state"])
    op.create_index("ix_question_organisation_id_state", "question", ["organisation_id", "state"])


def downgrade() -> None:
    op.drop_table("question")
