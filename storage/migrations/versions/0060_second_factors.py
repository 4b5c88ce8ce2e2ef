"""Second factors: what people show beside their password, sign-ins that wait for it, and what they are told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0057"
branch_labels = None
depends_on = None

ULID = sa.String(26)
AT = sa.DateTime(timezone=True)
DIGEST = sa.LargeBinary(32)
OPEN = sa.text("until IS NULL")
NOT_ENDED = sa.text("ended_at IS NULL")


def reference(table: str, name: str, *, nullable: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("person.id", name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, ULID, key, nullable=nullable)


def dated() -> tuple[sa.Column[object], sa.Column[object]]:
    return sa.Column("since", AT, nullable=False), sa.Column("until", AT)


def upgrade() -> None:
    op.create_table(
        "factor",
        sa.Column("id", ULID, primary_key=True),
        reference("factor", "person_id"),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("secret", sa.LargeBinary(200)),
        sa.Column("last_step", sa.BigInteger()),
        sa.Column("credential_id", sa.LargeBinary(1023)),
        sa.Column("public_key", sa.LargeBinary(2000)),
        sa.Column("sign_count", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("uses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_used_at", AT),
        *dated(),
        reference("factor", "ended_by", nullable=True),
        sa.CheckConstraint(
            "kind = 'totp' and secret is not null or kind = 'passkey' and credential_id is not null",
            name=op.f("ck_factor_kind"),
        ),
    )
    op.create_index("ix_factor_person_id", "factor", ["person_id"])
    op.create_index(
        "uq_factor_credential_id", "factor", ["credential_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", ULID, primary_key=True),
        reference("recovery_code", "person_id"),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("used_at", AT),
        *dated(),
    )
    op.create_index("ix_recovery_code_person_id", "recovery_code", ["person_id"])
    op.create_table(
        "factor_requirement",
        sa.Column("id", ULID, primary_key=True),
        reference("factor_requirement", "person_id"),
        *dated(),
        reference("factor_requirement", "required_by", nullable=True),
        reference("factor_requirement", "ended_by", nullable=True),
    )
    op.create_index("ix_factor_requirement_person_id", "factor_requirement", ["person_id"])
    op.create_table(
        "factor_reset",
        sa.Column("id", ULID, primary_key=True),
        reference("factor_reset", "person_id"),
        sa.Column("asked_at", AT, nullable=False),
        reference("factor_reset", "asked_by", nullable=True),
        sa.Column("confirmed_at", AT),
        reference("factor_reset", "confirmed_by", nullable=True),
        sa.Column("slip_digest", DIGEST),
        sa.Column("slip_until", AT),
        sa.Column("ended_at", AT),
    )
    op.create_index(
        "uq_factor_reset_open",
        "factor_reset",
        ["person_id"],
        unique=True,
        sqlite_where=NOT_ENDED,
        postgresql_where=NOT_ENDED,
    )
    op.create_table(
        "half_session",
        sa.Column("token_digest", DIGEST, primary_key=True),
        reference("half_session", "person_id"),
        sa.Column("csrf_token", sa.String(64), nullable=False),
        sa.Column("needs", sa.String(10), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("ended_at", AT),
    )
    op.create_index("ix_half_session_person_id", "half_session", ["person_id"])
    op.create_index("ix_half_session_created_at", "half_session", ["created_at"])
    op.create_table(
        "account_notice",
        sa.Column("id", ULID, primary_key=True),
        reference("account_notice", "person_id"),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("seen_at", AT),
    )
    op.create_index("ix_account_notice_person_id", "account_notice", ["person_id"])
    op.add_column("staff_session", sa.Column("with_factor", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("staff_session", sa.Column("typed_at", AT))
    op.add_column("staff_session", sa.Column("end_reason", sa.String(16), nullable=False, server_default=""))


def downgrade() -> None:
    for column in ("end_reason", "typed_at", "with_factor"):
        op.drop_column("staff_session", column)
    for table in ("account_notice", "half_session", "factor_reset", "factor_requirement", "recovery_code", "factor"):
        op.drop_table(table)
