"""The tables of bytes: segments and the index of what lies in them; written by `storage` alone."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from storage.database import UtcDateTime, metadata
from storage.segment_moves import SegmentState

UID: Final = sa.String(64)
ULID: Final = sa.String(26)
SHA256: Final = sa.LargeBinary(32)

# What the states mean, and which moves lead from one to another: storage.segment_moves.
segment: Final = sa.Table(
    "segment",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("key", sa.String(128), nullable=False, unique=True),
    sa.Column("state", sa.String(8), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("sealed_at", UtcDateTime),
    sa.Column("stored_at", UtcDateTime),
    # When the second copy was read back, where there is to be one; of what is gone: one may be left
    # (storage.keeping.second_copy).
    sa.Column("copied_at", UtcDateTime),
    # When its object was last put again by a repair: blocks of it that are cached may be older.
    sa.Column("repaired_at", UtcDateTime),
    # Somebody waits for it to be stored: it is sealed without waiting for more of its study.
    sa.Column("awaited", sa.Boolean, nullable=False, server_default=sa.false()),
    # When to look whether it can be rewritten; null when there is nothing to gain.
    sa.Column("compact_at", UtcDateTime),
    sa.Column("delete_at", UtcDateTime),
    # It may hold bytes of what was erased, and is to be written without them.
    sa.Column("purge", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint(f"state in ({', '.join(repr(state.value) for state in SegmentState)})", name="state"),
    sa.Index("ix_segment_state", "state"),
    # The queue of compaction: only what still waits is in it.
    sa.Index(
        "ix_segment_compact_at",
        "compact_at",
        sqlite_where=sa.text("compact_at is not null"),
        postgresql_where=sa.text("compact_at is not null"),
    ),
    sa.Index("ix_segment_purge", "study_uid", sqlite_where=sa.text("purge = 1"), postgresql_where=sa.text("purge")),
    sa.Index("ix_segment_study_uid", "study_uid"),
    # What still waits to be copied; the order is that in which they were made.
    sa.Index(
        "ix_segment_uncopied",
        "id",
        sqlite_where=sa.text("copied_at is null"),
        postgresql_where=sa.text("copied_at is null"),
    ),
)

# What is done in rounds, by one node of all at a time (storage.upkeep.rounds): where a round is, and when the last one
# ended.
care_round: Final = sa.Table(
    "care_round",
    metadata,
    sa.Column("task", sa.String(20), primary_key=True),
    sa.Column("position", sa.String(64), nullable=False, server_default=""),
    sa.Column("started_at", UtcDateTime),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("held_by", sa.String(64)),
    sa.Column("held_until", UtcDateTime),
)

# Where each node lends the segments that only its spool has (storage.nodes.other_nodes).
node: Final = sa.Table(
    "node",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("url", sa.String(255), nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
)

# The columns from patient_id to timezone_offset are what is *shown*: as received first, then as the
# current attribution revision says. received holds what came for each of them and never changes; a
# later instance is held when it does not agree with received_patient_id, received_issuer and site_id.
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
    # Its second and third group alone (PS3.5 6.2), since an index finds only what stands at the beginning.
    sa.Column("patient_name_ideographic", sa.String(512), nullable=False, server_default=""),
    sa.Column("patient_name_phonetic", sa.String(512), nullable=False, server_default=""),
    sa.Column("birth_date", sa.String(18), nullable=False),
    sa.Column("sex", sa.String(16), nullable=False),
    sa.Column("study_date", sa.String(18), nullable=False),
    sa.Column("study_time", sa.String(28), nullable=False),
    sa.Column("accession_number", sa.String(64), nullable=False),
    sa.Column("study_id", sa.String(64), nullable=False),
    sa.Column("referring_physician", sa.String(512), nullable=False),
    sa.Column("study_description", sa.String(256), nullable=False),
    sa.Column("timezone_offset", sa.String(16), nullable=False, server_default=""),
    sa.Column("instances", sa.Integer, nullable=False, server_default="0"),
    sa.Column("first_received_at", UtcDateTime, nullable=False),
    sa.Column("last_received_at", UtcDateTime, nullable=False),
    sa.Column("attribution_revision", sa.Integer, nullable=False, server_default="0"),
    sa.Column("hidden", sa.Boolean, nullable=False),
    # The study in which a person decided to show this one: it has no series of its own any more.
    sa.Column("merged_into", UID),
    # All its images were erased then; its reports stay.
    sa.Column("erased_at", UtcDateTime),
    # Why its images must not be erased; empty: they may.
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
    sa.Index("ix_study_last_received_at", "last_received_at"),
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
    # The study that its instances name, where a person decided to show it in another.
    sa.Column("received_study_uid", UID),
    sa.Index("ix_series_study_uid", "study_uid"),
)

# study_uid and series_uid say where an instance is *shown*. received_study_uid and received_series_uid are what its
# bytes name; null while that is the same. hidden is a decision too: `storage.decisions.placement` writes all of them.
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
    # What its text is written in where it does not say, as its device was entered.
    sa.Column("character_set", sa.String(16), nullable=False, server_default=""),
    # The disk lost its bytes: the same instance, sent again, takes its place.
    sa.Column("damaged", sa.Boolean, nullable=False, server_default=sa.false()),
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
    # The queue of `describe`: only what still waits is in it.
    sa.Index(
        "ix_instance_undescribed",
        "received_at",
        sqlite_where=sa.text("description is null"),
        postgresql_where=sa.text("description is null"),
    ),
    postgresql_partition_by="HASH (sop_instance_uid)",
)

# What a site has sent: a second site that sends the same instance gets a holding of its own. shared
# marks the second site's: the few rows that let it see a study of another site.
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

# What was erased and must not come back (storage.decisions.erasure), whoever sends it. study_uid: in which it was
# shown.
tombstone: Final = sa.Table(
    "tombstone",
    metadata,
    sa.Column("sop_instance_uid", UID, primary_key=True),
    sa.Column("study_uid", UID, nullable=False),
    sa.Column("erased_at", UtcDateTime, nullable=False),
    sa.Index("ix_tombstone_study_uid", "study_uid"),
)

# Everything that came and is not in the index: refused, held until compared, or a conflict; and what a
# person took out of sight. Settled when a machine found it a duplicate or a person decided
# (storage.decisions.quarantine). The bytes lie in a segment (segment_id, offset) or in a quarantine file (key).
# Where they came from is unknown (null) for the torn tail of a segment.
quarantine: Final = sa.Table(
    "quarantine",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("reason", sa.String(40), nullable=False),
    sa.Column("sop_instance_uid", UID),
    sa.Column("study_uid", UID),
    sa.Column("transfer_syntax_uid", UID),
    sa.Column("segment_id", ULID),
    sa.Column("offset", sa.BigInteger),
    sa.Column("key", sa.String(128)),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digest", SHA256, nullable=False),
    sa.Column("row", sa.JSON(none_as_null=True)),
    sa.Column("site_id", ULID),
    sa.Column("device_id", ULID),
    sa.Column("received_at", UtcDateTime, nullable=False),
    sa.Column("settled_at", UtcDateTime),
    sa.Column("settled_as", sa.String(40)),
    sa.UniqueConstraint("segment_id", "offset"),
    sa.UniqueConstraint("key"),
    sa.Index("ix_quarantine_settled_at_received_at", "settled_at", "received_at"),
    sa.Index("ix_quarantine_site_id_received_at", "site_id", "received_at"),
    sa.Index("ix_quarantine_sop_instance_uid", "sop_instance_uid"),
)

# Decisions that change what is shown, each in the transaction that makes it (storage.index.journal), and in the object
# store, from which the index is made again; not applied is what a restored backup brings of an index that it does not
# bring.
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

# One row while the index is made again: half of it shows what somebody has hidden, so nothing is served meanwhile.
rebuilding: Final = sa.Table(
    "rebuilding",
    metadata,
    sa.Column("name", sa.String(20), primary_key=True),
    sa.Column("started_at", UtcDateTime, nullable=False),
)

# When backups of the database were made (storage.backup.schedule). One of a day is the worker's, whichever node takes
# it.
backup: Final = sa.Table(
    "backup",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("day", sa.Date, unique=True),
    sa.Column("node", sa.String(64), nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("size", sa.BigInteger),
    sa.Index("ix_backup_finished_at", "finished_at"),
)

# -- storage.commitment.requests: what devices asked us to answer for (PS3.4 J). A row is open until it was decided,
# then until
# its device was told; held_by names the node that tells it, or whose association with the device stands open.
commitment: Final = sa.Table(
    "commitment",
    metadata,
    sa.Column("id", ULID, primary_key=True),
    sa.Column("device_id", ULID, nullable=False),
    sa.Column("site_id", ULID, nullable=False),
    sa.Column("transaction_uid", UID, nullable=False),
    sa.Column("digest", SHA256, nullable=False),
    sa.Column("asked_at", UtcDateTime, nullable=False),
    sa.Column("look_at", UtcDateTime, nullable=False),
    sa.Column("decided_at", UtcDateTime),
    sa.Column("next_at", UtcDateTime, nullable=False),
    sa.Column("held_by", sa.String(64)),
    sa.Column("held_until", UtcDateTime),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failure", sa.String(20)),
    sa.Column("reported_at", UtcDateTime),
    sa.Column("given_up_at", UtcDateTime),
    sa.UniqueConstraint("device_id", "transaction_uid"),
    # The two queues: what waits for a decision, and what waits to be told.
    sa.Index(
        "ix_commitment_undecided",
        "look_at",
        sqlite_where=sa.text("decided_at is null"),
        postgresql_where=sa.text("decided_at is null"),
    ),
    sa.Index(
        "ix_commitment_untold",
        "next_at",
        sqlite_where=sa.text("decided_at is not null and reported_at is null and given_up_at is null"),
        postgresql_where=sa.text("decided_at is not null and reported_at is null and given_up_at is null"),
    ),
)

# What a commitment names, in the order of its request; the verdict is written once.
commitment_reference: Final = sa.Table(
    "commitment_reference",
    metadata,
    sa.Column("commitment_id", ULID, sa.ForeignKey("commitment.id"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("sop_class_uid", UID, nullable=False),
    sa.Column("sop_instance_uid", UID, nullable=False),
    sa.Column("verdict", sa.String(12)),
    sa.PrimaryKeyConstraint("commitment_id", "place"),
)
