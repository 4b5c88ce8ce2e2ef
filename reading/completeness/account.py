"""The account of a case: what was announced by whom, what arrived, which images are missing, how arriving ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases import cases
from reading.cases.cases import Case
from reading.completeness import announcements, ledger, missing
from reading.completeness.announcements import QUIET, Announcement
from reading.completeness.ledger import Progress
from reading.completeness.missing import Announced, Arrived, Label, Missing
from reading.rules import case_rule
from storage.ids import new_id
from storage.tables import instance, quarantine, series, study


class How(StrEnum):
    """What ended *arriving*."""

    PROOF = "proof"
    """Everything that was announced has arrived."""
    QUIET = "quiet"
    """Nothing came for a while."""
    LONGEST = "longest"
    """The longest time of the case's rule was over."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Missing images of one series with consecutive numbers, ``last`` included."""

    study: int
    """Place of the study in the case, counted from 1."""
    series: Label | None
    first: Label
    last: Label
    held: bool


@dataclass(frozen=True, kw_only=True)
class End:
    how: How
    arrived: int
    missing: int
    names: tuple[Run, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Account:
    studies: int
    progress: Progress
    words: tuple[Announcement, ...]
    """The oldest first; the counts of `announcements.QUIET` are in ``ends``."""
    missing: tuple[Run, ...]
    missing_unnamed: int
    """How many more are missing that cannot be named."""
    seems_missing: tuple[Run, ...]
    """Gaps in the numbers of the arrived images, where nobody has announced anything: a hint that does not count."""
    last_received_at: datetime
    ends_by: datetime | None
    """When *arriving* ends at the latest; None when it has ended."""
    ends: tuple[End, ...]
    """How *arriving* ended each time, the oldest first."""


def of_case(tx: Connection, case: Case) -> Account:
    """The account of a case, for callers that have passed `reading.access`."""
    study_uids = cases.study_uids(tx, case.id)
    words = _words_of_each(tx, study_uids)
    found = [_of_study(tx, place, uid, words[uid]) for place, uid in enumerate(study_uids, start=1)]
    progress = ledger.progress(tx, study_uids, arriving=case.arriving)
    named = [run for lost, _ in found for run in lost]
    return Account(
        studies=len(study_uids),
        progress=progress,
        words=tuple(word for uid in study_uids for word in words[uid]),
        missing=tuple(named),
        missing_unnamed=max(0, progress.missing - sum(_length(run) for run in named)),
        seems_missing=tuple(run for _, gaps in found for run in gaps),
        last_received_at=_last_received(tx, study_uids) or case.received_at,
        ends_by=ends_by(tx, case) if case.arriving else None,
        ends=tuple(ends_of(tx, case.id)),
    )


def ends_by(tx: Connection, case: Case) -> datetime:
    """When *arriving* ends at the latest, by the rule of the case."""
    return (case.arriving_since or case.received_at) + timedelta(minutes=case_rule.rule_of(tx, case).arriving_minutes)


def record_end(tx: Connection, case: Case, how: How, now: datetime) -> None:
    """Write how *arriving* ended, with the images that were missing then."""
    study_uids = cases.study_uids(tx, case.id)
    progress = ledger.progress(tx, study_uids, arriving=case.arriving)
    words = _words_of_each(tx, study_uids)
    lost = [
        run
        for place, uid in enumerate(study_uids, start=1)
        if words[uid]  # else nobody said which there are
        for run in _of_study(tx, place, uid, words[uid])[0]
    ]
    tx.execute(
        sa.insert(tables.arriving_end),
        {
            "id": new_id(),
            "case_id": case.id,
            "how": how,
            "arrived": progress.arrived,
            "missing": progress.missing,
            "names": [_to_json(run) for run in lost],
            "at": now,
        },
    )


def ends_of(tx: Connection, case_id: str) -> list[End]:
    end = tables.arriving_end
    rows = tx.execute(sa.select(end).where(end.c.case_id == case_id).order_by(end.c.at, end.c.id))
    return [
        End(
            how=How(row.how),
            arrived=row.arrived,
            missing=row.missing,
            names=tuple(_from_json(each) for each in row.names),
            at=row.at,
        )
        for row in rows
    ]


def runs(place: int, lost: Sequence[Missing]) -> tuple[Run, ...]:
    """Missing images gathered into runs of consecutive numbers; ``place`` is that of their study in the case."""
    found: list[Run] = []
    for one in lost:
        last = found[-1] if found else None
        follows = last is not None and (last.series, last.held, last.last.by_place, last.last.number + 1) == (
            one.series,
            one.held,
            one.image.by_place,
            one.image.number,
        )
        if last is not None and follows:
            found[-1] = Run(study=place, series=one.series, first=last.first, last=one.image, held=one.held)
        else:
            found.append(Run(study=place, series=one.series, first=one.image, last=one.image, held=one.held))
    return tuple(found)


def _words_of_each(tx: Connection, study_uids: Sequence[str]) -> dict[str, list[Announcement]]:
    """What others than silence have announced of each study."""
    said = announcements.of_each_study(tx, study_uids)
    return {uid: [word for word in said.get(uid, []) if word.source != QUIET] for uid in study_uids}


def _of_study(
    tx: Connection, place: int, study_uid: str, words: Sequence[Announcement]
) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """The images that are missing from a study, and those that seem to be."""
    here = _arrived(tx, instance.c.study_uid == study_uid)
    if not words:
        return (), runs(place, missing.of_gaps(here))
    lost = _missing_of_names(tx, [word for word in words if word.named and not word.fulfilled], here)
    if not any(word.named for word in words):
        counted = ledger.expected_of_each(tx, [study_uid])[study_uid] - ledger.arrived(tx, [study_uid])
        lost = missing.of_count(counted, here)
    return runs(place, lost), ()


def _missing_of_names(tx: Connection, words: Sequence[Announcement], here: Sequence[Arrived]) -> tuple[Missing, ...]:
    if not words:
        return ()
    named = tables.announced_instance
    ids = [word.id for word in words]
    rows = tx.execute(
        sa.select(named.c.announcement_id, named.c.series_uid, named.c.sop_instance_uid)
        .where(named.c.announcement_id.in_(ids))
        .order_by(named.c.place)
    ).all()
    said: dict[str, Announced] = {}
    for _, group in groupby(sorted(rows, key=lambda row: ids.index(row[0])), key=lambda row: row[0]):
        for row in group:
            before = said.get(row.sop_instance_uid)
            if before is None or not before.series_uid:
                said[row.sop_instance_uid] = Announced(sop_instance_uid=row.sop_instance_uid, series_uid=row.series_uid)
    elsewhere = _arrived(
        tx,
        instance.c.sop_instance_uid.in_(
            sa.select(named.c.sop_instance_uid).where(named.c.announcement_id.in_(ids)).distinct()
        ),
    )
    held = tx.scalars(
        sa.select(quarantine.c.sop_instance_uid).where(
            quarantine.c.settled_at.is_(None),
            quarantine.c.sop_instance_uid.in_(
                sa.select(named.c.sop_instance_uid).where(named.c.announcement_id.in_(ids)).distinct()
            ),
        )
    )
    there = {one.sop_instance_uid: one for one in (*here, *elsewhere)}
    return missing.of_names(list(said.values()), list(there.values()), {uid for uid in held if uid})


def _arrived(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Arrived]:
    """The numbers in the headers of arrived instances, hidden and rejected ones too."""
    rows = tx.execute(
        sa.select(
            instance.c.sop_instance_uid,
            instance.c.series_uid,
            instance.c.instance_number,
            instance.c.frames,
            series.c.series_number,
        )
        .outerjoin(series, series.c.series_uid == instance.c.series_uid)
        .where(condition, instance.c.made_here.is_(False))
    )
    return [
        Arrived(
            sop_instance_uid=row.sop_instance_uid,
            series_uid=row.series_uid,
            series_number=row.series_number,
            instance_number=row.instance_number,
            is_picture=row.frames > 0,
        )
        for row in rows
    ]


def _last_received(tx: Connection, study_uids: Sequence[str]) -> datetime | None:
    rows = tx.scalars(sa.select(study.c.last_received_at).where(study.c.study_uid.in_(study_uids)))
    return max(rows, default=None)


def _length(run: Run) -> int:
    return run.last.number - run.first.number + 1


def _to_json(run: Run) -> dict[str, Any]:
    return {
        "study": run.study,
        "series": run.series and [run.series.number, run.series.by_place],
        "first": run.first.number,
        "last": run.last.number,
        "by_place": run.first.by_place,
        "held": run.held,
    }


def _from_json(value: Mapping[str, Any]) -> Run:
    named = value["series"]
    return Run(
        study=value["study"],
        series=None if named is None else Label(number=named[0], by_place=named[1]),
        first=Label(number=value["first"], by_place=value["by_place"]),
        last=Label(number=value["last"], by_place=value["by_place"]),
        held=value["held"],
    )
