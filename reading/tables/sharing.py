"""The tables of shares between sites and of patients' links."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, UID, id_column, reference
from storage.database import UtcDateTime, metadata

# -- reading.sharing.shares: in force until it ends by itself (`until`) or by a person (`ended_at`)
study_share: Final = sa.Table(
    "study_share",
    metadata,
    id_column(),
    sa.Column("study_uid", UID, nullable=False, index=True),
    # Who sees it by this.
    reference("site_id", "organisation"),
    sa.Column("reason", sa.String(1000), nullable=False),
    # None: the operator, by the command line.
    reference("shared_by", "person", nullable=True),
    reference("grant_id", "role_grant", nullable=True),
    sa.Column("since", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    reference("ended_by", "person", nullable=True),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("ended_why", sa.String(1000), nullable=False, server_default=""),
    # The patient took the consent back; the study is not shared again unless they agree again.
    sa.Column("ended_by_patient", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_study_share_site_id", "site_id", "until"),
)

# -- reading.sharing.links: what a patient lets a doctor see, in force until `until` or `ended_at`
patient_link: Final = sa.Table(
    "patient_link",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    # None: everything of the patient's.
    reference("case_id", "case", nullable=True),
    sa.Column("token_digest", DIGEST, nullable=False),
    # None: the link alone opens.
    sa.Column("passcode_digest", DIGEST),
    sa.Column("wrong_passcodes", sa.Integer, nullable=False, server_default="0"),
    sa.Column("label", sa.String(60), nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("end_reason", sa.String(16), nullable=False, server_default=""),
    sa.Index("uq_patient_link_token_digest", "token_digest", unique=True),
    sa.Index("ix_patient_link_patient_id", "patient_id"),
)
link_session: Final = sa.Table(
    "link_session",
    metadata,
    sa.Column("token_digest", DIGEST, primary_key=True),
    reference("link_id", "patient_link"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("active_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_link_session_link_id", "link_id"),
)
