"""What a report quotes of consultations stays as the rest of it does, and opinions are insert-only."""

from __future__ import annotations

from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

BEFORE = (
    *("id", "case_id", "number", "content", "identity", "images", "image_count", "incomplete_reason"),
    *("supersedes_id", "created_at"),
)
STAYS = "report_version keeps what it says"
OPINION = "consultation_opinion"


def upgrade() -> None:
    _keep((*BEFORE, "consultations"))
    message = f"{OPINION} is insert-only"
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE FUNCTION {OPINION}_is_insert_only() RETURNS trigger LANGUAGE plpgsql"
            f" AS $$ BEGIN RAISE EXCEPTION '{message}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {OPINION}_is_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {OPINION} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {OPINION}_is_insert_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {OPINION}_no_{verb.lower()} BEFORE {verb} ON {OPINION} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {OPINION}_is_insert_only ON {OPINION}")
        op.execute(f"DROP FUNCTION {OPINION}_is_insert_only()")
    else:
        op.execute(f"DROP TRIGGER {OPINION}_no_update")
        op.execute(f"DROP TRIGGER {OPINION}_no_delete")
    _keep(BEFORE)


def _keep(columns: tuple[str, ...]) -> None:
    """Refuse any change of these columns of a version of a report."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER report_version_stays ON report_version")
        op.execute(
            f"CREATE TRIGGER report_version_stays BEFORE UPDATE OF {', '.join(columns)} OR DELETE OR TRUNCATE "
            "ON report_version FOR EACH STATEMENT EXECUTE FUNCTION report_version_stays()"
        )
        return
    op.execute("DROP TRIGGER report_version_no_update")
    op.execute(
        f"CREATE TRIGGER report_version_no_update BEFORE UPDATE OF {', '.join(columns)} ON report_version "
        f"BEGIN SELECT RAISE(ABORT, '{STAYS}'); END"
    )
