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
    sa.Index("ix_patient_site_id", "site_id"),
    sa.Index("ix_patient_birth_date", "birth_date"),
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
