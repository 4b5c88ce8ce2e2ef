"""What was refused is found by person, by word and by address: few events, which hide among those that were done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0066"
down_revision = "0065"
branch_labels = None
depends_on = None

REFUSED = sa.text("outcome = 'refused'")
WAYS = ("actor_id", "action", "address")


def upgrade() -> None:
    for way in WAYS:
        op.create_index(
            f"ix_audit_event_refused_{way}",
            "audit_event",
            [way, "at"],
            sqlite_where=REFUSED,
            postgresql_where=REFUSED,
        )


def downgrade() -> None:
    for way in WAYS:
        op.drop_index(f"ix_audit_event_refused_{way}", "audit_event")
