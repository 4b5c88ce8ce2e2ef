"""Erases images: their rows at once and for good, their bytes as soon as segments are written without them.

Searches find nothing afterwards, and the same instance sent again is refused (`storage.index.entry_batch`). The
decision is in the journal, so that a rebuilt index does not show the images either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.database import insert_new, portions, snapshot, transaction
from storage.decisions.placement import recount
from storage.index import journal
from storage.quarantine_moves import Reason
from storage.rewriting.rewrite import NothingGained, Work, alone, rewrite
from storage.segment_moves import ENDED, SegmentState

KIND: Final = "erasure"
HOLD: Final = "hold"
_INSTANCE: Final = tables.instance
_STUDY: Final = tables.study
_SEGMENT: Final = tables.segment
_QUARANTINE: Final = tables.quarantine
_HOLDING: Final = tables.holding
_TOMBSTONE: Final = tables.tombstone


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What an erasure took out of the index."""

    instances: int
    """Images that were received; what was made here goes with them uncounted."""
    quarantined: int
    """Rows of the quarantine."""
    files: tuple[str, ...]
    """Keys of quarantine files, which lie in the spool of the node that received them."""


def erase(tx: Connection, study_uid: str, *, made_by: str, reason: str, now: datetime) -> Erasure:
    """Erase all images that are shown in a study, hidden ones too. May be repeated.

    Quarantined bytes with the same SOP Instance UIDs go with them.
    """
    # What is being entered meanwhile is either committed, and seen below, or enters a study that was erased.
    tx.execute(sa.select(_STUDY.c.study_uid).where(_STUDY.c.study_uid == study_uid).with_for_update(key_share=True))
    shown = sa.select(_INSTANCE.c.sop_instance_uid, _INSTANCE.c.made_here).where(_INSTANCE.c.study_uid == study_uid)
    there = {row.sop_instance_uid: bool(row.made_here) for row in tx.execute(shown)}
    uids, made_here = sorted(there), sorted(uid for uid, made in there.items() if made)
    if not uids:
        return Erasure(instances=0, quarantined=0, files=())
    erased = _take_out(tx, study_uid, uids, now, made_here=made_here)
    told: dict[str, Any] = {"study_uid": study_uid, "sop_instance_uids": uids, "made_by": made_by, "reason": reason}
    told |= {"made_here": made_here} if made_here else {}
    journal.write(tx, KIND, told, now)
    return erased


def replay(tx: Connection, payload: Mapping[str, Any], at: datetime) -> bool:
    """Make the decision again in a rebuilt index; images with other UIDs, received since, stay."""
    made_here = payload.get("made_here", ())
    _take_out(tx, payload["study_uid"], payload["sop_instance_uids"], at, made_here=made_here)
    return True


def hold(tx: Connection, study_uid: str, reason: str, now: datetime) -> None:
    """Note why the images of a study must not be erased; an empty reason ends that."""
    _hold(tx, study_uid, reason)
    journal.write(tx, HOLD, {"study_uid": study_uid, "reason": reason}, now)


def replay_hold(tx: Connection, payload: Mapping[str, Any], _at: datetime) -> bool:
    return _hold(tx, payload["study_uid"], payload["reason"])


def _hold(tx: Connection, study_uid: str, reason: str) -> bool:
    changed = sa.update(_STUDY).where(_STUDY.c.study_uid == study_uid).values(hold=reason)
    return tx.execute(changed).rowcount == 1


def pending(engine: Engine) -> list[tuple[str, str, SegmentState]]:
    """Study, id and state of each segment that may still hold erased bytes."""
    asked = sa.select(_SEGMENT.c.study_uid, _SEGMENT.c.id, _SEGMENT.c.state).where(
        _SEGMENT.c.purge, _SEGMENT.c.state != SegmentState.GONE
    )
    with snapshot(engine) as tx:
        return [(row.study_uid, row.id, SegmentState(row.state)) for row in tx.execute(asked.order_by(_SEGMENT.c.id))]


def purge(work: Work, pause: Callable[[], None] = lambda: None) -> int:
    """Rewrite stored segments without erased bytes; answers how many. Segments that are not stored yet wait.

    Raises:
        ExceptionGroup: of failures with single segments; the others are done.

    """
    done = 0
    failures: list[Exception] = []
    for study_uid, segment_id, state in pending(work.engine):
        if state is not SegmentState.STORED:
            continue
        with alone(work.engine, study_uid) as ours:
            if not ours:
                continue
            try:
                rewrite(work, study_uid, [segment_id], grace=timedelta(), compact_at=work.clock(), pause=pause)
            except NothingGained:
                with transaction(work.engine) as tx:
                    tx.execute(sa.update(_SEGMENT).where(_SEGMENT.c.id == segment_id).values(purge=False))
            except Exception as failure:  # noqa: BLE001 # told below; one that cannot be written keeps none waiting
                failures.append(failure)
                continue
            done += 1
    if failures:
        raise ExceptionGroup("segments that still hold what was erased", failures)
    return done


def _take_out(
    tx: Connection, study_uid: str, uids: Sequence[str], at: datetime, *, made_here: Sequence[str]
) -> Erasure:
    ours = frozenset(made_here)
    # The tombstones first: an instance that is entered meanwhile is found below, or refused.
    graves = [
        {"sop_instance_uid": uid, "study_uid": study_uid, "erased_at": at, "made_here": uid in ours} for uid in uids
    ]
    tx.execute(insert_new(tx, _TOMBSTONE), graves)
    studies, series, segments = {study_uid}, set[str](), set[str]()
    there, kept = _INSTANCE.c, _QUARANTINE.c
    instances, files, quarantined = 0, list[str](), 0
    for some in portions(uids):
        columns = (there.study_uid, there.received_study_uid, there.series_uid, there.segment_id)
        for row in tx.execute(sa.select(*columns).where(there.sop_instance_uid.in_(some))):
            studies |= {row.study_uid, row.received_study_uid or row.study_uid}
            series.add(row.series_uid)
            segments.add(row.segment_id)
        columns = (kept.key, kept.segment_id, kept.reason)
        for row in tx.execute(sa.select(*columns).where(kept.sop_instance_uid.in_(some))):
            # A question about damage has a key and no file.
            files += [row.key] if row.key is not None and row.reason != Reason.DAMAGED else []
            segments |= {row.segment_id} if row.segment_id is not None else set()
            quarantined += 1
        gone = tx.execute(sa.delete(_INSTANCE).where(there.sop_instance_uid.in_(some)).returning(there.made_here))
        instances += sum(not made for made in gone.scalars())
        tx.execute(sa.delete(_HOLDING).where(_HOLDING.c.sop_instance_uid.in_(some)))
        tx.execute(sa.delete(_QUARANTINE).where(kept.sop_instance_uid.in_(some)))
    # A range that recovery copied names no instance, and may belong to any of the study.
    of_recovery = (kept.study_uid == study_uid) & kept.sop_instance_uid.is_(None)
    of_recovery &= kept.reason.in_((Reason.DAMAGED, Reason.TORN))
    for row in tx.execute(sa.select(kept.key).where(of_recovery)):
        files += [row.key] if row.key is not None else []
        quarantined += 1
    tx.execute(sa.delete(_QUARANTINE).where(of_recovery))
    recount(tx, studies, series)
    emptied = (_STUDY.c.study_uid == study_uid) & (_STUDY.c.instances == 0)
    tx.execute(sa.update(_STUDY).where(emptied).values(erased_at=at))
    _mark(tx, studies, segments, at)
    return Erasure(instances=instances, quarantined=quarantined, files=tuple(files))


def _mark(tx: Connection, study_uids: set[str], segment_ids: set[str], at: datetime) -> None:
    """Mark every segment that may hold the bytes: those of the studies too, since no row leads to some bytes."""
    for some in portions(sorted(segment_ids)):
        _mark_each(tx, _SEGMENT.c.id.in_(some), at)
    for some in portions(sorted(study_uids)):
        _mark_each(tx, _SEGMENT.c.study_uid.in_(some), at)


def _mark_each(tx: Connection, these: sa.ColumnElement[bool], at: datetime) -> None:
    there = _SEGMENT.c.state.not_in(ENDED)
    # Nobody waits for more of it: it is sealed as soon as it is free.
    tx.execute(sa.update(_SEGMENT).where(these, there).values(purge=True, awaited=True))
    tx.execute(sa.update(_SEGMENT).where(these, _SEGMENT.c.state == SegmentState.RETIRED).values(delete_at=at))
