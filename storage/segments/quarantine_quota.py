"""How much of a device's refused bytes is kept, and the note of what was not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.instance_row import Provenance

DEFAULT_BYTES: Final = 1 << 30
ENTRY_BYTES: Final = 16 << 10
"""What a row, a file and its note take beside the bytes."""
_QUARANTINE: Final = tables.quarantine
_OVERFLOW: Final = tables.quarantine_overflow


@dataclass(frozen=True, kw_only=True)
class Overflow:
    """Refused instances of a device that were not kept; ``refused`` is their number between the two times."""

    device_id: str
    site_id: str
    first_at: datetime
    last_at: datetime
    refused: int


def room(tx: Connection, device_id: str, quota_bytes: int) -> int:
    """Bytes of the quota that are left to a device: the refused bytes of which nobody has decided count."""
    used = tx.execute(
        sa.select(sa.func.coalesce(sa.func.sum(_QUARANTINE.c.size), 0), sa.func.count()).where(
            _QUARANTINE.c.device_id == device_id, _QUARANTINE.c.settled_at.is_(None), _QUARANTINE.c.key.is_not(None)
        )
    ).one()
    return max(0, quota_bytes - int(used[0]) - ENTRY_BYTES * (int(used[1]) + 1))


def note(tx: Connection, provenance: Provenance) -> None:
    """Note that refused bytes were not kept."""
    mine = _OVERFLOW.c.device_id == provenance.device_id
    counted = sa.update(_OVERFLOW).where(mine).values(refused=_OVERFLOW.c.refused + 1, last_at=provenance.received_at)
    if tx.execute(counted).rowcount:
        return
    begun = (
        insert_new(tx, _OVERFLOW)
        .execution_options(preserve_rowcount=True)
        .values(
            device_id=provenance.device_id,
            site_id=provenance.site_id,
            first_at=provenance.received_at,
            last_at=provenance.received_at,
            refused=1,
        )
    )
    if tx.execute(begun).rowcount != 1:  # another association noted its first at the same moment
        tx.execute(counted)


def overflows(tx: Connection, site_ids: Collection[str], *, since: datetime) -> list[Overflow]:
    """Devices of these sites of which something was not kept since then, the latest first."""
    rows = tx.execute(
        sa.select(_OVERFLOW)
        .where(_OVERFLOW.c.last_at >= since, _OVERFLOW.c.site_id.in_(site_ids))
        .order_by(_OVERFLOW.c.last_at.desc())
    )
    return [
        Overflow(
            device_id=row.device_id,
            site_id=row.site_id,
            first_at=row.first_at,
            last_at=row.last_at,
            refused=row.refused,
        )
        for row in rows
    ]
