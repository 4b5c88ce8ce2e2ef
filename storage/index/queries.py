"""The index of what lies in the segments: what it answers, and what may change in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.index import journal
from storage.index.entry_batch import Entered
from storage.index.entry_rows import compared_names
from storage.index.group_commit import Index, IndexUnavailable
from storage.index.person_traces import Trace
from storage.index.search import (
    Condition,
    Exact,
    Match,
    Range,
    Scope,
    UidList,
    UnknownColumn,
    Wildcard,
    search_instances,
    search_parts,
    search_patients,
    search_series,
    search_studies,
)
from storage.instance_row import TEXT_LIMITS, InstanceRow, Place, Provenance, Ranges, encode_ranges
from storage.records import SHOWN_AS, Held, Instance, Part, Patient, Series, Study, columns_of, shaped

__all__ = [
    "Condition",
    "Entered",
    "Exact",
    "Held",
    "Index",
    "IndexUnavailable",
    "Instance",
    "InstanceRow",
    "Match",
    "Part",
    "Patient",
    "Place",
    "Provenance",
    "Range",
    "Scope",
    "Series",
    "Study",
    "UidList",
    "UnknownColumn",
    "Wildcard",
    "arrivals_since",
    "describe",
    "held",
    "hide",
    "instance_of",
    "instances_in",
    "note_holding",
    "note_lost",
    "search_instances",
    "search_parts",
    "search_patients",
    "search_series",
    "search_studies",
    "series_in",
    "settle",
    "show",
    "study_of",
    "undescribed",
    "unhide",
]

_STUDY: Final = tables.study
_SERIES: Final = tables.series
_INSTANCE: Final = tables.instance
_HOLDING: Final = tables.holding
_QUARANTINE: Final = tables.quarantine

HIDE: Final = "hide"
UNHIDE: Final = "unhide"
"""Kinds of the journal."""
_AT_ONCE: Final = 500


def study_of(tx: Connection, study_uid: str) -> Study | None:
    asked = sa.select(*columns_of(Study, _STUDY)).where(_STUDY.c.study_uid == study_uid)
    return next(iter(shaped(Study, tx.execute(asked))), None)


def series_in(tx: Connection, study_uid: str) -> list[Series]:
    """By series number; those that show something."""
    asked = sa.select(*columns_of(Series, _SERIES)).where(_SERIES.c.study_uid == study_uid, _SERIES.c.instances > 0)
    return shaped(Series, tx.execute(asked.order_by(_SERIES.c.series_number, _SERIES.c.series_uid)))


def instances_in(tx: Connection, study_uid: str, series_uid: str | None = None) -> list[Instance]:
    """By series, then by instance number; without what is hidden."""
    asked = sa.select(*columns_of(Instance, _INSTANCE))
    asked = asked.where(_INSTANCE.c.study_uid == study_uid, _INSTANCE.c.hidden.is_(False))
    if series_uid is not None:
        asked = asked.where(_INSTANCE.c.series_uid == series_uid)
    order = (_INSTANCE.c.series_uid, _INSTANCE.c.instance_number, _INSTANCE.c.sop_instance_uid)
    return shaped(Instance, tx.execute(asked.order_by(*order)))


def instance_of(tx: Connection, sop_instance_uid: str) -> Instance | None:
    """The instance, also one that is hidden."""
    asked = sa.select(*columns_of(Instance, _INSTANCE)).where(_INSTANCE.c.sop_instance_uid == sop_instance_uid)
    return next(iter(shaped(Instance, tx.execute(asked))), None)


def has_instances(tx: Connection) -> bool:
    """Whether the index knows any instance at all."""
    return tx.scalar(sa.select(tables.instance.c.sop_instance_uid).limit(1)) is not None


def count_since(tx: Connection, since: datetime | None) -> tuple[int, int]:
    """Instances that were received since a time, or ever, and their bytes."""
    row = tables.instance.c
    asked = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(row.size), 0)).select_from(tables.instance)
    if since is not None:
        asked = asked.where(row.received_at >= since)
    instances, size = tx.execute(asked).one()
    return instances, int(size)


def arrivals_since(tx: Connection, since: datetime) -> list[Study]:
    """Studies that received something at or after ``since``, the longest ago first."""
    asked = sa.select(*columns_of(Study, _STUDY)).where(_STUDY.c.last_received_at >= since)
    return shaped(Study, tx.execute(asked.order_by(_STUDY.c.last_received_at)))


def show(tx: Connection, study_uid: str, attributes: Mapping[str, str], revision: int) -> None:
    """Make the shown columns follow an attribution revision: what came, with ``attributes`` (DICOM keywords) over it.

    Keywords that no column of the study shows are passed over.
    """
    received: dict[str, str] = tx.execute(
        sa.select(_STUDY.c.received).where(_STUDY.c.study_uid == study_uid)
    ).scalar_one()
    corrected = {SHOWN_AS[keyword]: value for keyword, value in attributes.items() if keyword in SHOWN_AS}
    shown = {**_without_the_earlier(received, corrected), **corrected}
    shown = {column: value[: TEXT_LIMITS[column]] for column, value in shown.items()}
    tx.execute(
        sa.update(_STUDY)
        .where(_STUDY.c.study_uid == study_uid)
        .values(**shown, **compared_names(shown["patient_name"]), attribution_revision=revision)
    )


def _without_the_earlier(received: Mapping[str, str], corrected: Mapping[str, str]) -> dict[str, str]:
    """What came, without what it says of the person under whom it came by mistake.

    A new number is another person: name, birth date and sex go with the old one. Other texts go if they name them.
    """
    name, number = received.get("patient_name", ""), received.get("patient_id", "")
    another = corrected.get("patient_id", number) != number
    if not another and corrected.get("patient_name", name) == name:
        return dict(received)
    trace = Trace(name, number if another else "")
    gone = {"patient_name", "birth_date", "sex"} if another else set[str]()
    gone |= {
        column
        for column in ("study_description", "referring_physician", "study_id", "accession_number")
        if trace.in_text(received.get(column, ""))
    }
    return {column: "" if column in gone else value for column, value in received.items()}


def hide(tx: Connection, study_uid: str, now: datetime) -> None:
    """Take the study out of every search that does not ask for hidden ones."""
    set_hidden(tx, study_uid, hidden=True)
    journal.write(tx, HIDE, {"study_uid": study_uid}, now)


def unhide(tx: Connection, study_uid: str, now: datetime) -> None:
    set_hidden(tx, study_uid, hidden=False)
    journal.write(tx, UNHIDE, {"study_uid": study_uid}, now)


def set_hidden(tx: Connection, study_uid: str, *, hidden: bool) -> bool:
    """What `hide` and `unhide` change, for a journal that is read again; False when there is no such study."""
    done = tx.execute(sa.update(_STUDY).where(_STUDY.c.study_uid == study_uid).values(hidden=hidden))
    return done.rowcount == 1


def describe(
    tx: Connection,
    sop_instance_uid: str,
    *,
    description: bytes,
    frame_ranges: Ranges | None,
    pixel_digest: bytes | None,
) -> None:
    """Note what was found out after the acknowledgement; ``description`` is compressed DICOM JSON of the header."""
    found = {"description": description, "pixel_digest": pixel_digest}
    if frame_ranges is not None:
        found["frame_ranges"] = encode_ranges(frame_ranges)
    tx.execute(sa.update(_INSTANCE).where(_INSTANCE.c.sop_instance_uid == sop_instance_uid).values(**found))


def undescribed(tx: Connection, limit: int, *, after: Instance | None = None) -> list[Instance]:
    """Instances that wait for `describe`, the longest waiting first; ``after`` is the one that came last."""
    order = (_INSTANCE.c.received_at, _INSTANCE.c.sop_instance_uid)
    asked = sa.select(*columns_of(Instance, _INSTANCE)).where(_INSTANCE.c.description.is_(None))
    if after is not None:
        came_last = (sa.literal(after.received_at, order[0].type), sa.literal(after.sop_instance_uid))
        asked = asked.where(sa.tuple_(*order) > sa.tuple_(*came_last))
    return shaped(Instance, tx.execute(asked.order_by(*order).limit(limit)))


def held(tx: Connection, limit: int, *, reason: str | None = None) -> list[Held]:
    """What waits in quarantine for a decision, the longest waiting first; refused bytes too, or one reason's alone."""
    asked = sa.select(*columns_of(Held, _QUARANTINE)).where(_QUARANTINE.c.settled_at.is_(None))
    if reason is not None:
        asked = asked.where(_QUARANTINE.c.reason == reason)
    return shaped(Held, tx.execute(asked.order_by(_QUARANTINE.c.received_at).limit(limit)))


def note_lost(tx: Connection, segment_id: str, whole: Collection[int]) -> int:
    """Mark the instances of a segment of whose bytes the disk kept none that begin there; answers how many.

    ``whole`` are the offsets of the members that are as they came.
    """
    asked = sa.select(_INSTANCE.c.sop_instance_uid, _INSTANCE.c.offset).where(_INSTANCE.c.segment_id == segment_id)
    lost = [uid for uid, offset in tx.execute(asked) if offset not in whole]
    for start in range(0, len(lost), _AT_ONCE):
        these = _INSTANCE.c.sop_instance_uid.in_(lost[start : start + _AT_ONCE])
        tx.execute(sa.update(_INSTANCE).where(these, _INSTANCE.c.segment_id == segment_id).values(damaged=sa.true()))
    return len(lost)


def settle(tx: Connection, quarantine_id: str, settled_as: str, now: datetime) -> bool:
    """Note a decision; False when somebody else had decided before."""
    done = tx.execute(
        sa.update(_QUARANTINE)
        .where(_QUARANTINE.c.id == quarantine_id, _QUARANTINE.c.settled_at.is_(None))
        .values(settled_at=now, settled_as=settled_as)
    )
    return done.rowcount == 1


def note_holding(tx: Connection, newcomer: Held) -> None:
    """The site of a newcomer that is the same as what is stored, in other bytes, has its holding of it."""
    owner = sa.select(
        _STUDY.c.study_uid,
        sa.literal(newcomer.sop_instance_uid),
        sa.literal(newcomer.site_id),
        sa.literal(newcomer.device_id),
        sa.literal(newcomer.received_at, _HOLDING.c.received_at.type),
        _STUDY.c.site_id != newcomer.site_id,
    ).where(_STUDY.c.study_uid == newcomer.study_uid)
    columns = ["study_uid", "sop_instance_uid", "site_id", "device_id", "received_at", "shared"]
    tx.execute(insert_new(tx, tables.holding).from_select(columns, owner))
