"""The tables of teaching collections: entries without a person, their pictures, and who is told of new ones."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from reading.tables.columns import UID, ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.teaching.collections
teaching_collection: Final = sa.Table(
    "teaching_collection",
    metadata,
    id_column(),
    reference("organisation_id", "organisation"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("description", sa.String(500), nullable=False, server_default=""),
    sa.Column("seen_by", sa.String(12), nullable=False),
    reference("made_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("made_at", UtcDateTime, nullable=False),
    reference("ended_by", "person", nullable=True),
    sa.Column("ended_at", UtcDateTime),
    revision_column(),
    sa.Index("ix_teaching_collection_organisation_id", "organisation_id"),
    # What stands at an organisation has a name of its own.
    sa.Index(
        "uq_teaching_collection_name",
        "organisation_id",
        "name",
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    ),
    sa.CheckConstraint("seen_by in ('organisation', 'region')", name="seen_by"),
)

# -- reading.teaching.collection_change: what a collection was called and who saw it until it was changed.
teaching_collection_change: Final = sa.Table(
    "teaching_collection_change",
    metadata,
    id_column(),
    reference("collection_id", "teaching_collection"),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("description", sa.String(500), nullable=False),
    sa.Column("seen_by", sa.String(12), nullable=False),
    reference("changed_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("changed_at", UtcDateTime, nullable=False),
    sa.Index("ix_teaching_collection_change_collection_id", "collection_id", "changed_at"),
)

# -- reading.teaching.entries: case, version and record say what it was made of, to those who keep it and see the case.
# What was removed has no words and no pictures any more; removed_by is empty where the images were erased.
teaching_entry: Final = sa.Table(
    "teaching_entry",
    metadata,
    id_column(),
    reference("collection_id", "teaching_collection"),
    sa.Column("title", sa.String(100), nullable=False),
    sa.Column("diagnosis", sa.String(200), nullable=False),
    sa.Column("findings", sa.Text, nullable=False),
    sa.Column("impression", sa.Text, nullable=False),
    sa.Column("point", sa.Text, nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False),
    sa.Column("laterality", sa.String(16), nullable=False),
    # The first year of the band of ages; none: nobody knows.
    sa.Column("age_from", sa.Integer),
    sa.Column("sex", sa.String(1), nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    # As in report_search (ADR 24).
    sa.Column("grams", sa.JSON(none_as_null=True).with_variant(postgresql.ARRAY(sa.Integer), "postgresql")),
    reference("case_id", "case"),
    reference("version_id", "report_version"),
    reference("patient_id", "patient", nullable=True),
    sa.Column("facts_at", UtcDateTime),
    reference("added_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("added_at", UtcDateTime, nullable=False),
    reference("changed_by", "person", nullable=True),
    sa.Column("changed_at", UtcDateTime),
    reference("removed_by", "person", nullable=True),
    sa.Column("removed_at", UtcDateTime),
    sa.Column("removed_why", sa.String(1000), nullable=False, server_default=""),
    revision_column(),
    sa.Index("ix_teaching_entry_collection_id", "collection_id", "added_at"),
    sa.Index("ix_teaching_entry_case_id", "case_id"),
    sa.Index("ix_teaching_entry_grams", "grams", postgresql_using="gin"),
    sa.CheckConstraint(
        "removed_at is null or (title = '' and diagnosis = '' and findings = '' and impression = '' and point = ''"
        " and words = '' and grams is null and age_from is null)",
        name="removed",
    ),
)

# -- reading.teaching.hands: each who looked through an entry again and changed its words; never the words.
teaching_hand: Final = sa.Table(
    "teaching_hand",
    metadata,
    sa.Column("entry_id", ULID, sa.ForeignKey("teaching_entry.id"), primary_key=True),
    # Of the entry, which it made.
    sa.Column("revision", sa.Integer, primary_key=True),
    reference("person_id", "person"),
    sa.Column("at", UtcDateTime, nullable=False),
)

# -- reading.teaching.entries: rendered once, a JPEG without any header
teaching_picture: Final = sa.Table(
    "teaching_picture",
    metadata,
    sa.Column("entry_id", ULID, sa.ForeignKey("teaching_entry.id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("jpeg", sa.LargeBinary, nullable=False),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.Column("frame", sa.Integer, nullable=False),
    # Somebody ticked that they looked for a name in it.
    sa.Column("looked_at", sa.Boolean, nullable=False),
    # What was moved to another case is found when it is erased there.
    sa.Index("ix_teaching_picture_sop_instance_uid", "sop_instance_uid"),
)

# -- reading.teaching.subscriptions
teaching_subscription: Final = sa.Table(
    "teaching_subscription",
    metadata,
    id_column(),
    reference("person_id", "person"),
    reference("collection_id", "teaching_collection"),
    sa.Column("since", UtcDateTime, nullable=False),
    # What was added since is new.
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    # Somebody subscribes once at a time.
    sa.Index(
        "uq_teaching_subscription_standing",
        "person_id",
        "collection_id",
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    ),
)
