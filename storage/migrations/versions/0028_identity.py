"""Whether images are those of the person whom their numbers name: compared, held where it differs, decided on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)
NOT_NULL = sa.text("other_person is not null")
UNCHECKED = sa.text("identity = 'unchecked'")


def upgrade() -> None:
    op.add_column("instance", sa.Column("other_person", sa.JSON()))
    op.create_index(
        "ix_instance_other_person", "instance", ["study_uid"], sqlite_where=NOT_NULL, postgresql_where=NOT_NULL
    )
    # Cases of before are compared by the worker, the newest first; until then no patient sees them.
    op.add_column("case", sa.Column("identity", sa.String(10), nullable=False, server_default="unchecked"))
    op.add_column("case", sa.Column("other_persons", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_case_unchecked", "case", ["received_at"], sqlite_where=UNCHECKED, postgresql_where=UNCHECKED)
    op.create_table(
        "identity_question",
        sa.Column(
            "case_id", ULID, sa.ForeignKey("case.id", name=op.f("fk_identity_question_case_id")), primary_key=True
        ),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("patient_id", ULID, sa.ForeignKey("patient.id", name=op.f("fk_identity_question_patient_id"))),
        sa.Column("order_id", ULID, sa.ForeignKey("imaging_order.id", name=op.f("fk_identity_question_order_id"))),
        sa.Column("number_differs", sa.Boolean(), nullable=False),
        sa.Column("accepted", sa.JSON(), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="1"),
    )
    op.create_table(
        "identity_move",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("case_id", ULID, sa.ForeignKey("case.id", name=op.f("fk_identity_move_case_id")), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("move", sa.String(10), nullable=False),
        sa.Column("to_state", sa.String(10), nullable=False),
        sa.Column("person_id", ULID, sa.ForeignKey("person.id", name=op.f("fk_identity_move_person_id"))),
        sa.Column("grant_id", ULID, sa.ForeignKey("role_grant.id", name=op.f("fk_identity_move_grant_id"))),
        sa.Column("reason", sa.String(1000), nullable=False, server_default=""),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.UniqueConstraint("case_id", "number", name=op.f("uq_identity_move_case_id_number")),
    )
