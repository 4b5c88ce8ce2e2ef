"""Of a class of critical results one thing is said to an organisation: of two that stood, the newer one stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

STANDS = "until is null"
FOR_EVERYBODY = "until is null and organisation_id is null"


def upgrade() -> None:
    _end_doubles()
    for name, columns, where in (
        ("uq_critical_class_code_organisation_id", ["code", "organisation_id"], sa.text(STANDS)),
        ("uq_critical_class_code_for_everybody", ["code"], sa.text(FOR_EVERYBODY)),
    ):
        op.create_index(name, "critical_class", columns, unique=True, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("uq_critical_class_code_for_everybody", "critical_class")
    op.drop_index("uq_critical_class_code_organisation_id", "critical_class")


def _end_doubles() -> None:
    table = sa.table(
        "critical_class",
        *(sa.column(name, sa.String) for name in ("id", "code", "organisation_id")),
        sa.column("since", UtcDateTime),
        sa.column("until", UtcDateTime),
    )
    tx = op.get_bind()
    standing = tx.execute(
        sa.select(table).where(table.c.until.is_(None)).order_by(table.c.since.desc(), table.c.id.desc())
    ).all()
    newest: dict[tuple[str, str | None], sa.Row] = {}
    for row in standing:
        kept = newest.setdefault((row.code, row.organisation_id), row)
        if kept.id != row.id:
            tx.execute(sa.update(table).where(table.c.id == row.id).values(until=kept.since))
