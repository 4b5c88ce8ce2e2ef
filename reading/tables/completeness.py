"""The tables of what was announced, how arriving ended, follow-ups."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import UID, ULID, id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# What was announced for a study, and by whom; `reading.completeness.ledger` compares it with what arrived.
announcement: Final = sa.Table(
    "announcement",
    metadata,
    id_column(),
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
    reference("announcement_id", "announcement"),
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
    id_column(),
    reference("case_id", "case"),
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
    id_column(),
    reference("case_id", "case"),
    reference("version_id", "report_version"),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("due_at", UtcDateTime, nullable=False),
    reference("held_by", "person", nullable=True),
    sa.Column("held_until", UtcDateTime),
    sa.Column("closed_at", UtcDateTime),
    reference("closed_by", "person", nullable=True),
    reference("grant_id", "role_grant", nullable=True),
    sa.Column("outcome", sa.String(10)),
    sa.Column("comment", sa.String(1000), nullable=False, server_default=""),
    sa.Column("incomplete_reason", sa.String(500), nullable=False, server_default=""),
    # What was on the screen when somebody said that nothing changes: UID to digest, as in a version.
    sa.Column("images", sa.JSON(none_as_null=True)),
    # The series that could not be shown to them, and their reason; null where all were.
    sa.Column("not_shown", sa.JSON(none_as_null=True)),
    revision_column(),
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
