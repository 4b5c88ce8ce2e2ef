"""Marks damaged instances, so that the same instance sent again replaces them, and asks a person to look.

The question is a row of the quarantine. A machine settles it when the instance is whole again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.ids import new_id
from storage.index import quarantine_rows
from storage.index.other_bytes import note_healed
from storage.quarantine_moves import QuarantineMove, Reason
from storage.segments.pax import HEADER_BYTES

_INSTANCE: Final = tables.instance.c
_QUARANTINE: Final = tables.quarantine.c


def key_of(segment_id: str, offset: int) -> str:
    """The key of a question about a damaged place. Only a range that recovery copied has a file of that name."""
    return f"quarantine/{Reason.DAMAGED}/{segment_id}-{offset}"


def mark(tx: Connection, sop_instance_uid: str, segment_id: str, offset: int, now: datetime) -> None:
    """Note that the bytes of an instance are damaged; nothing happens when its row leads elsewhere by now."""
    there = _there(sop_instance_uid, segment_id, offset)
    asked = sa.select(
        _INSTANCE.study_uid,
        _INSTANCE.transfer_syntax_uid,
        _INSTANCE.size,
        _INSTANCE.stored_digest,
        _INSTANCE.site_id,
        _INSTANCE.device_id,
    )
    row = tx.execute(asked.where(there)).one_or_none()
    if row is None:
        return
    if not tx.execute(sa.update(tables.instance).where(there).values(damaged=sa.true())).rowcount:
        return  # moved since it was asked for
    key = key_of(segment_id, offset)
    by_recovery = key_of(segment_id, offset - HEADER_BYTES)
    if tx.scalar(sa.select(_QUARANTINE.id).where(_QUARANTINE.key == by_recovery)) is not None:
        return
    # Asked again where it had healed; else for the first time, and an earlier question stays as it is.
    if quarantine_rows.change(tx, _QUARANTINE.key == key, QuarantineMove.DAMAGE, None, received_at=now):
        return
    tx.execute(
        insert_new(tx, tables.quarantine).values(
            id=new_id(),
            reason=Reason.DAMAGED,
            sop_instance_uid=sop_instance_uid,
            study_uid=row.study_uid,
            transfer_syntax_uid=row.transfer_syntax_uid,
            key=key,
            size=row.size,
            digest=row.stored_digest,
            site_id=row.site_id,
            device_id=row.device_id,
            received_at=now,
        )
    )


def clear(tx: Connection, sop_instance_uid: str, segment_id: str, offset: int, now: datetime) -> None:
    """Note that the bytes are whole again; nothing happens when the row leads elsewhere by now."""
    there = _there(sop_instance_uid, segment_id, offset)
    if tx.execute(sa.update(tables.instance).where(there).values(damaged=sa.false())).rowcount:
        note_healed(tx, sop_instance_uid, now)


def _there(sop_instance_uid: str, segment_id: str, offset: int) -> sa.ColumnElement[bool]:
    here = (_INSTANCE.sop_instance_uid == sop_instance_uid) & (_INSTANCE.segment_id == segment_id)
    return here & (_INSTANCE.offset == offset)
