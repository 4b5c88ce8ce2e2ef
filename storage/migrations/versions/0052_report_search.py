"""Final reports are found by words, categories and who signed them; those that there are become findable.

PostgreSQL: an index of the elements of an array (GIN) of numbers of characters and pairs of characters.
"""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)
GRAMS = sa.JSON(none_as_null=True).with_variant(postgresql.ARRAY(sa.Integer), "postgresql")
PAGE = 500


def to(table: str, name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, ULID, sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{name}")), nullable=False)


def upgrade() -> None:
    op.create_table(
        "report_search",
        to("report_search", "case_id", "case"),
        to("report_search", "version_id", "report_version"),
        to("report_search", "site_id", "organisation"),
        sa.Column("released_at", AT, nullable=False),
        sa.Column("positive", sa.Boolean),
        sa.Column("critical_class", sa.String(40), nullable=False, server_default=""),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("grams", GRAMS),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_report_search")),
    )
    op.create_table(
        "report_search_person",
        to("report_search_person", "person_id", "person"),
        to("report_search_person", "case_id", "case"),
        sa.PrimaryKeyConstraint("person_id", "case_id", name=op.f("pk_report_search_person")),
    )
    op.create_table(
        "report_search_code",
        sa.Column("code", sa.String(60), nullable=False),
        to("report_search_code", "case_id", "case"),
        sa.PrimaryKeyConstraint("code", "case_id", name=op.f("pk_report_search_code")),
    )
    op.create_table(
        "saved_search",
        sa.Column("id", ULID, nullable=False),
        to("saved_search", "person_id", "person"),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("query", sa.JSON, nullable=False),
        sa.Column("saved_at", AT, nullable=False),
        sa.Column("seen_at", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_search")),
    )
    op.create_index("ix_saved_search_person_id", "saved_search", ["person_id"])
    _fill(op.get_bind())
    op.create_index("ix_report_search_released_at", "report_search", ["released_at", "case_id"])
    op.create_index("ix_report_search_site_id", "report_search", ["site_id", "released_at"])
    op.create_index("ix_report_search_grams", "report_search", ["grams"], postgresql_using="gin")
    op.create_index("ix_report_search_person_case_id", "report_search_person", ["case_id"])
    op.create_index("ix_report_search_code_case_id", "report_search_code", ["case_id"])


def downgrade() -> None:
    for table in ("saved_search", "report_search_code", "report_search_person", "report_search"):
        op.drop_table(table)


def _fill(bind: sa.Connection) -> None:
    """The rows that `reading.search.index_rows` writes for a report when it is released."""
    row = sa.table(
        "report_search",
        *(sa.column(name) for name in ("case_id", "version_id", "site_id", "released_at", "positive")),
        *(sa.column(name) for name in ("critical_class", "words")),
        sa.column("grams", GRAMS),
    )
    person = sa.table("report_search_person", sa.column("person_id"), sa.column("case_id"))
    code = sa.table("report_search_code", sa.column("code"), sa.column("case_id"))
    finals = sa.text(
        "SELECT v.id, v.case_id, v.content, v.released_at, c.site_id FROM report_version v"
        ' JOIN "case" c ON c.id = v.case_id'
        " WHERE v.status = 'final' AND v.released_at IS NOT NULL AND v.id > :last ORDER BY v.id LIMIT :page"
    )
    documents = {
        each.id: _json(each.document) for each in bind.execute(sa.text("SELECT id, document FROM report_template"))
    }
    last = ""
    while found := bind.execute(finals, {"last": last, "page": PAGE}).all():
        last = found[-1].id
        for one in found:
            content = _json(one.content)
            words = "¦".join(_plain(content.get(part) or "") for part in ("findings", "impression", "recommendation"))
            bind.execute(
                row.insert().values(
                    case_id=one.case_id,
                    version_id=one.id,
                    site_id=one.site_id,
                    released_at=one.released_at,
                    positive=content.get("positive"),
                    critical_class=content.get("critical_class") or "",
                    words=words,
                    grams=_grams(words) if bind.dialect.name == "postgresql" else None,
                )
            )
            signers = [{"person_id": each, "case_id": one.case_id} for each in sorted(_signers(bind, one.id))]
            if signers:
                bind.execute(person.insert(), signers)
            form = content.get("form") or {}
            codes = sorted(set(_codes(documents.get(form.get("template"), {}), form.get("values") or {})))
            if codes:
                bind.execute(code.insert(), [{"code": each, "case_id": one.case_id} for each in codes])


def _signers(bind: sa.Connection, version_id: str | None) -> set[str]:
    """Those whose signatures a version rests on, back to its author's."""
    signers: set[str] = set()
    while version_id is not None:
        here = bind.execute(
            sa.text("SELECT person_id, role FROM signature WHERE version_id = :id"), {"id": version_id}
        ).all()
        signers |= {one.person_id for one in here}
        if any(one.role == "author" for one in here):
            break
        version_id = bind.scalar(sa.text("SELECT supersedes_id FROM report_version WHERE id = :id"), {"id": version_id})
    return signers


def _codes(document: dict[str, Any], values: dict[str, Any]) -> Iterator[str]:
    for one in document.get("fields", ()):
        if one.get("kind") == "table":
            for column in one["columns"]:
                for line in values.get(one["name"]) or ():
                    yield from _code(column["label"]["en"], line.get(column["name"]))
        else:
            yield from _code(one["label"]["en"], values.get(one["name"]))


def _code(label: str, value: Any) -> Iterator[str]:
    family = re.search(r"[A-Z]+-?[A-Z]*RADS", label, re.IGNORECASE)
    for each in value if isinstance(value, list) else [value]:
        if family is not None and isinstance(each, str | int) and not isinstance(each, bool) and each != "":
            yield re.sub(r"[\s:：]+", "", f"{family[0]}{each}").upper()[:60]


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).casefold())


def _grams(text: str) -> list[int]:
    pairs = {text[place : place + 2] for place in range(len(text) - 1)} | set(text)
    return sorted({zlib.crc32(each.encode("utf-8", "surrogatepass")) - (1 << 31) for each in pairs})


def _json(value: Any) -> dict[str, Any]:
    return json.loads(value) if isinstance(value, str) else value
