"""People at work: skills, slots of the roster, absences, limits of open cases, weights of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)
OPEN = sa.text("until IS NULL")


def reference(table: str, name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, ULID, key, nullable=nullable)


def create(table: str, *columns: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", ULID, primary_key=True),
        *columns,
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        reference(table, "made_by", "person", nullable=True),
        reference(table, "ended_by", "person", nullable=True),
    )


def upgrade() -> None:
    create(
        "person_skill",
        reference("person_skill", "person_id", "person"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
    )
    op.create_index("ix_person_skill_person_id", "person_skill", ["person_id"])
    create(
        "roster_slot",
        reference("roster_slot", "organisation_id", "organisation"),
        reference("roster_slot", "person_id", "person"),
        sa.Column("step", sa.String(10), nullable=False),
    )
    op.create_index("ix_roster_slot_organisation_id_until", "roster_slot", ["organisation_id", "until"])
    op.create_index("ix_roster_slot_person_id_until", "roster_slot", ["person_id", "until"])
    create(
        "absence",
        reference("absence", "person_id", "person"),
        sa.Column("kind", sa.String(20), nullable=False),
    )
    op.create_index("ix_absence_person_id_until", "absence", ["person_id", "until"])
    create(
        "case_limit",
        reference("case_limit", "person_id", "person"),
        sa.Column("most", sa.Integer, nullable=False),
    )
    for name, table, columns in (
        ("uq_person_skill_open", "person_skill", ["person_id", "code"]),
        ("uq_case_limit_open", "case_limit", ["person_id"]),
    ):
        op.create_index(name, table, columns, unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    create(
        "work_weight",
        sa.Column("modality", sa.String(16), nullable=False),
        sa.Column("body_part", sa.String(64), nullable=False, server_default=""),
        sa.Column("contrast", sa.Boolean),
        sa.Column("views", sa.Integer),
        sa.Column("hundredths", sa.Integer, nullable=False),
        sa.CheckConstraint("hundredths > 0", name=op.f("ck_work_weight_hundredths")),
    )


def downgrade() -> None:
    for table in ("work_weight", "case_limit", "absence", "roster_slot", "person_skill"):
        op.drop_table(table)
