"""A critical case stands with the urgent ones in every list: the rank of cases that are critical already."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute('UPDATE "case" SET rank = 1 WHERE critical AND rank > 1')


def downgrade() -> None:
    op.execute("""UPDATE "case" SET rank = 2 WHERE critical AND priority = 'routine'""")
