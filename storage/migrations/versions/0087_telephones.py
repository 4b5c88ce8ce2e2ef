"""Telephones of patients that a code verified, the codes, and sessions that they open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0087"
down_revision = "0086"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
ULID = sa.String(26)
DIGEST = sa.LargeBinary(32)


def upgrade() -> None:
    op.create_table(
        "verified_telephone",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("patient_id", ULID, sa.ForeignKey("patient.id"), nullable=False),
        sa.Column("number_digest", DIGEST, nullable=False),
        sa.Column("number_cipher", sa.LargeBinary, nullable=False),
        sa.Column("made_by", ULID, sa.ForeignKey("person.id"), nullable=True),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=True),
    )
    op.create_index("ix_verified_telephone_number_digest", "verified_telephone", ["number_digest"])
    standing = sa.text("until is null")
    op.create_index(
        "uq_verified_telephone_patient_id",
        "verified_telephone",
        ["patient_id"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        "telephone_code",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("patient_id", ULID, sa.ForeignKey("patient.id"), nullable=True),
        sa.Column("asked_digest", DIGEST, nullable=False),
        sa.Column("number_digest", DIGEST, nullable=False),
        sa.Column("number_cipher", sa.LargeBinary, nullable=False),
        sa.Column("code_digest", DIGEST, nullable=False),
        sa.Column("code_cipher", sa.LargeBinary, nullable=False),
        sa.Column("is_sent", sa.Boolean, nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("used_at", AT, nullable=True),
    )
    op.create_index("ix_telephone_code_asked_digest", "telephone_code", ["asked_digest"])
    op.create_index("ix_telephone_code_number_digest", "telephone_code", ["number_digest", "made_at"])
    op.create_index("ix_telephone_code_made_at", "telephone_code", ["made_at"])
    with op.batch_alter_table("patient_session") as sessions:
        sessions.alter_column("receipt_id", existing_type=ULID, nullable=True)
        sessions.add_column(sa.Column("telephone_id", ULID, nullable=True))
        sessions.create_foreign_key(
            op.f("fk_patient_session_telephone_id"), "verified_telephone", ["telephone_id"], ["id"]
        )
        sessions.create_check_constraint("opened_by", "(receipt_id is null) <> (telephone_id is null)")
    op.drop_column("patient", "telephone_verified_at")  # nothing ever wrote it


def downgrade() -> None:
    op.add_column("patient", sa.Column("telephone_verified_at", AT, nullable=True))
    op.execute("DELETE FROM patient_session WHERE receipt_id IS NULL")
    with op.batch_alter_table("patient_session") as sessions:
        sessions.drop_constraint(op.f("ck_patient_session_opened_by"), type_="check")
        sessions.drop_constraint(op.f("fk_patient_session_telephone_id"), type_="foreignkey")
        sessions.drop_column("telephone_id")
        sessions.alter_column("receipt_id", existing_type=ULID, nullable=False)
    op.drop_table("telephone_code")
    op.drop_table("verified_telephone")
