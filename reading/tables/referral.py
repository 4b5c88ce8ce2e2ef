"""The tables of referrals: a patient goes to another institution with the pictures and the report of a case."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.referral.sending: the receiving institution sees the case until `shown_until`
referral: Final = sa.Table(
    "referral",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("from_id", "organisation"),
    reference("to_id", "organisation"),
    sa.Column("direction", sa.String(4), nullable=False),
    sa.Column("urgency", sa.String(12), nullable=False),
    sa.Column("reason", sa.String(2000), nullable=False),
    sa.Column("contact", sa.String(100), nullable=False),
    sa.Column("sent_at", UtcDateTime, nullable=False),
    sa.Column("shown_until", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("answered_at", UtcDateTime),
    # Bed or visit, where, and when the patient is expected.
    sa.Column("place_kind", sa.String(8), nullable=False, server_default=""),
    sa.Column("place", sa.String(200), nullable=False, server_default=""),
    sa.Column("expected_at", UtcDateTime),
    revision_column(),
    sa.Index("ix_referral_case_id", "case_id"),
    sa.Index("ix_referral_to_id", "to_id", "sent_at"),
    sa.Index("ix_referral_from_id", "from_id", "sent_at"),
)

# -- reading.referral.sending: only ever added
referral_move: Final = sa.Table(
    "referral_move",
    metadata,
    sa.Column("referral_id", ULID, sa.ForeignKey("referral.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("move", sa.String(12), nullable=False),
    sa.Column("to_state", sa.String(12), nullable=False),
    # Empty where it happened by itself.
    reference("person_id", "person", nullable=True),
    reference("grant_id", "role_grant", nullable=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.String(1000), nullable=False, server_default=""),
)
