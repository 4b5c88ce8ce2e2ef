"""The tables of orders and what devices perform of them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import UID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.orders.orders
imaging_order: Final = sa.Table(
    "imaging_order",
    metadata,
    id_column(),
    reference("site_id", "organisation"),
    reference("patient_id", "patient"),
    sa.Column("accession_number", sa.String(16), nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False, server_default=""),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("scheduled_at", UtcDateTime, nullable=False),
    reference("ordered_by", "person", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    revision_column(),
    reference("device_id", "device", nullable=True),  # the station that is to make it; none: any of the site
    sa.Column("department", sa.String(60), nullable=False, server_default=""),  # that asks for it
    sa.Column("contrast", sa.Boolean),  # none: not said
    sa.Index("ix_imaging_order_patient_id", "patient_id"),
    sa.Index("ix_imaging_order_site_id_scheduled_at", "site_id", "scheduled_at"),
    sa.UniqueConstraint("site_id", "accession_number"),
)

# -- reading.protocolling.requests: what a site asks before an examination, and what it is told
protocol_request: Final = sa.Table(
    "protocol_request",
    metadata,
    id_column(),
    reference("order_id", "imaging_order"),
    reference("asked_by", "person"),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("words", sa.String(1000), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("answer", sa.String(1000), nullable=False, server_default=""),
    reference("ended_by", "person", nullable=True),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("read_at", UtcDateTime),
    revision_column(),
    sa.Index("ix_protocol_request_order_id", "order_id"),
    # Answers that nobody at the site has noted, which every page there counts.
    sa.Index(
        "ix_protocol_request_unread",
        "order_id",
        sqlite_where=sa.text("read_at IS NULL AND (state = 'accepted' OR state = 'refused')"),
        postgresql_where=sa.text("read_at IS NULL AND (state = 'accepted' OR state = 'refused')"),
    ),
    # One is open about an order at a time.
    sa.Index(
        "uq_protocol_request_open",
        "order_id",
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)

procedure: Final = sa.Table(
    "procedure",
    metadata,
    id_column(),
    reference("order_id", "imaging_order"),
    sa.Column("body_part", sa.String(40), nullable=False),
    sa.Column("laterality", sa.String(1), nullable=False, server_default=""),
    sa.Column("study_uid", UID, nullable=False, unique=True),
    sa.Column("state", sa.String(12), nullable=False, server_default="placed"),
    sa.Index("ix_procedure_order_id", "order_id"),
)

# -- reading.orders.performed: what devices say that they are making, or have made (MPPS)
performed_step: Final = sa.Table(
    "performed_step",
    metadata,
    id_column(),
    sa.Column("sop_instance_uid", UID, nullable=False, unique=True),
    reference("site_id", "organisation"),
    reference("device_id", "device"),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("series", sa.JSON(none_as_null=True)),  # none while the device has not listed what it made
    sa.Column("reason", sa.JSON(none_as_null=True)),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    revision_column(),
    sa.Index("ix_performed_step_site_id_changed_at", "site_id", "changed_at"),
)

# What a performed step answers: a study, and the procedure of ours where it is one.
performed_reference: Final = sa.Table(
    "performed_reference",
    metadata,
    reference("performed_id", "performed_step"),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("accession_number", sa.String(16), nullable=False),
    reference("procedure_id", "procedure", nullable=True),
    sa.PrimaryKeyConstraint("performed_id", "place"),
    sa.Index("ix_performed_reference_study_uid", "study_uid"),
    sa.Index("ix_performed_reference_procedure_id", "procedure_id"),
)

# Each message as it came, with the state that it led to.
performed_change: Final = sa.Table(
    "performed_change",
    metadata,
    reference("performed_id", "performed_step"),
    sa.Column("number", sa.Integer, nullable=False),
    reference("device_id", "device"),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("performed_id", "number"),
)
