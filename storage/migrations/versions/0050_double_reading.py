"""Double reading: blind readings are versions that no list of reports has, and two of them are compared in a row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

ULID = sa.String(length=26)
BEFORE = "status in ('pending', 'preliminary', 'final', 'superseded', 'withheld', 'entered_in_error')"
AFTER = BEFORE[:-1] + ", 'blind', 'withdrawn')"


def upgrade() -> None:
    _check_status(BEFORE, AFTER)
    op.create_table(
        "double_reading",
        sa.Column("id", ULID, nullable=False),
        sa.Column("case_id", ULID, nullable=False),
        sa.Column("first_version_id", ULID, nullable=False),
        sa.Column("second_version_id", ULID, nullable=False),
        sa.Column("difference", sa.String(length=20), nullable=True),
        sa.Column("arbitration", sa.String(length=20), nullable=True),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("arbiter_version_id", ULID, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["case.id"], name=op.f("fk_double_reading_case_id")),
        sa.ForeignKeyConstraint(
            ["first_version_id"], ["report_version.id"], name=op.f("fk_double_reading_first_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["second_version_id"], ["report_version.id"], name=op.f("fk_double_reading_second_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["arbiter_version_id"], ["report_version.id"], name=op.f("fk_double_reading_arbiter_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_double_reading")),
        sa.UniqueConstraint("second_version_id", name=op.f("uq_double_reading_second_version_id")),
    )
    op.create_index("ix_double_reading_case_id", "double_reading", ["case_id"])
    op.create_index("ix_double_reading_compared_at", "double_reading", ["compared_at"])


def downgrade() -> None:
    op.drop_table("double_reading")
    _check_status(AFTER, BEFORE)


def _check_status(before: str, after: str) -> None:
    tx = op.get_bind()
    if tx.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_report_version_status"), "report_version", type_="check")
        op.create_check_constraint(op.f("ck_report_version_status"), "report_version", sa.text(after))
        return
    # SQLite changes no constraint of a table that is there, and the rows that were signed are not to be copied:
    # a check has no part in how rows are kept, so its words are changed where they stand (lang_altertable, 7).
    op.execute("PRAGMA writable_schema = ON")
    words = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
        " WHERE name = 'report_version' AND instr(sql, :before) > 0"
    )
    if tx.execute(words, {"before": before, "after": after}).rowcount != 1:
        raise RuntimeError("the check of report_version has other words than the schema before: nothing was changed")
    version = tx.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute(f"PRAGMA schema_version = {int(version) + 1}")
    op.execute("PRAGMA writable_schema = OFF")
