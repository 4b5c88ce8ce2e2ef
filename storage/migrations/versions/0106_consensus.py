"""Two blind readers may settle by consensus: until when they confer, what both signed, or who dissented and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
REFERENCES = (("consensus_version_id", "report_version"), ("dissent_by", "person"))


def upgrade() -> None:
    op.add_column("double_reading", sa.Column("confer_until", AT))
    op.add_column("double_reading", sa.Column("dissented_at", AT))
    op.add_column("double_reading", sa.Column("dissent", sa.String(1000)))
    for name, target in REFERENCES:
        op.execute(  # SQLite has no other way to a reference
            f"ALTER TABLE double_reading ADD COLUMN {name} VARCHAR(26) "
            f"CONSTRAINT fk_double_reading_{name} REFERENCES {target} (id)"
        )


def downgrade() -> None:
    with op.batch_alter_table("double_reading") as batch:
        for name in ("confer_until", "dissented_at", "dissent", *(name for name, _ in REFERENCES)):
            batch.drop_column(name)
