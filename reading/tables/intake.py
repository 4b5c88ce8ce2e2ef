"""The tables of questions of identity, surgery and rejections."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import UID, ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.intake.identity: a case whose images contradict whom their numbers name, and each decision about it
identity_question: Final = sa.Table(
    "identity_question",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    # Whom and what the numbers named: not joined while the question is open.
    reference("patient_id", "patient", nullable=True),
    reference("order_id", "imaging_order", nullable=True),
    # The number in the images is another person's than the order's.
    sa.Column("number_differs", sa.Boolean, nullable=False),
    # Digests of what a person has seen in the images and taken for the same person.
    sa.Column("accepted", sa.JSON, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    revision_column(),
)

identity_move: Final = sa.Table(
    "identity_move",
    metadata,
    id_column(),
    reference("case_id", "case"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("move", sa.String(10), nullable=False),
    sa.Column("to_state", sa.String(10), nullable=False),
    reference("person_id", "person", nullable=True),
    reference("grant_id", "role_grant", nullable=True),
    sa.Column("reason", sa.String(1000), nullable=False, server_default=""),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("case_id", "number"),
)

# -- reading.intake.surgery: what a person moved or merged; changes are `storage.decisions.placement_changes.Change`s
surgery: Final = sa.Table(
    "surgery",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(10), nullable=False),
    reference("case_id", "case"),
    reference("other_case_id", "case", nullable=True),
    sa.Column("instances", sa.Integer, nullable=False),
    sa.Column("changes", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    reference("made_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("undone_by", "person", nullable=True),
    sa.Column("undone_at", UtcDateTime),
    sa.Column("undone_why", sa.String(1000)),
    sa.Index("ix_surgery_case_id", "case_id"),
    sa.Index("ix_surgery_other_case_id", "other_case_id"),
    sa.CheckConstraint("kind in ('split', 'move', 'merge')", name="kind"),
)

# -- reading.intake.rejections: what hides images, a device's note or a person, and each image that it names, here or
# not yet
rejection: Final = sa.Table(
    "rejection",
    metadata,
    id_column(),
    sa.Column("note_uid", UID, unique=True),
    sa.Column("title", sa.String(10), nullable=False),
    sa.Column("site_id", ULID, nullable=False),
    # The device that sent the note (empty for a person), and whether it may hide what others of its site sent.
    sa.Column("device_id", ULID),
    sa.Column("whole_site", sa.Boolean, nullable=False, server_default=sa.true()),
    reference("made_by", "person", nullable=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("why", sa.String(1000), nullable=False, server_default=""),
    reference("lifted_by", "person", nullable=True),
    sa.Column("lifted_at", UtcDateTime),
    sa.Column("lifted_why", sa.String(1000)),
)

rejected_instance: Final = sa.Table(
    "rejected_instance",
    metadata,
    reference("rejection_id", "rejection"),
    sa.Column("sop_instance_uid", UID, nullable=False),
    # 'waiting' for the image, 'hidden', 'foreign' (another device's or site's), 'lifted'
    sa.Column("state", sa.String(10), nullable=False),
    sa.PrimaryKeyConstraint("rejection_id", "sop_instance_uid"),
    sa.Index("ix_rejected_instance_sop_instance_uid", "sop_instance_uid"),
    sa.Index(
        "ix_rejected_instance_waiting",
        "sop_instance_uid",
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    ),
    sa.CheckConstraint("state in ('waiting', 'hidden', 'foreign', 'lifted')", name="state"),
)
