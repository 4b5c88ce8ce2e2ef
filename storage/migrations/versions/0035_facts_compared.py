"""With which facts of its person a case was compared: a correction of the register at the same moment closes it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

NOT_NULL = sa.text("facts_at is not null")


def upgrade() -> None:
    # No record has changed since it was compared, as far as anybody knows: both sides are empty.
    op.add_column("patient", sa.Column("facts_at", sa.DateTime(timezone=True)))
    op.add_column("case", sa.Column("facts_at", sa.DateTime(timezone=True)))
    op.create_index("ix_patient_facts_at", "patient", ["facts_at"], sqlite_where=NOT_NULL, postgresql_where=NOT_NULL)
