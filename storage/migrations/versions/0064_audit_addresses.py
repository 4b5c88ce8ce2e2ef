"""An event of the audit says the address that somebody acted from, and is found by it, and by person and word."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0064"
down_revision = "0062"
branch_labels = None
depends_on = None

KNOWN = sa.text("address <> ''")


def upgrade() -> None:
    # A column with a constant default rewrites no row, and the chains hold: an empty address is not in a digest.
    op.add_column("audit_event", sa.Column("address", sa.String(45), nullable=False, server_default=""))
    op.create_index("ix_audit_event_actor_id_action_at", "audit_event", ["actor_id", "action", "at"])
    op.create_index(
        "ix_audit_event_address_at", "audit_event", ["address", "at"], sqlite_where=KNOWN, postgresql_where=KNOWN
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_address_at", "audit_event")
    op.drop_index("ix_audit_event_actor_id_action_at", "audit_event")
    op.drop_column("audit_event", "address")
