"""The tables of who a patient is, and whose a study is."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, UID, dated_columns, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.patients.known_keys: digests of the keys that this database was written with
installation_key: Final = sa.Table(
    "installation_key",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("digest", DIGEST, nullable=False),
)

# -- reading.patients.patients
patient: Final = sa.Table(
    "patient",
    metadata,
    id_column(),
    sa.Column("number", sa.String(16), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("birth_date", sa.Date),
    sa.Column("sex", sa.String(1), nullable=False, server_default=""),
    sa.Column("telephone", sa.String(40), nullable=False, server_default=""),
    sa.Column("created_at", UtcDateTime, nullable=False),
    revision_column(),
    reference("site_id", "organisation", nullable=True),
    # Without papers; estimated years where nobody knows the birth date.
    sa.Column("temporary", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("estimated_age", sa.Integer),
    # When name, sex or birth date of the person were last changed, by a correction or a merge; None: never.
    sa.Column("facts_at", UtcDateTime),
    # The record that stands for the person: what the merges in force lead to; `patient_merge` says why.
    reference("merged_into", "patient", nullable=True),
    # The name as people type it into a search, and its pinyin (storage.index.name_forms).
    sa.Column("name_joined", sa.String(64), nullable=False, server_default=""),
    sa.Column("name_turned", sa.String(64), nullable=False, server_default=""),
    sa.Column("pinyin_joined", sa.String(64), nullable=False, server_default=""),
    sa.Column("pinyin_turned", sa.String(64), nullable=False, server_default=""),
    # Its initials (storage.index.initials); None until the worker has spelled the name.
    sa.Column("initials", sa.String(16)),
    *(
        sa.Index(f"ix_patient_{name}", name, postgresql_ops={name: "varchar_pattern_ops"})
        for name in ("name_joined", "name_turned", "pinyin_joined", "pinyin_turned", "initials")
    ),
    sa.Index("ix_patient_merged_into", "merged_into"),
    sa.Index("ix_patient_site_id", "site_id"),
    sa.Index("ix_patient_birth_date", "birth_date"),
    sa.Index(
        "ix_patient_facts_at",
        "facts_at",
        sqlite_where=sa.text("facts_at is not null"),
        postgresql_where=sa.text("facts_at is not null"),
    ),
)

# -- reading.patients.changes: every correction of a record, with the values before and after
patient_change: Final = sa.Table(
    "patient_change",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
    sa.Column("before", sa.JSON, nullable=False),
    sa.Column("after", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    reference("made_by", "person"),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("patient_id", "revision"),
)

# -- reading.patients.merges: two records of one person, and every move of that claim
patient_merge: Final = sa.Table(
    "patient_merge",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    reference("into_id", "patient"),
    sa.Column("state", sa.String(10), nullable=False),
    revision_column(),
    sa.Index("ix_patient_merge_into_id", "into_id"),
    sa.Index("ix_patient_merge_patient_id", "patient_id"),
    sa.CheckConstraint("state in ('proposed', 'merged', 'declined', 'undone')", name="state"),
    # A record stands for itself, or for one other.
    sa.Index(
        "uq_patient_merge_merged",
        "patient_id",
        unique=True,
        sqlite_where=sa.text("state = 'merged'"),
        postgresql_where=sa.text("state = 'merged'"),
    ),
)

patient_merge_move: Final = sa.Table(
    "patient_merge_move",
    metadata,
    id_column(),
    reference("merge_id", "patient_merge"),
    sa.Column("move", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    reference("made_by", "person"),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Index("ix_patient_merge_move_merge_id", "merge_id"),
)

# Issuer-qualified; the value only as a keyed HMAC (to find it) and as ciphertext (to show it). The holder of a
# guardian's card is named, since they need not be a patient; such a row has an end.
patient_identifier: Final = sa.Table(
    "patient_identifier",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("value_digest", DIGEST, nullable=False),
    sa.Column("value_cipher", sa.LargeBinary, nullable=False),
    sa.Column("held_as", sa.String(10), nullable=False, server_default="own"),
    sa.Column("holder_name", sa.String(200), nullable=False, server_default=""),
    sa.Column("verified_at", UtcDateTime),
    *dated_columns(),
    sa.Index("ix_patient_identifier_value_digest", "value_digest"),
    sa.Index("ix_patient_identifier_patient_id", "patient_id"),
    # One owner of an identifier at a time.
    sa.Index(
        "uq_patient_identifier_own",
        "kind",
        "issuer",
        "value_digest",
        unique=True,
        sqlite_where=sa.text("until IS NULL AND held_as = 'own'"),
        postgresql_where=sa.text("until IS NULL AND held_as = 'own'"),
    ),
)

# -- reading.patients.attribution: whose study it is, beside bytes that never change
attribution: Final = sa.Table(
    "attribution",
    metadata,
    id_column(),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    reference("patient_id", "patient", nullable=True),
    reference("order_id", "imaging_order", nullable=True),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("previous", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    reference("made_by", "person", nullable=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("study_uid", "revision"),
)
