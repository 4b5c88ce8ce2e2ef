"""Teaching collections that stand have different names, those that ended no entries; images are found in entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.database import UtcDateTime

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

LONGEST = 94
"""What of a name stays before a number; 100 characters are kept."""
COLLECTION = sa.table(
    "teaching_collection",
    sa.column("id", sa.String),
    sa.column("organisation_id", sa.String),
    sa.column("name", sa.String),
    sa.column("made_at", UtcDateTime),
    sa.column("ended_by", sa.String),
    sa.column("ended_at", UtcDateTime),
)
WORDS = ("title", "diagnosis", "findings", "impression", "point", "words", "sex")
ENTRY = sa.table(
    "teaching_entry",
    *map(sa.column, ("id", "collection_id", *WORDS, "grams", "age_from", "removed_by", "revision")),
    sa.column("removed_at", UtcDateTime),
)
PICTURE = sa.table("teaching_picture", sa.column("entry_id", sa.String))


def upgrade() -> None:
    _number_doubled_names()
    _empty_what_ended()
    standing = sa.text("ended_at is null")
    op.create_index(
        "uq_teaching_collection_name",
        "teaching_collection",
        ["organisation_id", "name"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_index("ix_teaching_picture_sop_instance_uid", "teaching_picture", ["sop_instance_uid"])


def _number_doubled_names() -> None:
    """Of two that were made with one name in the same moment the later one is numbered."""
    tx, row = op.get_bind(), COLLECTION.c
    standing = sa.select(COLLECTION).where(row.ended_at.is_(None)).order_by(row.made_at, row.id)
    found = tx.execute(standing).all()
    names = {(one.organisation_id, one.name) for one in found}
    first = set[tuple[str, str]]()
    for one in found:
        name, number = one.name, 2
        if (one.organisation_id, name) in first:
            while (one.organisation_id, name) in names:
                name, number = f"{one.name[:LONGEST]} ({number})", number + 1
            tx.execute(sa.update(COLLECTION).where(row.id == one.id).values(name=name))
            names.add((one.organisation_id, name))
        first.add((one.organisation_id, name))


def _empty_what_ended() -> None:
    """Nobody could see or remove any more what was in a collection that ended."""
    tx, row = op.get_bind(), COLLECTION.c
    for one in tx.execute(sa.select(row.id, row.ended_by, row.ended_at).where(row.ended_at.is_not(None))).all():
        left = (ENTRY.c.collection_id == one.id) & ENTRY.c.removed_at.is_(None)
        tx.execute(sa.delete(PICTURE).where(PICTURE.c.entry_id.in_(sa.select(ENTRY.c.id).where(left))))
        gone = {"grams": sa.null(), "age_from": sa.null(), "removed_by": one.ended_by, "removed_at": one.ended_at}
        nothing = dict.fromkeys(WORDS, "")
        tx.execute(sa.update(ENTRY).where(left).values(**nothing, **gone, revision=ENTRY.c.revision + 1))


def downgrade() -> None:
    op.drop_index("ix_teaching_picture_sop_instance_uid", "teaching_picture")
    op.drop_index("uq_teaching_collection_name", "teaching_collection")
