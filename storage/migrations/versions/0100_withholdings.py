"""How a case stood when it was withheld, so that it stands so again where that was a mistake."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0097"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Of what is withheld already nobody knows how it stood: a report that was final is restored as before.
    op.create_table(
        "withholding",
        sa.Column("case_id", sa.String(26), sa.ForeignKey("case.id"), primary_key=True),
        sa.Column("made_by", sa.String(26), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("countersign_at", sa.String(26), sa.ForeignKey("organisation.id")),
        sa.Column("image_set", sa.String(64), nullable=False),
        sa.Column("identity", sa.LargeBinary(32), nullable=False),
        sa.Column("statuses", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("withholding")
