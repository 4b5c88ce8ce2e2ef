"""A referral that nobody has ended ends by itself: then no person made the move."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

ULID = sa.String(26)
MOVES = "referral_move"


def upgrade() -> None:
    _by_nobody(allowed=True)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {MOVES} DISABLE TRIGGER {MOVES}_is_insert_only")
        op.execute(f"DELETE FROM {MOVES} WHERE person_id IS NULL")
        op.execute(f"ALTER TABLE {MOVES} ENABLE TRIGGER {MOVES}_is_insert_only")
    else:
        op.execute(f"DROP TRIGGER {MOVES}_no_delete")
        op.execute(f"DELETE FROM {MOVES} WHERE person_id IS NULL")
    _by_nobody(allowed=False)


def _by_nobody(*, allowed: bool) -> None:
    with op.batch_alter_table(MOVES) as table:
        table.alter_column("person_id", existing_type=ULID, nullable=allowed)
        table.alter_column("grant_id", existing_type=ULID, nullable=allowed)
    if op.get_bind().dialect.name == "sqlite":  # SQLite's table is a new one, without the triggers of the old one
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {MOVES}_no_{verb.lower()} BEFORE {verb} ON {MOVES} "
                f"BEGIN SELECT RAISE(ABORT, '{MOVES} is insert-only'); END"
            )
