"""The tables of patients' telephones: numbers that were verified, and the codes sent to them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, dated_columns, id_column, reference
from storage.database import UtcDateTime, metadata

_STANDING: Final = sa.text("until is null")

# A number as a keyed HMAC (to find it) and as ciphertext (to call it). `made_by` is empty where the patient did it.
verified_telephone: Final = sa.Table(
    "verified_telephone",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    sa.Column("number_digest", DIGEST, nullable=False),
    sa.Column("number_cipher", sa.LargeBinary, nullable=False),
    reference("made_by", "person", nullable=True),
    *dated_columns(),
    sa.Index("ix_verified_telephone_number_digest", "number_digest"),
    sa.Index(
        "uq_verified_telephone_patient_id",
        "patient_id",
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    ),
)

# Each asking has a row, also one that names nobody: nothing tells which. Removed after some days.
telephone_code: Final = sa.Table(
    "telephone_code",
    metadata,
    id_column(),
    sa.Column("purpose", sa.String(10), nullable=False),
    reference("patient_id", "patient", nullable=True),
    # Who asked: the browser of a sign-in by its token, else the record.
    sa.Column("asked_digest", DIGEST, nullable=False),
    sa.Column("number_digest", DIGEST, nullable=False),
    sa.Column("number_cipher", sa.LargeBinary, nullable=False),
    sa.Column("code_digest", DIGEST, nullable=False),
    sa.Column("code_cipher", sa.LargeBinary, nullable=False),
    sa.Column("is_sent", sa.Boolean, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("used_at", UtcDateTime),
    sa.Index("ix_telephone_code_asked_digest", "asked_digest"),
    sa.Index("ix_telephone_code_number_digest", "number_digest", "made_at"),
    sa.Index("ix_telephone_code_made_at", "made_at"),
)
