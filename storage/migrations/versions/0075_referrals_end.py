"""A referral that nobody has ended ends by itself: then no person made the move."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None

ULID = sa.String(26)


def upgrade() -> None:
    with op.batch_alter_table("referral_move") as table:
        table.alter_column("person_id", existing_type=ULID, nullable=True)
        table.alter_column("grant_id", existing_type=ULID, nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM referral_move WHERE person_id IS NULL")
    with op.batch_alter_table("referral_move") as table:
        table.alter_column("person_id", existing_type=ULID, nullable=False)
        table.alter_column("grant_id", existing_type=ULID, nullable=False)
