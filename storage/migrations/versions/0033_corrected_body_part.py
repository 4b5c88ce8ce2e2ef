"""The corrected body part of a study, by which its series are found as they are answered."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("study", sa.Column("corrected_body_part", sa.String(64)))
    connection = op.get_bind()
    latest = sa.text(
        "SELECT made.study_uid, made.attributes FROM attribution AS made JOIN study ON study.study_uid = made.study_uid"
        " AND study.attribution_revision = made.revision"
        " WHERE made.study_uid > :last ORDER BY made.study_uid LIMIT :limit"
    )
    fill = sa.text("UPDATE study SET corrected_body_part = :part WHERE study_uid = :uid")
    last = ""
    while found := connection.execute(latest, {"last": last, "limit": AT_ONCE}).all():
        parts = [(uid, _attributes(each).get("BodyPartExamined")) for uid, each in found]
        corrected = [{"uid": uid, "part": part} for uid, part in parts if part is not None]
        if corrected:
            connection.execute(fill, corrected)
        last = found[-1][0]


def _attributes(value: str | dict[str, str]) -> dict[str, str]:
    """The driver of SQLite gives the text of the JSON."""
    return json.loads(value) if isinstance(value, str) else value
