"""Names as people type them into a search: of studies, and of the people who are registered."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

OF_STUDIES = ("name_joined", "name_turned", "characters_joined", "characters_turned")
OF_PATIENTS = ("name_joined", "name_turned", "pinyin_joined", "pinyin_turned")
LONGEST = 64
AT_ONCE = 1000
BETWEEN = re.compile(r"[\^\s·]+")
CHARACTER = re.compile("[\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def upgrade() -> None:
    for name in OF_STUDIES:
        op.add_column("study", sa.Column(name, sa.String(LONGEST), nullable=False, server_default=""))
    _fill(op.get_bind())
    # Names of patients are filled in by the worker, which can spell them.
    for name in OF_PATIENTS:
        op.add_column("patient", sa.Column(name, sa.String(LONGEST), nullable=False, server_default=""))
    for table, names in (("study", OF_STUDIES), ("patient", OF_PATIENTS)):
        for name in names:
            op.create_index(f"ix_{table}_{name}", table, [name], postgresql_ops={name: "varchar_pattern_ops"})


def _fill(connection: sa.Connection) -> None:
    named = sa.text(
        "SELECT study_uid, patient_name_folded FROM study "
        "WHERE study_uid > :last AND patient_name_folded <> '' ORDER BY study_uid LIMIT :limit"
    )
    fill = sa.text(
        "UPDATE study SET name_joined = :joined, name_turned = :turned, "
        "characters_joined = :characters, characters_turned = :characters_turned WHERE study_uid = :uid"
    )
    last = ""
    while found := connection.execute(named, {"last": last, "limit": AT_ONCE}).all():
        connection.execute(fill, [_forms(uid, name) for uid, name in found])
        last = found[-1][0]


def _forms(uid: str, name: str) -> dict[str, str]:
    alphabetic, characters, *_ = (*name.split("="), "")
    return {
        "uid": uid,
        "joined": BETWEEN.sub("", alphabetic)[:LONGEST],
        "turned": _turned(alphabetic),
        "characters": BETWEEN.sub("", characters)[:LONGEST],
        "characters_turned": _turned(characters),
    }


def _turned(group: str) -> str:
    parts = [part for part in BETWEEN.split(group) if part]
    if len(parts) == 1 and len(parts[0]) > 1 and CHARACTER.match(parts[0]):
        parts = [parts[0][0], parts[0][1:]]
    return "".join([*parts[1:], parts[0]])[:LONGEST] if len(parts) > 1 else ""
