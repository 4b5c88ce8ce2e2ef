"""A case says whether two people read it blind, so that statements can keep from one what the other said."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0068"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case", sa.Column("by_two", sa.Boolean, nullable=False, server_default=sa.false()))
    tx = op.get_bind()
    case = sa.table("case", sa.column("policy_id"), sa.column("rule"), sa.column("by_two", sa.Boolean))
    kept = sa.table("policy", sa.column("id"), sa.column("rules", sa.JSON))
    for policy_id, document in tx.execute(sa.select(kept.c.id, kept.c.rules)).all():
        rules: list[dict[str, Any]] = document.get("rules", [])
        by_two = [rule["name"] for rule in rules if rule.get("double_reading") is not None]
        if by_two:
            theirs = (case.c.policy_id == policy_id) & case.c.rule.in_(by_two)
            tx.execute(sa.update(case).where(theirs).values(by_two=sa.true()))


def downgrade() -> None:
    op.drop_column("case", "by_two")
