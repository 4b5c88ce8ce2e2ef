"""The tables of second factors: what people show beside their password, who must, and how it is reset."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, dated_columns, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.factors.factors
# ``secret``: the key of one-time codes, sealed. ``last_step``: the last time step whose code was taken (RFC 6238 5.2).
# ``uses``: assertions that were taken, so that each challenge of a passkey is another.
factor: Final = sa.Table(
    "factor",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("secret", sa.LargeBinary(200)),
    sa.Column("last_step", sa.BigInteger),
    sa.Column("credential_id", sa.LargeBinary(1023)),
    sa.Column("public_key", sa.LargeBinary(2000)),
    sa.Column("sign_count", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("uses", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_used_at", UtcDateTime),
    *dated_columns(),
    reference("ended_by", "person", nullable=True),
    sa.Index("ix_factor_person_id", "person_id"),
    sa.Index(
        "uq_factor_credential_id",
        "credential_id",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
    sa.CheckConstraint(
        "kind = 'totp' and secret is not null or kind = 'passkey' and credential_id is not null", name="kind"
    ),
)

# -- reading.factors.recovery_codes
recovery_code: Final = sa.Table(
    "recovery_code",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("digest", DIGEST, nullable=False),
    sa.Column("used_at", UtcDateTime),
    *dated_columns(),
    sa.Index("ix_recovery_code_person_id", "person_id"),
)

# -- reading.factors.requirement
# A person who must have a factor whatever their roles; ``required_by`` empty: the system, in the name of its operator.
factor_requirement: Final = sa.Table(
    "factor_requirement",
    metadata,
    id_column(),
    reference("person_id", "person"),
    *dated_columns(),
    reference("required_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index("ix_factor_requirement_person_id", "person_id"),
)

# -- reading.factors.resets
# Asked for by one, confirmed by another where it is an administrator's; the slip is made then, and handed over.
factor_reset: Final = sa.Table(
    "factor_reset",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    reference("asked_by", "person", nullable=True),
    sa.Column("confirmed_at", UtcDateTime),
    reference("confirmed_by", "person", nullable=True),
    sa.Column("slip_digest", DIGEST),
    sa.Column("slip_until", UtcDateTime),
    sa.Column("ended_at", UtcDateTime),
    sa.Index(
        "uq_factor_reset_open",
        "person_id",
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
)
