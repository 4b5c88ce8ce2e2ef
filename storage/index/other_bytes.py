"""Lets the row of an instance lead to other bytes: those that were sent again, or those that are shown instead."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.index import quarantine_rows
from storage.index.entry_rows import Home, instance_values, received_person
from storage.instance_row import Place
from storage.quarantine_moves import QuarantineMove, Reason
from storage.segments.members import Entry

_WHERE_SHOWN: Final = frozenset(
    {"sop_instance_uid", "study_uid", "series_uid", "received_study_uid", "received_series_uid", "placed_at", "hidden"}
)
_COUNTED_AS: Final = frozenset({"made_here"})
"""A copy of what was made here that is shown instead of it is no image either."""
_OF_THE_SENDER: Final = frozenset({"site_id", "device_id", "received_at"})


def point_at(tx: Connection, entry: Entry, *, instead_of: Place, same_sender: bool = False) -> bool:
    """Let the row of an instance lead to these bytes; False when it no longer leads to those of ``instead_of``.

    Its study and series stay, its description is made again. With ``same_sender`` site, device and time stay too.
    """
    instance = tables.instance.c
    there = (instance.sop_instance_uid == entry.row.sop_instance_uid) & (instance.offset == instead_of.offset)
    kept = _WHERE_SHOWN | _COUNTED_AS | (_OF_THE_SENDER if same_sender else frozenset[str]())
    first = first_person(tx, entry.row.study_uid)
    found = instance_values(entry, Home(entry.row.study_uid, entry.row.study_uid), first)
    values = {name: value for name, value in found.items() if name not in kept}
    there &= instance.segment_id == instead_of.segment_id
    return tx.execute(sa.update(tables.instance).where(there).values(values)).rowcount == 1


def first_person(tx: Connection, study_uid: str) -> tuple[str, ...] | None:
    """What the first instance of a study says in `entry_rows.PERSON`."""
    received = tx.scalar(sa.select(tables.study.c.received).where(tables.study.c.study_uid == study_uid))
    return None if received is None else received_person(received)


def note_healed(tx: Connection, sop_instance_uid: str, now: datetime) -> None:
    """Settle the question about a damaged instance, which is whole again."""
    asked = (tables.quarantine.c.sop_instance_uid == sop_instance_uid) & (tables.quarantine.c.reason == Reason.DAMAGED)
    quarantine_rows.change(tx, asked, QuarantineMove.HEAL, now)
