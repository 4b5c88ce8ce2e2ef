"""Studies, series and instances in the index: read, hidden, corrected and described."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import portions
from storage.index import journal
from storage.index.entry_batch import Entered
from storage.index.entry_rows import compared_names
from storage.index.group_commit import Index, IndexUnavailable
from storage.index.person_traces import Trace
from storage.index.search import (
    AnyOf,
    Condition,
    Exact,
    Match,
    Range,
    Scope,
    UidList,
    UnknownColumn,
    Wildcard,
    instances_in,
    search_instances,
    search_parts,
    search_patients,
    search_series,
    search_studies,
    seen_instance,
    series_in,
)
from storage.instance_row import TEXT_LIMITS, InstanceRow, Place, Provenance
from storage.records import SHOWN_AS, Held, Instance, Part, Patient, Series, Study, columns_of, records_of

__all__ = [
    "AnyOf",
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
    "all_instances_in",
    "all_series_in",
    "arrivals_since",
    "describe",
    "differences",
    "hide",
    "instance_of",
    "instances_in",
    "instances_of",
    "merged_into",
    "note_lost",
    "search_instances",
    "search_parts",
    "search_patients",
    "search_series",
    "search_studies",
    "seen_instance",
    "series_in",
    "show",
    "studies_of",
    "study_of",
    "undescribed",
    "unhide",
]

_STUDY: Final = tables.study
_SERIES: Final = tables.series
_INSTANCE: Final = tables.instance

HIDE: Final = "hide"
UNHIDE: Final = "unhide"
"""Kinds of the journal."""


def study_of(tx: Connection, study_uid: str) -> Study | None:
    asked = sa.select(*columns_of(Study, _STUDY)).where(_STUDY.c.study_uid == study_uid)
    return next(iter(records_of(Study, tx.execute(asked))), None)


def studies_of(tx: Connection, study_uids: Iterable[str]) -> list[Study]:
    """The studies among these UIDs, by UID."""
    found: list[Study] = []
    for some in portions(sorted(set(study_uids))):
        these = _STUDY.c.study_uid.in_(some)
        found += records_of(Study, tx.execute(sa.select(*columns_of(Study, _STUDY)).where(these)))
    return sorted(found, key=lambda one: one.study_uid)


def instance_of(tx: Connection, sop_instance_uid: str) -> Instance | None:
    """The instance, hidden or not."""
    asked = sa.select(*columns_of(Instance, _INSTANCE)).where(_INSTANCE.c.sop_instance_uid == sop_instance_uid)
    return next(iter(records_of(Instance, tx.execute(asked))), None)


def received_of(tx: Connection, study_uid: str) -> dict[str, str]:
    """The columns of patient and study as the first instance said them, whatever was corrected since.

    Raises:
        sqlalchemy.exc.NoResultFound: no such study.

    """
    return tx.execute(sa.select(_STUDY.c.received).where(_STUDY.c.study_uid == study_uid)).scalar_one()


def all_series_in(tx: Connection, study_uid: str) -> list[Series]:
    """By series number; also series whose instances are all hidden."""
    asked = sa.select(*columns_of(Series, _SERIES)).where(_SERIES.c.study_uid == study_uid)
    return records_of(Series, tx.execute(asked.order_by(_SERIES.c.series_number, _SERIES.c.series_uid)))


def all_instances_in(tx: Connection, study_uid: str) -> list[Instance]:
    """What was received, by series, then by instance number; also hidden instances."""
    inside = (_INSTANCE.c.study_uid == study_uid) & _INSTANCE.c.made_here.is_(False)
    asked = sa.select(*columns_of(Instance, _INSTANCE)).where(inside)
    order = (_INSTANCE.c.series_uid, _INSTANCE.c.instance_number, _INSTANCE.c.sop_instance_uid)
    return records_of(Instance, tx.execute(asked.order_by(*order)))


def instances_of(tx: Connection, sop_instance_uids: Iterable[str]) -> dict[str, Instance]:
    """The indexed instances among these UIDs, hidden or not."""
    found: dict[str, Instance] = {}
    for some in portions(sorted(set(sop_instance_uids))):
        these = _INSTANCE.c.sop_instance_uid.in_(some)
        asked = sa.select(*columns_of(Instance, _INSTANCE)).where(these)
        found |= {one.sop_instance_uid: one for one in records_of(Instance, tx.execute(asked))}
    return found


def differences(tx: Connection, study: Study, named: Iterable[str]) -> dict[str, dict[str, str]]:
    """The attributes that ``study``, in which instances are shown, gives another value than the study that they name.

    Answers, for each study in ``named``, DICOM keywords of study and patient with the values of ``study``; time zones
    belong to the instances.
    """
    asked = sa.select(_STUDY.c.study_uid, _STUDY.c.received).where(_STUDY.c.study_uid.in_(sorted(set(named))))
    return {
        study_uid: {
            keyword: str(getattr(study, column))
            for keyword, column in SHOWN_AS.items()
            if keyword != "TimezoneOffsetFromUTC" and str(getattr(study, column)) != received.get(column, "")
        }
        for study_uid, received in tx.execute(asked)
    }


def merged_into(tx: Connection, study_uid: str) -> list[str]:
    """The studies that are shown in this one."""
    asked = sa.select(_STUDY.c.study_uid).where(_STUDY.c.merged_into == study_uid)
    return list(tx.scalars(asked.order_by(_STUDY.c.study_uid)))


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
    return records_of(Study, tx.execute(asked.order_by(_STUDY.c.last_received_at)))


def show(tx: Connection, study_uid: str, attributes: Mapping[str, str], revision: int) -> None:
    """Show a study as an attribution revision says: the received values, replaced by ``attributes`` (DICOM keywords).

    Keywords without a column of the study, but Body Part Examined, are ignored.
    """
    received = received_of(tx, study_uid)
    corrected = {SHOWN_AS[keyword]: value for keyword, value in attributes.items() if keyword in SHOWN_AS}
    shown = {**_without_the_earlier(received, corrected), **corrected}
    shown = {column: value[: TEXT_LIMITS[column]] for column, value in shown.items()}
    tx.execute(
        sa.update(_STUDY)
        .where(_STUDY.c.study_uid == study_uid)
        .values(
            **shown,
            **compared_names(shown["patient_name"]),
            corrected_body_part=attributes.get("BodyPartExamined"),
            attribution_revision=revision,
        )
    )


def _without_the_earlier(received: Mapping[str, str], corrected: Mapping[str, str]) -> dict[str, str]:
    """The received values, without those of the person under whom the study came by mistake.

    A new patient id means another person: name, birth date and sex are emptied, and texts that name the first person.
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
    """Hide a study from every search that does not ask for hidden ones."""
    set_hidden(tx, study_uid, hidden=True)
    journal.write(tx, HIDE, {"study_uid": study_uid}, now)


def unhide(tx: Connection, study_uid: str, now: datetime) -> None:
    set_hidden(tx, study_uid, hidden=False)
    journal.write(tx, UNHIDE, {"study_uid": study_uid}, now)


def set_hidden(tx: Connection, study_uid: str, *, hidden: bool) -> bool:
    """Hide or show a study without writing the journal; False when there is no such study."""
    done = tx.execute(sa.update(_STUDY).where(_STUDY.c.study_uid == study_uid).values(hidden=hidden))
    return done.rowcount == 1


def describe(tx: Connection, descriptions: Mapping[str, bytes]) -> None:
    """Write the descriptions, compressed DICOM JSON of the headers, by SOP Instance UID."""
    tx.execute(_DESCRIBE, [{"uid": uid, "made": made} for uid, made in descriptions.items()])


_DESCRIBE: Final = (
    sa.update(_INSTANCE)
    .where(_INSTANCE.c.sop_instance_uid == sa.bindparam("uid"))
    .values(description=sa.bindparam("made"))
)


def undescribed(tx: Connection, limit: int, *, after: Instance | None = None) -> list[Instance]:
    """Instances that wait for `describe`, the longest waiting first; ``after`` is the one that came last."""
    order = (_INSTANCE.c.received_at, _INSTANCE.c.sop_instance_uid)
    asked = sa.select(*columns_of(Instance, _INSTANCE)).where(_INSTANCE.c.description.is_(None))
    if after is not None:
        came_last = (sa.literal(after.received_at, order[0].type), sa.literal(after.sop_instance_uid))
        asked = asked.where(sa.tuple_(*order) > sa.tuple_(*came_last))
    return records_of(Instance, tx.execute(asked.order_by(*order).limit(limit)))


def note_lost(tx: Connection, segment_id: str, whole: Collection[int]) -> int:
    """Mark the instances of a segment as damaged whose offsets are not among those of ``whole`` members.

    Answers how many.
    """
    asked = sa.select(_INSTANCE.c.sop_instance_uid, _INSTANCE.c.offset).where(_INSTANCE.c.segment_id == segment_id)
    lost = [uid for uid, offset in tx.execute(asked) if offset not in whole]
    for some in portions(lost):
        these = _INSTANCE.c.sop_instance_uid.in_(some)
        tx.execute(sa.update(_INSTANCE).where(these, _INSTANCE.c.segment_id == segment_id).values(damaged=sa.true()))
    return len(lost)
