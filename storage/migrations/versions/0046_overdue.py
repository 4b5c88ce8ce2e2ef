"""What waits too long goes elsewhere, once a step: when to look at a case, where it went, and neighbours that help."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
AT = sa.DateTime(timezone=True)
TIERS = "tier in ('county', 'neighbour', 'city')"
BEFORE = "tier in ('county', 'city')"
THERE = sa.text("look_at IS NOT NULL")


def upgrade() -> None:
    _tiers(TIERS)
    op.add_column("case", sa.Column("look_at", AT))
    op.create_index("ix_case_look_at", "case", ["look_at"], sqlite_where=THERE, postgresql_where=THERE)
    op.create_table(
        "case_reroute",
        sa.Column("id", ULID, nullable=False),
        sa.Column("case_id", ULID, nullable=False),
        sa.Column("step_number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=10), nullable=False),
        sa.Column("goal", sa.String(length=10), nullable=False),
        sa.Column("from_tier", sa.String(length=10), nullable=False),
        sa.Column("tier", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", ULID, nullable=False),
        sa.Column("person_id", ULID, nullable=True),
        sa.Column("due_at", AT, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_case_reroute_case_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_case_reroute_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_case_reroute_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_reroute")),
        sa.UniqueConstraint("case_id", "step_number", name=op.f("uq_case_reroute_case_id_step_number")),
    )
    op.create_index("ix_case_reroute_at", "case_reroute", ["at"])


def downgrade() -> None:
    op.drop_index("ix_case_reroute_at", "case_reroute")
    op.drop_table("case_reroute")
    op.drop_index("ix_case_look_at", "case")
    op.drop_column("case", "look_at")
    op.execute("UPDATE agreement SET until = since WHERE tier = 'neighbour'")
    op.execute("UPDATE agreement SET tier = 'county' WHERE tier = 'neighbour'")
    op.execute("UPDATE \"case\" SET tier = 'county' WHERE tier = 'neighbour'")
    _tiers(BEFORE)


def _tiers(allowed: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _agreement_anew(allowed)  # SQLite changes no constraint of a table that is there
    else:
        op.drop_constraint(op.f("ck_agreement_tier"), "agreement", type_="check")
        op.create_check_constraint(op.f("ck_agreement_tier"), "agreement", sa.text(allowed))


def _agreement_anew(allowed: str) -> None:
    op.create_table(
        "agreement_anew",
        sa.Column("id", ULID, nullable=False),
        sa.Column("site_id", ULID, nullable=False),
        sa.Column("reader_id", ULID, nullable=False),
        sa.Column("tier", sa.String(length=10), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT, nullable=True),
        sa.CheckConstraint(allowed, name=op.f("ck_agreement_tier")),
        sa.ForeignKeyConstraint(["reader_id"], ["organisation.id"], name=op.f("fk_agreement_reader_id")),
        sa.ForeignKeyConstraint(["site_id"], ["organisation.id"], name=op.f("fk_agreement_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement")),
    )
    kept = "id, site_id, reader_id, tier, since, until"
    op.execute(f"INSERT INTO agreement_anew ({kept}) SELECT {kept} FROM agreement")  # names of ours
    op.drop_table("agreement")
    op.rename_table("agreement_anew", "agreement")
    op.create_index("ix_agreement_reader_id_tier", "agreement", ["reader_id", "tier"], unique=False)
    op.create_index("ix_agreement_site_id_tier", "agreement", ["site_id", "tier"], unique=False)
