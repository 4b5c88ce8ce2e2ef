"""The screen of a case that was put aside has no measurements of its own: they are part of the draft."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0084"
branch_labels = None
depends_on = None


def upgrade() -> None:
    lease = sa.table("lease", sa.column("case_id"), sa.column("screen", sa.JSON(none_as_null=True)))
    tx = op.get_bind()
    kept = tx.execute(sa.select(lease.c.case_id, lease.c.screen).where(lease.c.screen.is_not(None))).all()
    for case_id, screen in kept:
        without = {name: value for name, value in screen.items() if name != "marks"}
        tx.execute(sa.update(lease).where(lease.c.case_id == case_id).values(screen=without))


def downgrade() -> None:
    """A screen without measurements is one of before."""
