"""Switches the rows of old segments to the new one, all in one transaction or none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.errors import Overtaken
from storage.instance_row import Place, Ranges, encode_ranges
from storage.prepared import Prepared, write
from storage.segment_moves import SegmentMove
from storage.segments import segment_rows

_SEGMENT: Final = tables.segment
_INSTANCE: Final = tables.instance
_QUARANTINE: Final = tables.quarantine


@dataclass(frozen=True, kw_only=True)
class Form:
    """The columns of an instance that change with its transfer syntax."""

    size: int
    head_size: int
    transfer_syntax_uid: str
    stored_digest: bytes
    pixel_digest: bytes
    frame_ranges: Ranges
    description: bytes


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One old member, the rows that lead to it, and where they shall lead."""

    sop_instance_uid: str
    old: Place
    indexed: bool
    """Whether the row of the instance leads to the member."""
    quarantine_id: str | None
    """The row of the quarantine that leads to the member."""
    new: Place | None
    """None where the member was erased; its rows are deleted."""
    form: Form | None = None
    """None where the bytes are the same."""


def switch(tx: Connection, segment_ids: Sequence[str], switches: Sequence[Switch], delete_at: datetime) -> None:
    """Retire the segments, and switch their rows to the new bytes.

    Raises:
        Overtaken: a row no longer leads to the old bytes; roll back.

    """
    # The old segments' rows first: whoever rewrites the same waits here, and finds them retired.
    these, retired = _SEGMENT.c.id.in_(segment_ids), {"delete_at": delete_at, "compact_at": None, "purge": False}
    if segment_rows.change(tx, these, SegmentMove.REPLACE, **retired) != len(segment_ids):
        raise Overtaken
    # In the order of their keys, as all who write many of them.
    moved = sorted((one for one in switches if one.new is not None), key=lambda one: one.sop_instance_uid)
    plain = [_place_values(one) for one in moved if one.indexed and one.form is None]
    other = [_place_values(one) | _form_values(one.form) for one in moved if one.indexed and one.form is not None]
    held = [_place_values(one) for one in moved if one.quarantine_id is not None]
    work = [(statement, rows) for statement, rows in ((_MOVE, plain), (_RECODE, other), (_MOVE_HELD, held)) if rows]
    if write(tx, work) != [len(rows) for _, rows in work]:
        raise Overtaken
    for one in switches:
        if one.new is None:
            _remove(tx, one)
    if led_to(tx, segment_ids):
        raise Overtaken


def led_to(tx: Connection, segment_ids: Collection[str]) -> bool:
    """Whether a row leads into one of these segments."""
    instances = sa.select(_INSTANCE.c.segment_id).where(_INSTANCE.c.segment_id.in_(segment_ids))
    held = sa.select(_QUARANTINE.c.segment_id).where(_QUARANTINE.c.segment_id.in_(segment_ids))
    return any(tx.execute(asked.limit(1)).first() is not None for asked in (instances, held))


def _still_there() -> sa.ColumnElement[bool]:
    return sa.and_(
        _INSTANCE.c.sop_instance_uid == sa.bindparam("uid"),
        _INSTANCE.c.segment_id == sa.bindparam("old_segment"),
        _INSTANCE.c.offset == sa.bindparam("old_offset"),
        _INSTANCE.c.damaged.is_(False),
    )


_MOVE: Final = Prepared(
    lambda _: (
        sa.update(_INSTANCE)
        .where(_still_there())
        .values(segment_id=sa.bindparam("new_segment"), offset=sa.bindparam("new_offset"))
    )
)
_RECODE: Final = Prepared(
    lambda _: (
        sa.update(_INSTANCE)
        .where(_still_there(), _INSTANCE.c.description.is_not(None))
        .values(
            segment_id=sa.bindparam("new_segment"),
            offset=sa.bindparam("new_offset"),
            size=sa.bindparam("new_size"),
            dataset_offset=sa.bindparam("head_size"),
            transfer_syntax_uid=sa.bindparam("syntax"),
            stored_digest=sa.bindparam("digest"),
            pixel_digest=sa.bindparam("pixels"),
            frame_ranges=sa.bindparam("ranges"),
            description=sa.bindparam("described"),
        )
    )
)
_MOVE_HELD: Final = Prepared(
    lambda _: (
        sa.update(_QUARANTINE)
        .where(
            _QUARANTINE.c.id == sa.bindparam("held"),
            _QUARANTINE.c.segment_id == sa.bindparam("old_segment"),
            _QUARANTINE.c.offset == sa.bindparam("old_offset"),
        )
        .values(segment_id=sa.bindparam("new_segment"), offset=sa.bindparam("new_offset"))
    )
)


def _place_values(one: Switch) -> dict[str, object]:
    new = one.new
    return {
        "uid": one.sop_instance_uid,
        "held": one.quarantine_id,
        "old_segment": one.old.segment_id,
        "old_offset": one.old.offset,
        "new_segment": None if new is None else new.segment_id,
        "new_offset": None if new is None else new.offset,
    }


def _form_values(form: Form) -> dict[str, object]:
    return {
        "new_size": form.size,
        "head_size": form.head_size,
        "syntax": form.transfer_syntax_uid,
        "digest": form.stored_digest,
        "pixels": form.pixel_digest,
        "ranges": encode_ranges(form.frame_ranges),
        "described": form.description,
    }


def _remove(tx: Connection, one: Switch) -> None:
    """Raises: Overtaken."""
    if one.indexed:
        row = _INSTANCE.c
        there = (row.sop_instance_uid == one.sop_instance_uid) & (row.segment_id == one.old.segment_id)
        if tx.execute(sa.delete(_INSTANCE).where(there, row.offset == one.old.offset)).rowcount != 1:
            raise Overtaken
    if one.quarantine_id is not None:
        tx.execute(sa.delete(_QUARANTINE).where(_QUARANTINE.c.id == one.quarantine_id))
