"""Templates of reports in versions, and phrases; the shipped ones are installed when somebody first asks for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)


def made_by(table: str) -> sa.Column[str]:
    return sa.Column("made_by", ULID, sa.ForeignKey("person.id", name=op.f(f"fk_{table}_made_by")))


def upgrade() -> None:
    op.create_table(
        "report_template",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("owner", ULID, nullable=False, server_default=""),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        made_by("report_template"),
        sa.UniqueConstraint("owner", "key", "version", name=op.f("uq_report_template_owner_key_version")),
    )
    op.create_table(
        "phrase",
        sa.Column("id", ULID, primary_key=True),
        sa.Column("owner", ULID, nullable=False),
        sa.Column("shortcut", sa.String(20), nullable=False),
        sa.Column("words", sa.String(2000), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("until", AT),
        made_by("phrase"),
    )
    valid = sa.text("until is null")
    op.create_index(
        "uq_phrase_shortcut", "phrase", ["owner", "shortcut"], unique=True, sqlite_where=valid, postgresql_where=valid
    )


def downgrade() -> None:
    op.drop_table("phrase")
    op.drop_table("report_template")
