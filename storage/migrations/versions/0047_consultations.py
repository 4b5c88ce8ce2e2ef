"""Consultations about a case, and what they concluded on the report that quotes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)


def to(table: str, name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, ULID, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}")), nullable=False)


def upgrade() -> None:
    op.create_table(
        "consultation",
        sa.Column("id", ULID, primary_key=True),
        to("consultation", "case_id", "case"),
        sa.Column("question", sa.String(2000), nullable=False),
        to("consultation", "asked_by", "person"),
        to("consultation", "grant_id", "role_grant"),
        sa.Column("asked_at", AT, nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
        sa.Column("conclusion", sa.Text, nullable=False, server_default=""),
        sa.Column("took_part", sa.JSON, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_index("ix_consultation_case_id", "consultation", ["case_id"])
    op.create_index("ix_consultation_asked_by", "consultation", ["asked_by", "asked_at"])
    op.create_table(
        "consultation_prior",
        to("consultation_prior", "consultation_id", "consultation"),
        to("consultation_prior", "case_id", "case"),
        sa.PrimaryKeyConstraint("consultation_id", "case_id", name=op.f("pk_consultation_prior")),
    )
    op.create_table(
        "consultation_invitation",
        sa.Column("id", ULID, primary_key=True),
        to("consultation_invitation", "consultation_id", "consultation"),
        to("consultation_invitation", "person_id", "person"),
        to("consultation_invitation", "organisation_id", "organisation"),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("invited_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
        sa.UniqueConstraint(
            "consultation_id", "person_id", name=op.f("uq_consultation_invitation_consultation_id_person_id")
        ),
    )
    op.create_index("ix_consultation_invitation_person_id", "consultation_invitation", ["person_id", "invited_at"])
    op.create_table(
        "consultation_opinion",
        sa.Column("id", ULID, primary_key=True),
        to("consultation_opinion", "consultation_id", "consultation"),
        to("consultation_opinion", "person_id", "person"),
        to("consultation_opinion", "organisation_id", "organisation"),
        sa.Column("words", sa.String(4000), nullable=False),
        sa.Column("key_images", sa.JSON, nullable=False),
        sa.Column("at", AT, nullable=False),
    )
    op.create_index("ix_consultation_opinion_consultation_id", "consultation_opinion", ["consultation_id", "at"])
    op.add_column("report_version", sa.Column("consultations", sa.JSON, nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    op.drop_column("report_version", "consultations")
    op.drop_table("consultation_opinion")
    op.drop_table("consultation_invitation")
    op.drop_table("consultation_prior")
    op.drop_table("consultation")
