"""Cases are assigned: whom each waits for and with which skills, and who was handed or took which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)


def reference(table: str, name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, ULID, key, nullable=nullable)


def partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    op.create_table(
        "roster_terms",
        sa.Column("id", ULID, primary_key=True),
        reference("roster_terms", "organisation_id", "organisation"),
        sa.Column("take_minutes", sa.Integer, nullable=False),
        sa.Column("urgent_minutes", sa.Integer, nullable=False),
        sa.Column("away_minutes", sa.Integer, nullable=False),
        sa.Column("ahead", sa.Integer, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        reference("roster_terms", "made_by", "person", nullable=True),
        reference("roster_terms", "ended_by", "person", nullable=True),
    )
    partial("uq_roster_terms_open", "roster_terms", ["organisation_id"], "until IS NULL", unique=True)
    op.create_table(
        "assignment",
        sa.Column("id", ULID, primary_key=True),
        reference("assignment", "case_id", "case"),
        reference("assignment", "person_id", "person"),
        reference("assignment", "organisation_id", "organisation"),
        sa.Column("step", sa.String(10), nullable=False),
        sa.Column("tier", sa.String(10), nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("take_by", AT),
        sa.Column("weight", sa.Integer),
        sa.Column("skipped", sa.Integer, nullable=False, server_default="0"),
        sa.Column("why", sa.String(1000), nullable=False, server_default=""),
        sa.Column("ended_at", AT),
        sa.Column("ended_as", sa.String(20)),
    )
    op.create_index("ix_assignment_person_id_at", "assignment", ["person_id", "at"])
    op.create_index("ix_assignment_case_id", "assignment", ["case_id"])
    partial("uq_assignment_open", "assignment", ["case_id"], "ended_at IS NULL", unique=True)
    partial("ix_assignment_waiting", "assignment", ["person_id"], "ended_at IS NULL")
    partial("ix_assignment_weight", "assignment", ["at"], "weight IS NULL")
    op.add_column("case", sa.Column("skills", sa.String(400), nullable=False, server_default=""))
    op.add_column("case", sa.Column("skills_until", AT))
    op.execute(  # SQLite has no other way to a reference
        'ALTER TABLE "case" ADD COLUMN assigned_to VARCHAR(26) CONSTRAINT fk_case_assigned_to REFERENCES person (id)'
    )
    op.add_column("case", sa.Column("assigned_until", AT))
    op.create_index(
        "ix_case_site_id_state_skills_rank_due_at", "case", ["site_id", "state", "skills", "rank", "due_at"]
    )
    partial("ix_case_assigned_to", "case", ["assigned_to"], "assigned_to IS NOT NULL")
    partial("ix_case_skills_until", "case", ["skills_until"], "skills <> ''")


def downgrade() -> None:
    for index in ("ix_case_skills_until", "ix_case_assigned_to", "ix_case_site_id_state_skills_rank_due_at"):
        op.drop_index(index, "case")
    for column in ("assigned_until", "assigned_to", "skills_until", "skills"):
        op.drop_column("case", column)
    op.drop_table("assignment")
    op.drop_table("roster_terms")
