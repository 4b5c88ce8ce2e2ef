"""What nobody changes once it is there is insert-only for the database as well: moves, printings, what was signed."""

from __future__ import annotations

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = ("case_move", "identity_move", "patient_change", "patient_merge_move", "printing")
WRITTEN = (
    *("id", "case_id", "number", "content", "identity", "images", "image_count", "incomplete_reason"),
    *("supersedes_id", "created_at"),
)
"""What a version of a report says; its status and release change."""


def upgrade() -> None:
    for table in TABLES:
        _refuse(table, f"{table}_is_insert_only", f"{table} is insert-only", ("UPDATE", "DELETE"))
    change = f"UPDATE OF {', '.join(WRITTEN)}"
    _refuse("report_version", "report_version_stays", "report_version keeps what it says", (change, "DELETE"))


def _refuse(table: str, name: str, message: str, verbs: tuple[str, str]) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {' OR '.join(verbs)} OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        return
    for verb in verbs:
        op.execute(
            f"CREATE TRIGGER {table}_no_{verb.split()[0].lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )
