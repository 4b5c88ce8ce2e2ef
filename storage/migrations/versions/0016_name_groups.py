"""The second and third group of a patient's name, so that each is found by its beginning through an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

_GROUPS = ("patient_name_ideographic", "patient_name_phonetic")
_AT_ONCE = 1000


def upgrade() -> None:
    for name in _GROUPS:
        op.add_column("study", sa.Column(name, sa.String(length=512), nullable=False, server_default=""))
    _fill(op.get_bind())
    for name in _GROUPS:
        op.create_index(f"ix_study_{name}", "study", [name], postgresql_ops={name: "varchar_pattern_ops"})


def _fill(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text(
                "UPDATE study SET patient_name_ideographic = split_part(patient_name_folded, '=', 2), "
                "patient_name_phonetic = split_part(patient_name_folded, '=', 3) "
                "WHERE strpos(patient_name_folded, '=') > 0"
            )
        )
        return
    named = sa.text(
        "SELECT study_uid, patient_name_folded FROM study "
        "WHERE study_uid > :last AND instr(patient_name_folded, '=') > 0 ORDER BY study_uid LIMIT :limit"
    )
    fill = sa.text(
        "UPDATE study SET patient_name_ideographic = :second, patient_name_phonetic = :third WHERE study_uid = :uid"
    )
    last = ""
    while found := connection.execute(named, {"last": last, "limit": _AT_ONCE}).all():
        groups = [(uid, *name.split("=", 2)[1:], "") for uid, name in found]
        connection.execute(fill, [{"uid": uid, "second": second, "third": third} for uid, second, third, *_ in groups])
        last = found[-1][0]
