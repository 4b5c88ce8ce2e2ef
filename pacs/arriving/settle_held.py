"""Settles held newcomers: the stored instance in other bytes is a duplicate, another instance waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Engine

from pacs.pixels.opened import Bytes
from pacs.pixels.sameness import Encoded, same_instance
from storage.database import snapshot, transaction
from storage.decisions.comparison import conflict_of, note_conflict, note_duplicate
from storage.index.quarantine_rows import unsettled
from storage.index.queries import Held, Instance, InstanceRow, instance_of
from storage.nodes.reader import HolderAway
from storage.quarantine_moves import Reason

_MAX_COMPARED: Final = 512 << 20
"""Largest instance in bytes that is compared by machine; a larger one is left to a person."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    duplicates: int = 0
    conflicts: int = 0


def settle_held(engine: Engine, bytes_: Bytes, clock: Callable[[], datetime], *, limit: int = 50) -> Settled:
    """Settle up to ``limit`` newcomers, the oldest first: a step of the worker. Those on an absent node wait.

    Raises:
        ExceptionGroup: what went wrong with single newcomers; the others are settled.

    """
    with snapshot(engine) as tx:
        newcomers = unsettled(tx, limit, reason=Reason.HELD)
        stored = {
            one.id: instance_of(tx, one.sop_instance_uid) for one in newcomers if one.sop_instance_uid is not None
        }
    duplicates = conflicts = 0
    failures: list[Exception] = []
    for newcomer in newcomers:
        try:
            duplicate = _is_duplicate(bytes_, newcomer, stored.get(newcomer.id))
        except HolderAway:
            continue
        except Exception as failure:  # noqa: BLE001 # raised below; the other newcomers are settled
            failures.append(failure)
            continue
        with transaction(engine) as tx:
            if duplicate:
                duplicates += note_duplicate(tx, newcomer, clock())
            else:
                conflicts += note_conflict(tx, newcomer.id, conflict_of(tx, newcomer))
    if failures:
        raise ExceptionGroup("newcomers that were not settled", failures)
    return Settled(duplicates=duplicates, conflicts=conflicts)


def _is_duplicate(bytes_: Bytes, newcomer: Held, stored: Instance | None) -> bool:
    """Whether both are the same instance; never where the newcomer names another study or series."""
    if stored is None or newcomer.row is None or newcomer.segment_id is None or newcomer.offset is None:
        return False
    if max(stored.size, newcomer.size) > _MAX_COMPARED:
        return False
    row = InstanceRow.from_json(newcomer.row)
    if (row.study_uid, row.series_uid) != stored.named:
        return False
    theirs = replace(
        stored,
        segment_id=newcomer.segment_id,
        offset=newcomer.offset,
        size=newcomer.size,
        dataset_offset=row.dataset_offset,
        transfer_syntax_uid=row.transfer_syntax_uid,
    )
    return same_instance(_encoded(bytes_, stored), _encoded(bytes_, theirs))


def _encoded(bytes_: Bytes, instance: Instance) -> Encoded:
    return Encoded(
        dataset=bytes_.read(instance, instance.dataset_offset, instance.size - instance.dataset_offset),
        transfer_syntax=instance.transfer_syntax_uid,
    )
