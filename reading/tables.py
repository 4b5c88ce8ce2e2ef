"""The tables of the clinical work. Each has one writing module, named above it; rows are end-dated, never deleted."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata

UID: Final = sa.String(64)
ULID: Final = sa.String(26)
DIGEST: Final = sa.LargeBinary(32)


def _id() -> sa.Column[str]:
    return sa.Column("id", ULID, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, ULID, sa.ForeignKey(f"{target}.id"), nullable=nullable)


def _dated() -> tuple[sa.Column[object], sa.Column[object]]:
    return sa.Column("since", UtcDateTime, nullable=False), sa.Column("until", UtcDateTime)


def _revision() -> sa.Column[int]:
    return sa.Column("revision", sa.Integer, nullable=False, server_default="1")


# -- reading.patients.known_keys: digests of the keys that this database was written with
installation_key: Final = sa.Table(
    "installation_key",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("digest", DIGEST, nullable=False),
)

# -- reading.register.organisations
organisation: Final = sa.Table(
    "organisation",
    metadata,
    _id(),
    sa.Column("code", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("level", sa.String(10), nullable=False),
    _ref("parent_id", "organisation", nullable=True),
    sa.Column("region_code", sa.String(12)),
    sa.Column("time_zone", sa.String(64), nullable=False, server_default="Asia/Shanghai"),
    sa.Column("telephone", sa.String(40), nullable=False, server_default=""),
    *_dated(),
    _revision(),
    sa.CheckConstraint("level in ('region', 'city', 'county', 'township')", name="level"),
)

agreement: Final = sa.Table(
    "agreement",
    metadata,
    _id(),
    _ref("site_id", "organisation"),
    _ref("reader_id", "organisation"),
    sa.Column("tier", sa.String(10), nullable=False),
    *_dated(),
    sa.CheckConstraint("tier in ('county', 'city')", name="tier"),
    sa.Index("ix_agreement_site_id_tier", "site_id", "tier"),
    sa.Index("ix_agreement_reader_id_tier", "reader_id", "tier"),
)

# -- reading.register.people
person: Final = sa.Table(
    "person",
    metadata,
    _id(),
    sa.Column("username", sa.String(64), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("title", sa.String(40), nullable=False, server_default=""),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    *_dated(),
    _revision(),
)

role_grant: Final = sa.Table(
    "role_grant",
    metadata,
    _id(),
    _ref("person_id", "person"),
    _ref("organisation_id", "organisation"),
    sa.Column("role", sa.String(30), nullable=False),
    *_dated(),
    sa.Index("ix_role_grant_person_id", "person_id"),
    sa.Index("ix_role_grant_organisation_id", "organisation_id"),
)

# -- reading.sessions.sessions (failed_proof: reading.sessions.failed_proofs)
staff_session: Final = sa.Table(
    "staff_session",
    metadata,
    sa.Column("token_digest", DIGEST, primary_key=True),
    _ref("person_id", "person"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("active_at", UtcDateTime, nullable=False),
    sa.Column("proved_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_staff_session_person_id", "person_id"),
)

patient_session: Final = sa.Table(
    "patient_session",
    metadata,
    sa.Column("token_digest", DIGEST, primary_key=True),
    _ref("patient_id", "patient"),
    _ref("receipt_id", "receipt"),
    sa.Column("csrf_token", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("active_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
)

# One row for each thing that somebody tries to prove: a user name, a card, a calling address, as a keyed digest.
failed_proof: Final = sa.Table(
    "failed_proof",
    metadata,
    sa.Column("subject_digest", DIGEST, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_failed_at", UtcDateTime, nullable=False),
    sa.Column("closed_until", UtcDateTime, nullable=False),
)

# -- reading.register.devices
device: Final = sa.Table(
    "device",
    metadata,
    _id(),
    sa.Column("ae_title", sa.String(16), nullable=False),
    sa.Column("network", sa.String(43), nullable=False),
    sa.Column("port", sa.Integer),
    _ref("site_id", "organisation"),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("certificate_digest", DIGEST),
    sa.Column("character_set", sa.String(16), nullable=False, server_default=""),
    *_dated(),
    _revision(),
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
    _id(),
    _ref("device_id", "device"),
    sa.Column("token_digest", DIGEST, nullable=False, unique=True),
    *_dated(),
)

# -- reading.register.device_register
# A title under which `tierread devices check` calls as a device for a minute; only its digest is kept.
device_check: Final = sa.Table(
    "device_check",
    metadata,
    sa.Column("title_digest", DIGEST, primary_key=True),
    _ref("device_id", "device"),
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
    _id(),
    sa.Column("ae_title", sa.String(16), nullable=False),
    sa.Column("address", sa.String(45), nullable=False),
    sa.Column("reason", sa.String(40), nullable=False),
    _ref("device_id", "device", nullable=True),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("first_at", UtcDateTime, nullable=False),
    sa.Column("last_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("ae_title", "address", name="uq_refused_call_ae_title_address"),
    sa.Index("ix_refused_call_last_at", "last_at"),
)

# -- reading.patients.patients
patient: Final = sa.Table(
    "patient",
    metadata,
    _id(),
    sa.Column("number", sa.String(16), nullable=False, unique=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("birth_date", sa.Date),
    sa.Column("sex", sa.String(1), nullable=False, server_default=""),
    sa.Column("telephone", sa.String(40), nullable=False, server_default=""),
    sa.Column("created_at", UtcDateTime, nullable=False),
    _revision(),
)

# Issuer-qualified; the value only as a keyed HMAC (to find it) and as ciphertext (to show it).
patient_identifier: Final = sa.Table(
    "patient_identifier",
    metadata,
    _id(),
    _ref("patient_id", "patient"),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("issuer", sa.String(64), nullable=False),
    sa.Column("value_digest", DIGEST, nullable=False),
    sa.Column("value_cipher", sa.LargeBinary, nullable=False),
    sa.Column("held_as", sa.String(10), nullable=False, server_default="own"),
    sa.Column("verified_at", UtcDateTime),
    *_dated(),
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

# -- reading.orders.orders
imaging_order: Final = sa.Table(
    "imaging_order",
    metadata,
    _id(),
    _ref("site_id", "organisation"),
    _ref("patient_id", "patient"),
    sa.Column("accession_number", sa.String(16), nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False, server_default=""),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("scheduled_at", UtcDateTime, nullable=False),
    _ref("ordered_by", "person", nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    _revision(),
    _ref("device_id", "device", nullable=True),  # the station that is to make it; none: any of the site
    sa.Index("ix_imaging_order_patient_id", "patient_id"),
    sa.Index("ix_imaging_order_site_id_scheduled_at", "site_id", "scheduled_at"),
    sa.UniqueConstraint("site_id", "accession_number"),
)

procedure: Final = sa.Table(
    "procedure",
    metadata,
    _id(),
    _ref("order_id", "imaging_order"),
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
    _id(),
    sa.Column("sop_instance_uid", UID, nullable=False, unique=True),
    _ref("site_id", "organisation"),
    _ref("device_id", "device"),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("series", sa.JSON(none_as_null=True)),  # none while the device has not listed what it made
    sa.Column("reason", sa.JSON(none_as_null=True)),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    _revision(),
    sa.Index("ix_performed_step_site_id_changed_at", "site_id", "changed_at"),
)

# What a performed step answers: a study, and the procedure of ours where it is one.
performed_reference: Final = sa.Table(
    "performed_reference",
    metadata,
    _ref("performed_id", "performed_step"),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("accession_number", sa.String(16), nullable=False),
    _ref("procedure_id", "procedure", nullable=True),
    sa.PrimaryKeyConstraint("performed_id", "place"),
    sa.Index("ix_performed_reference_study_uid", "study_uid"),
    sa.Index("ix_performed_reference_procedure_id", "procedure_id"),
)

# Each message as it came, with the state that it led to.
performed_change: Final = sa.Table(
    "performed_change",
    metadata,
    _ref("performed_id", "performed_step"),
    sa.Column("number", sa.Integer, nullable=False),
    _ref("device_id", "device"),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("performed_id", "number"),
)

# -- reading.rules.policy
policy: Final = sa.Table(
    "policy",
    metadata,
    _id(),
    sa.Column("version", sa.Integer, nullable=False, unique=True),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    _ref("made_by", "person", nullable=True),
    *_dated(),
)

# -- reading.cases.cases (state changes only with a move, in one transaction)
case: Final = sa.Table(
    "case",
    metadata,
    _id(),
    _ref("site_id", "organisation"),
    _ref("patient_id", "patient", nullable=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("tier", sa.String(10), nullable=False),
    sa.Column("step", sa.String(10), nullable=False),
    sa.Column("arriving", sa.Boolean, nullable=False),
    sa.Column("priority", sa.String(10), nullable=False),
    sa.Column("rank", sa.SmallInteger, nullable=False),  # of the priority, 0 the most urgent: the queue sorts by it
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False, server_default=""),
    sa.Column("laterality", sa.String(16), nullable=False, server_default=""),
    sa.Column("critical", sa.Boolean, nullable=False),
    _ref("policy_id", "policy"),
    sa.Column("rule", sa.String(60), nullable=False),
    sa.Column("examined_at", UtcDateTime, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("clock_ahead", sa.Boolean, nullable=False),
    # When what is arriving now began to, where it is not the first instance; the rule's longest time counts from here.
    sa.Column("arriving_since", UtcDateTime),
    _revision(),
    # The site comes first: who reads for a few sites of many finds at once that nothing waits there. Led by
    # the rank, the planner would walk through everybody's waiting cases in search of theirs.
    sa.Index("ix_case_site_id_state_rank_due_at", "site_id", "state", "rank", "due_at"),
    sa.Index("ix_case_site_id_received_at", "site_id", "received_at"),
    sa.Index("ix_case_patient_id", "patient_id"),
)

case_study: Final = sa.Table(
    "case_study",
    metadata,
    _ref("case_id", "case"),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "study_uid"),
    sa.UniqueConstraint("study_uid"),
)

case_procedure: Final = sa.Table(
    "case_procedure",
    metadata,
    _ref("case_id", "case"),
    _ref("procedure_id", "procedure"),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("case_id", "procedure_id"),
)

case_move: Final = sa.Table(
    "case_move",
    metadata,
    _id(),
    _ref("case_id", "case"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("move", sa.String(20), nullable=False),
    sa.Column("from_state", sa.String(20), nullable=False),
    sa.Column("to_state", sa.String(20), nullable=False),
    _ref("person_id", "person", nullable=True),
    _ref("grant_id", "role_grant", nullable=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("why", sa.String(1000), nullable=False, server_default=""),
    sa.UniqueConstraint("case_id", "number"),
)

# What was announced for a study, and by whom; `reading.completeness.ledger` compares it with what arrived.
announcement: Final = sa.Table(
    "announcement",
    metadata,
    _id(),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("source", sa.String(20), nullable=False),
    sa.Column("instances", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # Who said it, where that is known: a word about another site's study does not count there.
    sa.Column("device_id", ULID),
    # What of the source it speaks of, e.g. one of several performed steps: a newer word replaces only its own.
    sa.Column("about", UID, nullable=False, server_default=""),
    # When everything that it names had arrived: from then on nobody has to look for its instances again.
    sa.Column("fulfilled_at", UtcDateTime),
    sa.Index("ix_announcement_study_uid", "study_uid"),
)

# The instances that an announcement names, in its order; the newest announcement of a source counts.
announced_instance: Final = sa.Table(
    "announced_instance",
    metadata,
    _ref("announcement_id", "announcement"),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("series_uid", UID, nullable=False),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.PrimaryKeyConstraint("announcement_id", "place"),
    sa.Index("ix_announced_instance_sop_instance_uid", "sop_instance_uid"),
)

# How *arriving* ended, and what was missing then: written once, never changed.
arriving_end: Final = sa.Table(
    "arriving_end",
    metadata,
    _id(),
    _ref("case_id", "case"),
    sa.Column("how", sa.String(10), nullable=False),
    sa.Column("arrived", sa.Integer, nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
    sa.Column("names", sa.JSON, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_arriving_end_case_id", "case_id"),
)

# Images that came after a report was final wait for a word from a reader; written by `reading.completeness.follow_ups`.
follow_up: Final = sa.Table(
    "follow_up",
    metadata,
    _id(),
    _ref("case_id", "case"),
    _ref("version_id", "report_version"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    _ref("held_by", "person", nullable=True),
    sa.Column("held_until", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    _ref("closed_by", "person", nullable=True),
    _ref("grant_id", "role_grant", nullable=True),
    sa.Column("outcome", sa.String(10)),
    sa.Column("comment", sa.String(1000), nullable=False, server_default=""),
    sa.Column("incomplete_reason", sa.String(500), nullable=False, server_default=""),
    # What was on the screen when somebody said that nothing changes: UID to digest, as in a version.
    sa.Column("images", sa.JSON(none_as_null=True)),
    _revision(),
    sa.Index("ix_follow_up_case_id", "case_id"),
    # One at a time for a case.
    sa.Index(
        "uq_follow_up_open",
        "case_id",
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    ),
    sa.CheckConstraint("outcome in ('addendum', 'no_change', 'void')", name="outcome"),
)

# -- reading.queue.queue
lease: Final = sa.Table(
    "lease",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    _ref("person_id", "person"),
    _ref("grant_id", "role_grant"),
    sa.Column("step", sa.String(10), nullable=False),
    sa.Column("taken_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    _revision(),
    sa.Index("ix_lease_person_id", "person_id"),
    sa.Index("ix_lease_expires_at", "expires_at"),
)

# -- reading.signing.signatures
draft: Final = sa.Table(
    "draft",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    _ref("person_id", "person"),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("saved_at", UtcDateTime, nullable=False),
    _revision(),
)

report_version: Final = sa.Table(
    "report_version",
    metadata,
    _id(),
    _ref("case_id", "case"),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("content", sa.JSON, nullable=False),
    sa.Column("identity", sa.JSON, nullable=False),
    sa.Column("images", sa.JSON, nullable=False),
    sa.Column("image_count", sa.Integer, nullable=False),
    sa.Column("incomplete_reason", sa.String(500), nullable=False, server_default=""),
    _ref("supersedes_id", "report_version", nullable=True),
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
        "status in ('pending', 'preliminary', 'final', 'superseded', 'withheld', 'entered_in_error')", name="status"
    ),
)

signature: Final = sa.Table(
    "signature",
    metadata,
    _id(),
    _ref("version_id", "report_version"),
    sa.Column("role", sa.String(10), nullable=False),
    _ref("person_id", "person"),
    _ref("grant_id", "role_grant"),
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

printing: Final = sa.Table(
    "printing",
    metadata,
    _id(),
    _ref("version_id", "report_version"),
    _ref("person_id", "person"),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_printing_version_id", "version_id"),
)

# A significant change at final must be acknowledged where the earlier version was seen.
change_notice: Final = sa.Table(
    "change_notice",
    metadata,
    _id(),
    _ref("version_id", "report_version"),
    _ref("site_id", "organisation"),
    sa.Column("at", UtcDateTime, nullable=False),
    _ref("acknowledged_by", "person", nullable=True),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Index("ix_change_notice_site_id", "site_id"),
)

# -- reading.review.review
review: Final = sa.Table(
    "review",
    metadata,
    _id(),
    _ref("case_id", "case"),
    _ref("read_version_id", "report_version"),
    _ref("review_version_id", "report_version", nullable=True),
    _ref("reviewer_id", "person"),
    _ref("author_id", "person"),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("score", sa.String(4)),
    sa.Column("difference", sa.JSON, nullable=False),
    sa.Column("comment", sa.String(2000), nullable=False, server_default=""),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime),
    sa.Index("ix_review_case_id", "case_id"),
    sa.Index("ix_review_author_id", "author_id"),
)

# -- reading.alerts.critical
critical_alert: Final = sa.Table(
    "critical_alert",
    metadata,
    _id(),
    _ref("case_id", "case"),
    sa.Column("critical_class", sa.String(40), nullable=False),
    sa.Column("finding", sa.String(1000), nullable=False),
    _ref("raised_by", "person"),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    sa.Column("level", sa.Integer, nullable=False, server_default="0"),
    _ref("acknowledged_by", "person", nullable=True),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Column("read_back", sa.String(1000)),
    sa.Column("withdrawn_at", UtcDateTime),
    sa.Index("ix_critical_alert_case_id", "case_id"),
    sa.Index("ix_critical_alert_acknowledged_at_due_at", "acknowledged_at", "due_at"),
)

# Whom an alert was shown to: the named person first, then each step that it climbed.
critical_notice: Final = sa.Table(
    "critical_notice",
    metadata,
    _id(),
    _ref("alert_id", "critical_alert"),
    _ref("person_id", "person", nullable=True),
    _ref("organisation_id", "organisation"),
    sa.Column("level", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_critical_notice_alert_id", "alert_id"),
    sa.Index("ix_critical_notice_organisation_id", "organisation_id"),
)

# -- reading.outbox (written in the transaction of what it tells)
outbox: Final = sa.Table(
    "outbox",
    metadata,
    _id(),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("subject_id", ULID, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("delivered_at", UtcDateTime),
    sa.Index("ix_outbox_delivered_at_next_at", "delivered_at", "next_at"),
)

# -- reading.forwarding.forwarding: which studies go on to other archives by themselves, and how far each has come
forwarding_rule: Final = sa.Table(
    "forwarding_rule",
    metadata,
    _id(),
    _ref("site_id", "organisation"),
    sa.Column("modality", sa.String(16), nullable=False, server_default=""),
    sa.Column("moment", sa.String(10), nullable=False),
    _ref("device_id", "device", nullable=True),
    sa.Column("url", sa.String(500), nullable=False, server_default=""),
    sa.Column("token_file", sa.String(500), nullable=False, server_default=""),
    sa.Column("planned_until", UtcDateTime, nullable=False),
    *_dated(),
    sa.CheckConstraint("moment in ('quiet', 'final')", name="moment"),
    sa.CheckConstraint("(device_id is null) <> (url = '')", name="target"),
)

forwarding_job: Final = sa.Table(
    "forwarding_job",
    metadata,
    _id(),
    _ref("rule_id", "forwarding_rule"),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("instances", sa.Integer, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("waiting_since", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("leased_until", UtcDateTime),
    sa.Column("failure", sa.String(40), nullable=False, server_default=""),
    sa.Column("done_at", UtcDateTime),
    sa.CheckConstraint("state in ('waiting', 'done', 'dead')", name="state"),
    sa.UniqueConstraint("rule_id", "study_uid"),
    sa.Index("ix_forwarding_job_state_next_at", "state", "next_at"),
)

# What a job has delivered, so that it goes on after a failure; forgotten a month after it is done.
forwarded_instance: Final = sa.Table(
    "forwarded_instance",
    metadata,
    _ref("job_id", "forwarding_job"),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.PrimaryKeyConstraint("job_id", "sop_instance_uid"),
)

# -- reading.sessions.receipts
receipt: Final = sa.Table(
    "receipt",
    metadata,
    _id(),
    _ref("case_id", "case"),
    _ref("patient_id", "patient"),
    sa.Column("code_digest", DIGEST, nullable=False),
    sa.Column("printed_at", UtcDateTime, nullable=False),
    _ref("printed_by", "person"),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("used_at", UtcDateTime),
    sa.Index("ix_receipt_patient_id", "patient_id"),
)

# -- reading.patients.attribution: whose study it is, beside bytes that never change
attribution: Final = sa.Table(
    "attribution",
    metadata,
    _id(),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    _ref("patient_id", "patient", nullable=True),
    _ref("order_id", "imaging_order", nullable=True),
    sa.Column("attributes", sa.JSON, nullable=False),
    sa.Column("previous", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    _ref("made_by", "person", nullable=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("study_uid", "revision"),
)

# -- reading.intake.surgery: what a person moved or merged; changes are `storage.decisions.placement.Change`s
surgery: Final = sa.Table(
    "surgery",
    metadata,
    _id(),
    sa.Column("kind", sa.String(10), nullable=False),
    _ref("case_id", "case"),
    _ref("other_case_id", "case", nullable=True),
    sa.Column("instances", sa.Integer, nullable=False),
    sa.Column("changes", sa.JSON, nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    _ref("made_by", "person"),
    _ref("grant_id", "role_grant"),
    sa.Column("made_at", UtcDateTime, nullable=False),
    _ref("undone_by", "person", nullable=True),
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
    _id(),
    sa.Column("note_uid", UID, unique=True),
    sa.Column("title", sa.String(10), nullable=False),
    sa.Column("site_id", ULID, nullable=False),
    _ref("made_by", "person", nullable=True),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Column("why", sa.String(1000), nullable=False, server_default=""),
    _ref("lifted_by", "person", nullable=True),
    sa.Column("lifted_at", UtcDateTime),
    sa.Column("lifted_why", sa.String(1000)),
)

rejected_instance: Final = sa.Table(
    "rejected_instance",
    metadata,
    _ref("rejection_id", "rejection"),
    sa.Column("sop_instance_uid", UID, nullable=False),
    # 'waiting' for the image, 'hidden', 'foreign' (another site's), 'lifted'
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

# -- reading.quality.decisions: what a person decided about a concern, and took back; the last one of a subject counts
decision: Final = sa.Table(
    "decision",
    metadata,
    _id(),
    sa.Column("aspect", sa.String(10), nullable=False),
    sa.Column("subject_id", ULID, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("move", sa.String(20), nullable=False),
    sa.Column("reason", sa.String(1000), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    _ref("person_id", "person"),
    _ref("grant_id", "role_grant"),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("subject_id", "aspect", "number"),
)

# -- reading.audit: insert-only (triggers), hash-chained for each writer
audit_event: Final = sa.Table(
    "audit_event",
    metadata,
    sa.Column("writer", sa.String(80), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor_kind", sa.String(10), nullable=False),
    sa.Column("actor_id", ULID, nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("subject_kind", sa.String(20), nullable=False),
    sa.Column("subject_id", UID, nullable=False),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("details", sa.JSON, nullable=False),
    sa.Column("previous", DIGEST, nullable=False),
    sa.Column("digest", DIGEST, nullable=False),
    sa.Index("ix_audit_event_subject_kind_subject_id_at", "subject_kind", "subject_id", "at"),
    sa.Index("ix_audit_event_actor_id_at", "actor_id", "at"),
)
