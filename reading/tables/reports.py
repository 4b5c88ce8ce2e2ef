"""The tables of drafts, versions, signatures, and of the DICOM objects of versions."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.signing.signatures
draft: Final = sa.Table(
    "draft",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    reference("person_id", "person"),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("saved_at", UtcDateTime, nullable=False),
    revision_column(),
)

report_version: Final = sa.Table(
    "report_version",
    metadata,
    id_column(),
    reference("case_id", "case"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("identity", sa.JSON, nullable=False),
    sa.Column("images", sa.JSON, nullable=False),
    sa.Column("image_count", sa.Integer, nullable=False),
    sa.Column("incomplete_reason", sa.String(500), nullable=False, server_default=""),
    sa.Column("consultations", sa.JSON, nullable=False, server_default=sa.text("'[]'")),
    reference("supersedes_id", "report_version", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("released_at", UtcDateTime),
    sa.UniqueConstraint("case_id", "number"),
    # Two valid versions never exist.
    sa.Index(
        "uq_report_version_valid",
        "case_id",
        unique=True,
        sqlite_where=sa.text("status in ('preliminary', 'final')"),
        postgresql_where=sa.text("status in ('preliminary', 'final')"),
    ),
    # Nor two that are signed anew beside the final one.
    sa.Index(
        "uq_report_version_pending",
        "case_id",
        unique=True,
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    ),
    sa.CheckConstraint(
        "status in ('pending', 'preliminary', 'final', 'superseded', 'withheld', 'entered_in_error', "
        "'blind', 'withdrawn', 'replaced', 'proposed')",
        name="status",
    ),
)

# -- reading.access.report_seals
seal_alarm: Final = sa.Table(
    "seal_alarm",
    metadata,
    sa.Column("version_id", ULID, sa.ForeignKey("report_version.id"), primary_key=True),
    sa.Column("flaws", sa.String(100), nullable=False),
    sa.Column("found_at", UtcDateTime, nullable=False),
    sa.Column("told_at", UtcDateTime),
    sa.Column("lifted_at", UtcDateTime),
)

signature: Final = sa.Table(
    "signature",
    metadata,
    id_column(),
    reference("version_id", "report_version"),
    sa.Column("role", sa.String(10), nullable=False),
    reference("person_id", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("signed_at", UtcDateTime, nullable=False),
    sa.Column("algorithm", sa.String(20), nullable=False),
    sa.Column("key_id", sa.String(64), nullable=False),
    sa.Column("certificate", sa.LargeBinary),
    sa.Column("time_stamp", sa.LargeBinary),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    sa.Column("value", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("version_id", "role"),
    sa.UniqueConstraint("version_id", "person_id"),
)

# -- reading.report_objects
# The DICOM objects of a final version, from its release on: a worker makes those that wait, at look_at, and has the one
# that it took up for itself until held_until. about is the SOP Instance UID of an image where there is an object for
# each, else empty.
report_object: Final = sa.Table(
    "report_object",
    metadata,
    sa.Column("version_id", ULID, sa.ForeignKey("report_version.id"), primary_key=True),
    sa.Column("kind", sa.String(8), primary_key=True),
    sa.Column("about", sa.String(64), primary_key=True, server_default=""),
    reference("case_id", "case"),
    sa.Column("sop_instance_uid", sa.String(64), nullable=False),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("look_at", UtcDateTime, nullable=False),
    sa.Column("held_until", UtcDateTime),
    # How often it could not be made.
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("settled_at", UtcDateTime),
    sa.Index("uq_report_object_sop_instance_uid", "sop_instance_uid", unique=True),
    sa.Index("ix_report_object_case_id", "case_id"),
    sa.Index(
        "ix_report_object_waiting",
        "look_at",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
)
