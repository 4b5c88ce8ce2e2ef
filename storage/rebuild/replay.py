"""Makes decisions of the journal again in an index that is rebuilt from segments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.decisions import erasure, placement, placement_changes, quarantine
from storage.errors import Overtaken
from storage.index import entry_batch, queries
from storage.index.other_bytes import point_at
from storage.instance_row import Place, Provenance
from storage.segment_moves import READABLE
from storage.segments.members import Entry

Replay: TypeAlias = Callable[[Connection, Mapping[str, Any], datetime], bool]
"""(transaction, payload, time of the decision) -> whether everything that it is about is there."""


def _placement(tx: Connection, payload: Mapping[str, Any], at: datetime) -> bool:
    return placement.replay(tx, placement_changes.from_json(payload["changes"]), at)


def _hide(tx: Connection, payload: Mapping[str, Any], _at: datetime) -> bool:
    return queries.set_hidden(tx, payload["study_uid"], hidden=True)


def _unhide(tx: Connection, payload: Mapping[str, Any], _at: datetime) -> bool:
    return queries.set_hidden(tx, payload["study_uid"], hidden=False)


def _holding(tx: Connection, payload: Mapping[str, Any], _at: datetime) -> bool:
    """A site that sent an instance again sees it, wherever it is shown by now."""
    instance, came = tables.instance.c, Provenance.from_json(payload["provenance"])
    asked = sa.select(instance.study_uid, instance.site_id)
    shown = tx.execute(asked.where(instance.sop_instance_uid == payload["sop_instance_uid"])).one_or_none()
    if shown is None:
        return False
    holding = {
        "study_uid": shown.study_uid,
        "sop_instance_uid": payload["sop_instance_uid"],
        "site_id": came.site_id,
        "device_id": came.device_id,
        "received_at": came.received_at,
        "shared": shown.site_id != came.site_id,
    }
    tx.execute(insert_new(tx, tables.holding).values(holding))
    return True


def _resent(tx: Connection, payload: Mapping[str, Any], _at: datetime) -> bool:
    """The row leads to the bytes that were sent again, no longer to the damaged ones."""
    entry, (segment_id, offset) = Entry.from_json(payload["entry"]), payload["instead_of"]
    lost = Place(segment_id=segment_id, offset=offset, size=entry.place.size)
    state = tx.scalar(sa.select(tables.segment.c.state).where(tables.segment.c.id == entry.place.segment_id))
    if state not in READABLE:
        return False  # the resent bytes are missing too: no row may lead to them
    point_at(tx, entry, instead_of=lost, same_sender=True)
    return queries.instance_of(tx, entry.row.sop_instance_uid) is not None


def _held(_tx: Connection, _payload: Mapping[str, Any], _at: datetime) -> bool:
    return True  # it was held again when it was entered


def _quarantine(tx: Connection, payload: Mapping[str, Any], at: datetime) -> bool:
    try:
        with tx.begin_nested():
            quarantine.replay(tx, payload, at)
    except Overtaken:
        return False
    return True


REPLAYS: Final[Mapping[str, Replay]] = {
    placement.KIND: _placement,
    queries.HIDE: _hide,
    queries.UNHIDE: _unhide,
    entry_batch.KIND_HOLDING: _holding,
    entry_batch.KIND_RESENT: _resent,
    entry_batch.KIND_HELD: _held,
    quarantine.KIND: _quarantine,
    erasure.KIND: erasure.replay,
    erasure.HOLD: erasure.replay_hold,
}
