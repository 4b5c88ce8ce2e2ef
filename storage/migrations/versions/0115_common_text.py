"""Two who confer may write one text: a version that one of them signed and the other one has not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0115"
down_revision = "0110"
branch_labels = None
depends_on = None

BEFORE = (
    "status in ('pending', 'preliminary', 'final', 'superseded', 'withheld', 'entered_in_error', "
    "'blind', 'withdrawn', 'replaced')"
)
AFTER = BEFORE[:-1] + ", 'proposed')"


def upgrade() -> None:
    _check_status(BEFORE, AFTER)


def downgrade() -> None:
    version = sa.table("report_version", sa.column("status"))
    op.execute(sa.update(version).where(version.c.status == "proposed").values(status="withdrawn"))
    _check_status(AFTER, BEFORE)


def _check_status(before: str, after: str) -> None:
    tx = op.get_bind()
    if tx.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_report_version_status"), "report_version", type_="check")
        op.create_check_constraint(op.f("ck_report_version_status"), "report_version", sa.text(after))
        return
    # As 0050: a check has no part in how rows are kept, so its words are changed where they stand.
    op.execute("PRAGMA writable_schema = ON")
    words = sa.text(
        "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
        " WHERE name = 'report_version' AND instr(sql, :before) > 0"
    )
    if tx.execute(words, {"before": before, "after": after}).rowcount != 1:
        raise RuntimeError("the check of report_version has other words than the schema before: nothing was changed")
    version = tx.execute(sa.text("PRAGMA schema_version")).scalar_one()
    op.execute(f"PRAGMA schema_version = {int(version) + 1}")
    op.execute("PRAGMA writable_schema = OFF")
