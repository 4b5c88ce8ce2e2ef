"""The codes on printed reports, and the PDFs that were given out: whoever holds one can ask whether it counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
TABLES = ("paper_code", "paper_file")


def upgrade() -> None:
    op.create_table(
        "paper_code",
        sa.Column("version_id", sa.String(26), sa.ForeignKey("report_version.id"), primary_key=True),
        sa.Column("code_digest", sa.LargeBinary(32), nullable=False),
        sa.Column("made_at", AT, nullable=False),
    )
    op.create_index("uq_paper_code_code_digest", "paper_code", ["code_digest"], unique=True)
    op.create_table(
        "paper_file",
        sa.Column("file_digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("version_id", sa.String(26), sa.ForeignKey("report_version.id"), nullable=False),
        sa.Column("made_at", AT, nullable=False),
    )
    for table in TABLES:
        _insert_only(table)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"DROP FUNCTION {table}_is_insert_only()")


def _insert_only(table: str) -> None:
    message = f"{table} is insert-only"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {table}_is_insert_only() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_insert_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
