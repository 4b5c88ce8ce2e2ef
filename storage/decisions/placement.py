"""Moves and hides instances as people decide; the bytes never change.

`apply` makes the changes of a decision and writes them to the journal; `replay` makes those of the journal again in an
index that is rebuilt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new, portions
from storage.decisions.placement_changes import (
    Change,
    Hidden,
    InstancesMoved,
    Merged,
    SeriesMade,
    SeriesMoved,
    StudyMade,
    Unhidden,
    to_json,
)
from storage.errors import Overtaken
from storage.index import journal
from storage.index.queries import instances_of
from storage.index.sides import among

_STUDY: Final = tables.study
_SERIES: Final = tables.series
_INSTANCE: Final = tables.instance
_HOLDING: Final = tables.holding
KIND: Final = "placement"
"""The kind of these decisions in the journal."""


def apply(tx: Connection, changes: Sequence[Change], now: datetime) -> frozenset[str]:
    """Make the changes, count again, write the journal; answers the studies whose visible images may have changed.

    Changes may be applied again, except moves, whose instances have left.

    Raises:
        Overtaken: something is not where a change says it is; roll back.

    """
    study_uids, series_uids = touched = _touched(tx, changes)
    lock_counted(tx, study_uids, series_uids)
    if _touched(tx, changes) != touched:
        raise Overtaken  # moved by somebody else before the lock was ours
    for change in changes:
        _apply(tx, change, now)
    recount(tx, study_uids, series_uids)
    journal.write(tx, KIND, {"changes": to_json(changes)}, now)
    return frozenset(study_uids)


def replay(tx: Connection, changes: Sequence[Change], now: datetime) -> bool:
    """Make changes of the journal again, in an index made from the segments; False when some did not fit.

    An instance that is not where a change says, since its bytes are lost, is left out.
    """
    study_uids, series_uids = _touched(tx, changes)
    whole = True
    for change in changes:
        fitting = _fitting(tx, change)
        whole &= fitting == change
        if fitting is not None:
            try:
                with tx.begin_nested():
                    _apply(tx, fitting, now)
            except Overtaken:
                whole = False
        if isinstance(change, Merged):
            _lead_later_series(tx, change, now)
    recount(tx, study_uids, series_uids)
    return whole


def _lead_later_series(tx: Connection, change: Merged, now: datetime) -> None:
    """Move series that came after a merge: in a rebuilt index they are entered before the merge is made again."""
    first = sa.select(sa.func.min(_INSTANCE.c.received_at)).where(_INSTANCE.c.series_uid == _SERIES.c.series_uid)
    named = sa.func.coalesce(_SERIES.c.received_study_uid, _SERIES.c.study_uid) == change.study_uid
    later = sa.select(_SERIES.c.series_uid, _SERIES.c.study_uid).where(
        named, first.scalar_subquery() > sa.literal(now, _INSTANCE.c.received_at.type)
    )
    target = change.to_study or change.study_uid
    moving = [(series_uid, study_uid) for series_uid, study_uid in tx.execute(later).all() if study_uid != target]
    for series_uid, study_uid in moving:
        _move_series(tx, SeriesMoved(series_uid=series_uid, from_study=study_uid, to_study=target), now)
    for study_uid in {uid for _, uid in moving} | ({target} if moving else set()):
        came = sa.select(sa.func.max(_INSTANCE.c.received_at)).where(_INSTANCE.c.study_uid == study_uid)
        before = came.where(_INSTANCE.c.received_at <= now) if study_uid != target else came
        last = sa.func.coalesce(before.scalar_subquery(), _STUDY.c.first_received_at)
        tx.execute(sa.update(_STUDY).where(_STUDY.c.study_uid == study_uid).values(last_received_at=last))


def _fitting(tx: Connection, change: Change) -> Change | None:
    """The change without instances that are missing; None where nothing is left of it."""
    match change:
        case InstancesMoved():
            there = instances_of(tx, change.sop_instance_uids)
            left = tuple(
                uid
                for uid in change.sop_instance_uids
                if uid in there
                and (there[uid].study_uid, there[uid].series_uid) == (change.from_study, change.from_series)
            )
        case Hidden() | Unhidden():
            there = instances_of(tx, change.sop_instance_uids)
            left = tuple(uid for uid in change.sop_instance_uids if uid in there)
        case _:
            return change
    return replace(change, sop_instance_uids=left) if left else None


# -- one change


def _apply(tx: Connection, change: Change, now: datetime) -> None:
    match change:
        case StudyMade():
            columns = [column.name for column in _STUDY.c if column.name not in ("attribution_revision", "merged_into")]
            own = {"study_uid": change.study_uid, "instances": 0, "made_here": 0}
            _copy(tx, _STUDY, _STUDY.c.study_uid == change.like, columns, own)
        case SeriesMade():
            columns = [column.name for column in _SERIES.c if column.name != "received_study_uid"]
            own = {"series_uid": change.series_uid, "study_uid": change.study_uid, "instances": 0}
            _copy(tx, _SERIES, _SERIES.c.series_uid == change.like, columns, own)
        case SeriesMoved():
            _move_series(tx, change, now)
        case InstancesMoved():
            _move_instances(tx, change, now)
        case Merged():
            here = _STUDY.c.merged_into.is_not_distinct_from(change.from_study)
            moved = sa.update(_STUDY).where(_STUDY.c.study_uid == change.study_uid, here)
            _exactly(1, tx.execute(moved.values(merged_into=change.to_study)))
        case Hidden():
            _set_hidden(tx, change.sop_instance_uids, hidden=True)
        case Unhidden():
            _set_hidden(tx, change.sop_instance_uids, hidden=False)


def _copy(
    tx: Connection, table: sa.Table, of: sa.ColumnElement[bool], columns: Sequence[str], own: dict[str, Any]
) -> None:
    """Insert a row like another; nothing where it is there already.

    Raises: Overtaken, where there is no row to copy.
    """
    original = tx.execute(sa.select(*(table.c[name] for name in columns)).where(of)).one_or_none()
    if original is None:
        raise Overtaken
    extra = {"attribution_revision": 0} if table is _STUDY else {}
    values = {**dict(zip(columns, original, strict=True)), **extra, **own}
    tx.execute(insert_new(tx, table).values(values))


def _move_series(tx: Connection, change: SeriesMoved, now: datetime) -> None:
    here = (_SERIES.c.series_uid == change.series_uid, _SERIES.c.study_uid == change.from_study)
    named = sa.func.coalesce(_SERIES.c.received_study_uid, _SERIES.c.study_uid)
    moved = sa.update(_SERIES).where(*here).values(study_uid=change.to_study, received_study_uid=named)
    _exactly(1, tx.execute(moved))
    inside = _INSTANCE.c.series_uid == change.series_uid
    # What came after the move follows its series: it has been there since it came.
    since = sa.case((_INSTANCE.c.received_at > now, _INSTANCE.c.received_at), else_=now)
    tx.execute(sa.update(_INSTANCE).where(inside).values(study_uid=change.to_study, placed_at=since, **_NAMED))
    _move_holdings(tx, inside, change.to_study)


def _move_instances(tx: Connection, change: InstancesMoved, now: datetime) -> None:
    home = tx.scalar(sa.select(_SERIES.c.study_uid).where(_SERIES.c.series_uid == change.to_series))
    if home != change.to_study:
        raise Overtaken
    here = (_INSTANCE.c.study_uid == change.from_study, _INSTANCE.c.series_uid == change.from_series)
    shown = {"study_uid": change.to_study, "series_uid": change.to_series, "placed_at": now}
    for uids in portions(change.sop_instance_uids):
        these = _INSTANCE.c.sop_instance_uid.in_(uids)
        _exactly(len(uids), tx.execute(sa.update(_INSTANCE).where(these, *here).values(**shown, **_NAMED)))
        _move_holdings(tx, these, change.to_study)


def _move_holdings(tx: Connection, these: sa.ColumnElement[bool], study_uid: str) -> None:
    """Other sites that sent an instance see the study in which it is shown."""
    moved = sa.select(_INSTANCE.c.sop_instance_uid).where(these)
    tx.execute(sa.update(_HOLDING).where(_HOLDING.c.sop_instance_uid.in_(moved)).values(study_uid=study_uid))


def _set_hidden(tx: Connection, sop_instance_uids: Sequence[str], *, hidden: bool) -> None:
    for uids in portions(sop_instance_uids):
        these = _INSTANCE.c.sop_instance_uid.in_(uids)
        _exactly(len(uids), tx.execute(sa.update(_INSTANCE).where(these).values(hidden=hidden)))


_NAMED: Final = {
    "received_study_uid": sa.func.coalesce(_INSTANCE.c.received_study_uid, _INSTANCE.c.study_uid),
    "received_series_uid": sa.func.coalesce(_INSTANCE.c.received_series_uid, _INSTANCE.c.series_uid),
}
"""The UIDs in the bytes are kept when an instance first leaves its place."""


def _exactly(rows: int, done: sa.CursorResult[Any]) -> None:
    if done.rowcount != rows:
        raise Overtaken


# -- locks and counts


def _touched(tx: Connection, changes: Sequence[Change]) -> tuple[set[str], set[str]]:
    """The studies and series whose counts may change."""
    studies: set[str] = set()
    series: set[str] = set()
    uids: set[str] = set()
    for change in changes:
        match change:
            case StudyMade():
                studies.add(change.study_uid)
            case SeriesMade():
                series.add(change.series_uid)
                studies.add(change.study_uid)
            case SeriesMoved():
                series.add(change.series_uid)
                studies |= {change.from_study, change.to_study}
            case InstancesMoved():
                series |= {change.from_series, change.to_series}
                studies |= {change.from_study, change.to_study}
            case Merged():
                studies |= {uid for uid in (change.study_uid, change.to_study, change.from_study) if uid}
            case Hidden() | Unhidden():
                uids |= set(change.sop_instance_uids)
    for chunk in portions(sorted(uids)):
        asked = sa.select(_INSTANCE.c.study_uid, _INSTANCE.c.series_uid).distinct()
        for study_uid, series_uid in tx.execute(asked.where(_INSTANCE.c.sop_instance_uid.in_(chunk))):
            studies.add(study_uid)
            series.add(series_uid)
    for chunk in portions(sorted(series)):
        studies.update(tx.scalars(sa.select(_SERIES.c.study_uid).where(_SERIES.c.series_uid.in_(chunk))))
    return studies, series


def lock_counted(tx: Connection, study_uids: set[str], series_uids: set[str]) -> None:
    """Lock the rows that `recount` writes, before the statement that changes what they count."""
    # In the order in which `storage.index.entry_batch` counts: studies first, each by its key. What is being entered
    # meanwhile is either committed and seen by the statements that follow, or finds itself raced.
    for column, uids in ((_STUDY.c.study_uid, study_uids), (_SERIES.c.series_uid, series_uids)):
        for chunk in portions(sorted(uids)):
            tx.execute(sa.select(column).where(column.in_(chunk)).order_by(column).with_for_update()).all()


def recount(tx: Connection, study_uids: set[str], series_uids: set[str]) -> None:
    """Count the visible instances of studies and series again; a series has the side of those that it shows."""
    there, series = sa.func.count(_INSTANCE.c.sop_instance_uid), _SERIES.alias("counting")
    made = sa.func.count(sa.case((_INSTANCE.c.made_here, 1)))
    side = among(series.c.laterality, _INSTANCE.c.laterality, _INSTANCE.c.sop_instance_uid)
    for chunk in portions(sorted(study_uids)):
        study = _STUDY.alias("counting")
        _count(tx, _STUDY, study, "study_uid", {"instances": there - made, "made_here": made}, chunk)
    for chunk in portions(sorted(series_uids)):
        _count(tx, _SERIES, series, "series_uid", {"instances": there, "laterality": side}, chunk)


def _count(  # noqa: PLR0917
    tx: Connection,
    table: sa.Table,
    counting: sa.FromClause,
    key: str,
    counts: Mapping[str, sa.ColumnElement[Any]],
    uids: Sequence[str],
) -> None:
    """Write what is aggregated of the visible instances of these studies or series, each read once."""
    inside = (_INSTANCE.c[key] == counting.c[key]) & _INSTANCE.c.hidden.is_(False)
    found = (
        sa.select(counting.c[key], *(count.label(name) for name, count in counts.items()))
        .select_from(counting.outerjoin(_INSTANCE, inside))
        .where(counting.c[key].in_(uids))
        .group_by(counting.c[key])
        .subquery("found")
    )
    counted = sa.update(table).where(table.c[key] == found.c[key])
    tx.execute(counted.values({name: found.c[name] for name in counts}))
