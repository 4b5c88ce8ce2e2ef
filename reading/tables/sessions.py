"""The tables of sessions, failed proofs, receipts."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.sessions
staff_session: Final = sa.Table(
    "staff_session",
    metadata,
    sa.Column("token_digest", DIGEST, primary_key=True),
    reference("person_id", "person"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("active_at", UtcDateTime, nullable=False),
    sa.Column("proved_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("with_factor", sa.Boolean, nullable=False, server_default=sa.false()),
    # When a password or a factor was last typed; acts, which move `proved_at`, leave it. Empty in sessions from before.
    sa.Column("typed_at", UtcDateTime),
    sa.Column("end_reason", sa.String(16), nullable=False, server_default=""),
    sa.Index("ix_staff_session_person_id", "person_id"),
)

# -- reading.sessions.half_sessions
# A password was right, and a factor, a slip or a first factor is still asked for: no session, and nothing opens by it.
half_session: Final = sa.Table(
    "half_session",
    metadata,
    sa.Column("token_digest", DIGEST, primary_key=True),
    reference("person_id", "person"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("needs", sa.String(10), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_half_session_person_id", "person_id"),
    sa.Index("ix_half_session_created_at", "created_at"),
)

# -- reading.sessions.account_notices
# What a person is told about their own account at the next sign-in.
account_notice: Final = sa.Table(
    "account_notice",
    metadata,
    id_column(),
    reference("person_id", "person"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime),
    sa.Index("ix_account_notice_person_id", "person_id"),
)

patient_session: Final = sa.Table(
    "patient_session",
    metadata,
    sa.Column("token_digest", DIGEST, primary_key=True),
    reference("patient_id", "patient"),
    # What opened it, and with which it ends: a receipt, or a telephone that was verified.
    reference("receipt_id", "receipt", nullable=True),
    reference("telephone_id", "verified_telephone", nullable=True),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("active_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.CheckConstraint("(receipt_id is null) <> (telephone_id is null)", name="opened_by"),
)

# One row for each thing that failures count against (reading.sessions.failed_proofs.Kind), as a keyed digest.
failed_proof: Final = sa.Table(
    "failed_proof",
    metadata,
    sa.Column("subject_digest", DIGEST, primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("about", sa.String(64), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("last_failed_at", UtcDateTime, nullable=False),
    sa.Column("closed_until", UtcDateTime, nullable=False),
)

# An account and a place where it was proved, as one keyed digest: nothing says whose or where.
known_place: Final = sa.Table(
    "known_place",
    metadata,
    sa.Column("place_digest", DIGEST, primary_key=True),
    sa.Column("proved_at", UtcDateTime, nullable=False),
)

# -- reading.sessions.receipts
receipt: Final = sa.Table(
    "receipt",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("patient_id", "patient"),
    sa.Column("code_digest", DIGEST, nullable=False),
    sa.Column("printed_at", UtcDateTime, nullable=False),
    reference("printed_by", "person"),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("by_number", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_receipt_patient_id", "patient_id"),
    sa.Index("ix_receipt_case_id", "case_id"),
)
