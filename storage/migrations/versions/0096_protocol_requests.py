"""Questions before an examination: what a site asks about an order, and the protocol that it is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0096"
down_revision = "0094"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "protocol_request",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("order_id", sa.String(26), sa.ForeignKey("imaging_order.id"), nullable=False),
        sa.Column("asked_by", sa.String(26), sa.ForeignKey("person.id"), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("words", sa.String(1000), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("answer", sa.String(1000), nullable=False, server_default=""),
        sa.Column("ended_by", sa.String(26), sa.ForeignKey("person.id")),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("read_at", UtcDateTime),
        sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    )
    op.create_index("ix_protocol_request_order_id", "protocol_request", ["order_id"])
    unread = sa.text("read_at IS NULL AND (state = 'accepted' OR state = 'refused')")
    op.create_index(
        "ix_protocol_request_unread",
        "protocol_request",
        ["order_id"],
        sqlite_where=unread,
        postgresql_where=unread,
    )
    opened = sa.text("state = 'open'")
    op.create_index(
        "uq_protocol_request_open",
        "protocol_request",
        ["order_id"],
        unique=True,
        sqlite_where=opened,
        postgresql_where=opened,
    )


def downgrade() -> None:
    op.drop_table("protocol_request")
