"""The tables of the second readings."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import id_column, reference, revision_column
from storage.database import UtcDateTime, metadata

# -- reading.review.review
review: Final = sa.Table(
    "review",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("read_version_id", "report_version"),
    reference("review_version_id", "report_version", nullable=True),
    reference("reviewer_id", "person"),
    reference("author_id", "person"),
    sa.Column("outcome", sa.String(10), nullable=False),
    sa.Column("score", sa.String(4)),
    sa.Column("awaits_arbitration", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("difference", sa.JSON, nullable=False),
    sa.Column("comment", sa.String(2000), nullable=False, server_default=""),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime),
    sa.Index("ix_review_case_id", "case_id"),
    sa.Index("ix_review_author_id", "author_id"),
    sa.Index(
        "ix_review_to_arbitrate",
        "at",
        sqlite_where=sa.text("awaits_arbitration = 1"),
        postgresql_where=sa.text("awaits_arbitration"),
    ),
)

# -- reading.signing.draws
review_draw: Final = sa.Table(
    "review_draw",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("version_id", "report_version"),
    sa.Column("rule", sa.String(60), nullable=False),
    reference("reader_id", "person"),
    reference("site_id", "organisation"),
    sa.Column("modality", sa.String(16), nullable=False),
    sa.Column("per_million", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    # One for each stratum of a quota, which counts back from now.
    sa.Index("ix_review_draw_reader", "rule", "reader_id", "at", "case_id"),
    sa.Index("ix_review_draw_site", "rule", "site_id", "at", "case_id"),
    sa.Index("ix_review_draw_modality", "rule", "modality", "at", "case_id"),
)

# -- reading.review.arbitration
score_arbitration: Final = sa.Table(
    "score_arbitration",
    metadata,
    id_column(),
    reference("review_id", "review"),
    reference("arbiter_id", "person"),
    sa.Column("score", sa.String(4), nullable=False),
    sa.Column("comment", sa.String(2000), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("review_id"),
)

# -- reading.review.discrepancies: what clinicians say against a final report, and what a third person says of that
discrepancy: Final = sa.Table(
    "discrepancy",
    metadata,
    id_column(),
    reference("case_id", "case"),
    reference("version_id", "report_version"),
    reference("author_id", "person"),
    sa.Column("reason", sa.String(12), nullable=False),
    sa.Column("words", sa.String(1000), nullable=False),
    sa.Column("evidence", sa.String(4000), nullable=False, server_default=""),
    sa.Column("state", sa.String(12), nullable=False),
    reference("raised_by", "person"),
    reference("grant_id", "role_grant"),
    sa.Column("raised_at", UtcDateTime, nullable=False),
    reference("judged_by", "person", nullable=True),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("score", sa.String(4)),
    sa.Column("comment", sa.String(1000), nullable=False, server_default=""),
    sa.Column("read_at", UtcDateTime),
    revision_column(),
    sa.Index("ix_discrepancy_case_id", "case_id"),
    sa.Index("ix_discrepancy_author_id", "author_id"),
    # One is open about a version at a time.
    sa.Index(
        "uq_discrepancy_open",
        "version_id",
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    ),
)
