"""The tables of printings, the codes and files of reports that left the service, and notices of changes."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from reading.tables.columns import DIGEST, ULID, id_column, reference
from storage.database import UtcDateTime, metadata

printing: Final = sa.Table(
    "printing",
    metadata,
    id_column(),
    reference("version_id", "report_version"),
    reference("person_id", "person"),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("means", sa.String(8), nullable=False, server_default="paper"),
    sa.Index("ix_printing_version_id", "version_id"),
)

# -- reading.signing.withheld_state
# How a case stood when it was withheld, until that ends: withheld by mistake, it stands so again.
withholding: Final = sa.Table(
    "withholding",
    metadata,
    sa.Column("case_id", ULID, sa.ForeignKey("case.id"), primary_key=True),
    reference("made_by", "person"),
    sa.Column("state", sa.String(20), nullable=False),
    reference("countersign_at", "organisation", nullable=True),
    sa.Column("image_set", sa.String(64), nullable=False),
    # The digest of the identity under which it stood; nothing of the person is kept here.
    sa.Column("identity", DIGEST, nullable=False),
    # Version id to its status.
    sa.Column("statuses", sa.JSON, nullable=False),
)

# -- reading.signing.papers: insert-only
# The code on the paper of a version, as a keyed digest: the code itself is made of the key, and stands nowhere.
paper_code: Final = sa.Table(
    "paper_code",
    metadata,
    sa.Column("version_id", ULID, sa.ForeignKey("report_version.id"), primary_key=True),
    sa.Column("code_digest", DIGEST, nullable=False),
    sa.Column("made_at", UtcDateTime, nullable=False),
    sa.Index("uq_paper_code_code_digest", "code_digest", unique=True),
)
# SHA-256 of every PDF of a version that somebody was given.
paper_file: Final = sa.Table(
    "paper_file",
    metadata,
    sa.Column("file_digest", DIGEST, primary_key=True),
    reference("version_id", "report_version"),
    sa.Column("made_at", UtcDateTime, nullable=False),
)

# A significant change at final must be acknowledged where the earlier version was seen; a release, where the rule asks.
change_notice: Final = sa.Table(
    "change_notice",
    metadata,
    id_column(),
    reference("version_id", "report_version"),
    reference("site_id", "organisation"),
    sa.Column("kind", sa.String(10), nullable=False, server_default=sa.text("'changed'")),
    sa.Column("at", UtcDateTime, nullable=False),
    reference("acknowledged_by", "person", nullable=True),
    sa.Column("acknowledged_at", UtcDateTime),
    sa.Index("ix_change_notice_site_id", "site_id"),
)
