"""Messages on their way: what waited in the outbox before anybody delivered is settled, and nothing of it goes out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"
branch_labels = None
depends_on = None

AT = sa.DateTime(timezone=True)
ULID = sa.String(26)


def upgrade() -> None:
    op.drop_index("ix_outbox_delivered_at_next_at", "outbox")
    op.execute("ALTER TABLE outbox RENAME COLUMN delivered_at TO addressed_at")
    op.drop_column("outbox", "attempts")
    op.drop_column("outbox", "next_at")
    op.execute("UPDATE outbox SET addressed_at = created_at WHERE addressed_at IS NULL")
    waiting = sa.text("addressed_at is null")
    op.create_index("ix_outbox_waiting", "outbox", ["id"], sqlite_where=waiting, postgresql_where=waiting)
    op.create_table(
        "message",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("outbox_id", ULID, sa.ForeignKey("outbox.id"), nullable=False),
        sa.Column("audience", sa.String(10), nullable=False),
        sa.Column("template", sa.String(30), nullable=False),
        sa.Column("organisation_id", ULID, sa.ForeignKey("organisation.id"), nullable=True),
        sa.Column("number_cipher", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("lasts_until", AT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_at", AT, nullable=False),
        sa.Column("leased_until", AT, nullable=True),
        sa.Column("failure", sa.String(20), nullable=False, server_default=""),
        sa.Column("ended_at", AT, nullable=True),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'spared', 'given_up')", name="state"),
    )
    op.create_index("ix_message_outbox_id", "message", ["outbox_id"])
    op.create_index("ix_message_state_next_at", "message", ["state", "next_at"])


def downgrade() -> None:
    op.drop_table("message")
    op.drop_index("ix_outbox_waiting", "outbox")
    op.execute("ALTER TABLE outbox RENAME COLUMN addressed_at TO delivered_at")
    op.add_column("outbox", sa.Column("attempts", sa.Integer, nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("next_at", AT, nullable=False, server_default="2026-01-01 00:00:00+00:00"))
    op.create_index("ix_outbox_delivered_at_next_at", "outbox", ["delivered_at", "next_at"])
