"""The tables of who takes part, and the devices."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, ULID, dated_columns, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.register.organisations
organisation: Final = sa.Table(
    "organisation",
    metadata,
    id_column(),
    sa.Column("code", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("level", sa.String(10), nullable=False),
    reference("parent_id", "organisation", nullable=True),
    sa.Column("region_code", sa.String(12)),
    sa.Column("time_zone", sa.String(64), nullable=False, server_default="Asia/Shanghai"),
    sa.Column("telephone", sa.String(40), nullable=False, server_default=""),
    *dated_columns(),
    revision_column(),
    # Unified social credit code (GB 32100) or registration of the medical institution.
    sa.Column("institution_number", sa.String(23), nullable=False, server_default=""),
    sa.CheckConstraint("level in ('region', 'city', 'county', 'township')", name="level"),
)

agreement: Final = sa.Table(
    "agreement",
    metadata,
    id_column(),
    reference("site_id", "organisation"),
    reference("reader_id", "organisation"),
    sa.Column("tier", sa.String(10), nullable=False),
    *dated_columns(),
    sa.CheckConstraint("tier in ('county', 'neighbour', 'city')", name="tier"),
    sa.Index("ix_agreement_site_id_tier", "site_id", "tier"),
    sa.Index("ix_agreement_reader_id_tier", "reader_id", "tier"),
)

# -- reading.register.people
person: Final = sa.Table(
    "person",
    metadata,
    id_column(),
    sa.Column("username", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("title", sa.String(40), nullable=False, server_default=""),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    *dated_columns(),
    revision_column(),
)

# -- reading.register.personal_settings: what somebody set for themselves; gone with their account
personal_setting: Final = sa.Table(
    "personal_setting",
    metadata,
    reference("person_id", "person"),
    sa.Column("name", sa.String(20), nullable=False),
    sa.Column("value", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("person_id", "name"),
)

role_grant: Final = sa.Table(
    "role_grant",
    metadata,
    id_column(),
    reference("person_id", "person"),
    reference("organisation_id", "organisation"),
    sa.Column("role", sa.String(30), nullable=False),
    *dated_columns(),
    sa.Index("ix_role_grant_person_id", "person_id"),
    sa.Index("ix_role_grant_organisation_id", "organisation_id"),
)

# -- reading.register.devices
device: Final = sa.Table(
    "device",
    metadata,
    id_column(),
    sa.Column("ae_title", sa.String(16), nullable=False),
    sa.Column("network", sa.String(43), nullable=False),
    sa.Column("port", sa.Integer),
    reference("site_id", "organisation"),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("certificate_digest", DIGEST),
    sa.Column("character_set", sa.String(16), nullable=False, server_default=""),
    *dated_columns(),
    revision_column(),
    # Where we call it, where that is not the one address that it calls from.
    sa.Column("host", sa.String(255), nullable=False, server_default=""),
    sa.Column("tls_required", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("call_by_tls", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_device_ae_title", "ae_title"),
    sa.Index(
        "uq_device_calling",
        "ae_title",
        "network",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
)

device_token: Final = sa.Table(
    "device_token",
    metadata,
    id_column(),
    reference("device_id", "device"),
    sa.Column("token_digest", DIGEST, nullable=False, unique=True),
    *dated_columns(),
)

# -- reading.register.device_rights
# What a device may do, each right with whoever gave and ended it; empty: the system, in the name of its operator.
device_right: Final = sa.Table(
    "device_right",
    metadata,
    id_column(),
    reference("device_id", "device"),
    sa.Column("right", sa.String(10), nullable=False),
    *dated_columns(),
    reference("given_by", "person", nullable=True),
    reference("ended_by", "person", nullable=True),
    sa.Index("ix_device_right_device_id", "device_id"),
    sa.Index(
        "uq_device_right_open",
        "device_id",
        "right",
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    ),
    sa.CheckConstraint("\"right\" in ('store', 'worklist', 'query', 'retrieve', 'reject')", name="right"),
)

# What a device lacked when it asked for something: the last time, for whoever may give it.
device_lack: Final = sa.Table(
    "device_lack",
    metadata,
    sa.Column("device_id", ULID, sa.ForeignKey("device.id"), primary_key=True),
    sa.Column("right", sa.String(10), primary_key=True),
    sa.Column("asked_at", UtcDateTime, nullable=False),
)

# -- reading.register.device_register
# A title under which `tierread devices check` calls as a device for a minute; only its digest is kept.
device_check: Final = sa.Table(
    "device_check",
    metadata,
    sa.Column("title_digest", DIGEST, primary_key=True),
    reference("device_id", "device"),
    sa.Column("until", UtcDateTime, nullable=False),
)

# -- reading.register.device_contacts
# One row for each device: when it was last heard, what it stored last, and its last refusals with their reasons.
device_contact: Final = sa.Table(
    "device_contact",
    metadata,
    sa.Column("device_id", ULID, sa.ForeignKey("device.id"), primary_key=True),
    sa.Column("heard_at", UtcDateTime),
    sa.Column("refused_at", UtcDateTime),
    sa.Column("refusal", sa.String(40)),
    sa.Column("refused_called", sa.String(16), nullable=False, server_default=""),
    sa.Column("refused_address", sa.String(45), nullable=False, server_default=""),
    sa.Column("stored_at", UtcDateTime),
    sa.Column("instance_refused_at", UtcDateTime),
    sa.Column("instance_refusal", sa.String(40)),
    sa.Column("classes_refused_at", UtcDateTime),
    sa.Column("classes_refused", sa.String(1000), nullable=False, server_default=""),
)

# What a device did in an hour; kept for some days.
device_tally: Final = sa.Table(
    "device_tally",
    metadata,
    sa.Column("device_id", ULID, sa.ForeignKey("device.id"), primary_key=True),
    sa.Column("hour", UtcDateTime, primary_key=True),
    sa.Column("associations", sa.Integer, nullable=False),
    sa.Column("refusals", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("instances_refused", sa.Integer, nullable=False),
    sa.Index("ix_device_tally_hour", "hour"),
)

# Callers who were nobody of the register, the latest of them, one row for each title and address.
refused_call: Final = sa.Table(
    "refused_call",
    metadata,
    id_column(),
    sa.Column("ae_title", sa.String(16), nullable=False),
    sa.Column("address", sa.String(45), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    reference("device_id", "device", nullable=True),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("ae_title", "address", name="uq_refused_call_ae_title_address"),
    sa.Index("ix_refused_call_last_at", "last_at"),
)
