"""The tables of the index: studies, series and instances, who sent them, and the journal of decisions about them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata
from storage.tables.columns import SHA256, UID, ULID

# The columns from patient_id to timezone_offset are what is *shown*: as received first, then as the current attribution
# revision says. received keeps the received value of each of them and never changes. A later instance is held when it
# does not agree with received_patient_id, received_issuer and site_id.
study: Final = sa.Table(
    "study",
    metadata,
    sa.Column("study_uid", UID, primary_key=True),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("received_patient_id", sa.String(256), nullable=False),
    sa.Column("received_issuer", sa.String(256), nullable=False),
    sa.Column("received", sa.JSON, nullable=False),
    sa.Column("patient_id", sa.String(256), nullable=False),
    sa.Column("issuer", sa.String(256), nullable=False),
    sa.Column("patient_name", sa.String(512), nullable=False),
    sa.Column("patient_name_folded", sa.String(512), nullable=False),
    # The second and third component group of the name, each in a column (PS3.5 6.2): an index finds only beginnings.
    sa.Column("patient_name_ideographic", sa.String(512), nullable=False, server_default=""),
    sa.Column("patient_name_phonetic", sa.String(512), nullable=False, server_default=""),
    # The first two groups as people type them into a search (storage.index.name_forms).
    sa.Column("name_joined", sa.String(64), nullable=False, server_default=""),
    sa.Column("name_turned", sa.String(64), nullable=False, server_default=""),
    sa.Column("characters_joined", sa.String(64), nullable=False, server_default=""),
    sa.Column("characters_turned", sa.String(64), nullable=False, server_default=""),
    # Its initials in pinyin (storage.index.initials); None until `storage.index.spelling` has filled it in.
    sa.Column("initials", sa.String(16)),
    sa.Column("birth_date", sa.String(18), nullable=False),
    sa.Column("sex", sa.String(16), nullable=False),
    sa.Column("study_date", sa.String(18), nullable=False),
    sa.Column("study_time", sa.String(28), nullable=False),
    sa.Column("accession_number", sa.String(64), nullable=False),
    sa.Column("study_id", sa.String(64), nullable=False),
    sa.Column("referring_physician", sa.String(512), nullable=False),
    sa.Column("study_description", sa.String(256), nullable=False),
    sa.Column("timezone_offset", sa.String(16), nullable=False, server_default=""),
    # What a person corrected for all its series; empty where nobody did: the series say it.
    sa.Column("corrected_body_part", sa.String(64)),
    # How many of its visible instances were received; those that this installation made are counted apart.
    sa.Column("instances", sa.Integer, nullable=False, server_default="0"),
    sa.Column("made_here", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_received_at", UtcDateTime, nullable=False),
    sa.Column("last_received_at", UtcDateTime, nullable=False),
    sa.Column("attribution_revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("hidden", sa.Boolean, nullable=False),
    # A person decided to show this study in that one; it has no series of its own any more.
    sa.Column("merged_into", UID),
    # When all its images were erased; its reports stay.
    sa.Column("erased_at", UtcDateTime),
    # Why its images must not be erased; empty where they may be.
    sa.Column("hold", sa.String(500), nullable=False, server_default=""),
    # Queries answer the newest study first; the UID makes the order total, so that pages do not overlap.
    sa.Index("ix_study_site_id_study_date", "site_id", "study_date", "study_uid"),
    sa.Index("ix_study_study_date", "study_date", "study_uid"),
    sa.Index("ix_study_patient_id", "patient_id", "issuer"),
    sa.Index("ix_study_accession_number", "accession_number"),
    sa.Index(
        "ix_study_patient_name_folded",
        "patient_name_folded",
        postgresql_ops={"patient_name_folded": "varchar_pattern_ops"},
    ),
    sa.Index(
        "ix_study_patient_name_ideographic",
        "patient_name_ideographic",
        postgresql_ops={"patient_name_ideographic": "varchar_pattern_ops"},
    ),
    sa.Index(
        "ix_study_patient_name_phonetic",
        "patient_name_phonetic",
        postgresql_ops={"patient_name_phonetic": "varchar_pattern_ops"},
    ),
    *(
        sa.Index(f"ix_study_{name}", name, postgresql_ops={name: "varchar_pattern_ops"})
        for name in ("name_joined", "name_turned", "characters_joined", "characters_turned", "initials")
    ),
    sa.Index("ix_study_last_received_at", "last_received_at"),
    sa.Index("ix_study_hold", "site_id", sqlite_where=sa.text("hold <> ''"), postgresql_where=sa.text("hold <> ''")),
    sa.Index(
        "ix_study_merged_into",
        "merged_into",
        sqlite_where=sa.text("merged_into is not null"),
        postgresql_where=sa.text("merged_into is not null"),
    ),
)

series: Final = sa.Table(
    "series",
    metadata,
    sa.Column("series_uid", UID, primary_key=True),
    sa.Column("study_uid", UID, sa.ForeignKey("study.study_uid"), nullable=False),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("series_number", sa.Integer),
    sa.Column("series_description", sa.String(256), nullable=False),
    sa.Column("body_part", sa.String(64), nullable=False),
    sa.Column("laterality", sa.String(16), nullable=False),
    sa.Column("station_name", sa.String(64), nullable=False),
    sa.Column("series_date", sa.String(18), nullable=False),
    sa.Column("series_time", sa.String(28), nullable=False),
    sa.Column("instances", sa.Integer, nullable=False, server_default="0"),
    # This installation made all that is in it.
    sa.Column("made_here", sa.Boolean, nullable=False, server_default=sa.false()),
    # The study that its instances name, where a person decided to show the series in another.
    sa.Column("received_study_uid", UID),
    sa.Index("ix_series_study_uid", "study_uid"),
)

# study_uid and series_uid say where an instance is *shown*. received_study_uid and received_series_uid are what its
# bytes name, and null while that is the same. `storage.decisions.placement` writes these, and hidden.
# Hash-partitioned by UID on PostgreSQL from the first migration: 650 M rows a year in a province.
instance: Final = sa.Table(
    "instance",
    metadata,
    sa.Column("sop_instance_uid", UID, primary_key=True),
    sa.Column("sop_class_uid", UID, nullable=False),
    sa.Column("series_uid", UID, nullable=False),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("instance_number", sa.Integer),
    sa.Column("transfer_syntax_uid", UID, nullable=False),
    sa.Column("segment_id", ULID, nullable=False),
    sa.Column("offset", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("dataset_offset", sa.Integer, nullable=False),
    sa.Column("received_digest", SHA256, nullable=False),
    sa.Column("received_transfer_syntax_uid", UID, nullable=False),
    sa.Column("stored_digest", SHA256, nullable=False),
    sa.Column("pixel_digest", SHA256),
    sa.Column("rows", sa.Integer),
    sa.Column("columns", sa.Integer),
    sa.Column("frames", sa.Integer, nullable=False, server_default="0"),
    sa.Column("frame_ranges", sa.LargeBinary),
    sa.Column("description", sa.LargeBinary),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("device_id", ULID, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("received_study_uid", UID),
    sa.Column("received_series_uid", UID),
    sa.Column("placed_at", UtcDateTime),
    sa.Column("hidden", sa.Boolean, nullable=False, server_default=sa.false()),
    # The character set registered for its device, where the data set does not name one.
    sa.Column("character_set", sa.String(16), nullable=False, server_default=""),
    # This installation made it of a report: no image that anybody sent (storage.instance_row.MADE_HERE).
    sa.Column("made_here", sa.Boolean, nullable=False, server_default=sa.false()),
    # The disk lost its bytes; the same instance, sent again, replaces them.
    sa.Column("damaged", sa.Boolean, nullable=False, server_default=sa.false()),
    # Name, sex and birth date in its bytes, where they are not those of the first instance of the study that it names
    # (study.received): null for nearly all.
    sa.Column("other_person", sa.JSON(none_as_null=True)),
    # The side that it names (PS3.3 C.7.3.1.1.1), of which its series' follows; null for what came before this was kept.
    sa.Column("laterality", sa.String(16)),
    sa.Index("ix_instance_series_uid", "series_uid"),
    sa.Index("ix_instance_study_uid", "study_uid"),
    sa.Index("ix_instance_segment_id", "segment_id"),
    # Few are hidden, and the ledger asks how many for each study of a page.
    sa.Index(
        "ix_instance_hidden",
        "study_uid",
        sqlite_where=sa.text("hidden = 1"),
        postgresql_where=sa.text("hidden"),
    ),
    sa.Index(
        "ix_instance_other_person",
        "study_uid",
        sqlite_where=sa.text("other_person is not null"),
        postgresql_where=sa.text("other_person is not null"),
    ),
    # The queue of `describe`: the instances that still wait.
    sa.Index(
        "ix_instance_undescribed",
        "received_at",
        sqlite_where=sa.text("description is null"),
        postgresql_where=sa.text("description is null"),
    ),
    postgresql_partition_by="HASH (sop_instance_uid)",
)

# Which site has sent which instance: a second site that sends the same instance has a holding of its own. shared marks
# the second site's: the few rows that let it see a study of another site.
holding: Final = sa.Table(
    "holding",
    metadata,
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("device_id", ULID, nullable=False),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.PrimaryKeyConstraint("sop_instance_uid", "site_id"),
    sa.Index(
        "ix_holding_shared",
        "site_id",
        "study_uid",
        sqlite_where=sa.text("shared = 1"),
        postgresql_where=sa.text("shared"),
    ),
)

# Decisions that change what is shown, each written in the transaction that makes it (storage.index.journal) and then to
# the object store, from which the index is rebuilt. applied is false after a backup without the index was restored: the
# decision is known, and its effect is not in the database.
journal: Final = sa.Table(
    "journal",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("applied", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("shipped_at", UtcDateTime),
    sa.Index(
        "ix_journal_unshipped",
        "id",
        sqlite_where=sa.text("shipped_at is null"),
        postgresql_where=sa.text("shipped_at is null"),
    ),
)
