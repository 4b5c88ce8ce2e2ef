"""The rows of the objects of reports: which final version needs which, and whether it is made.

A version needs its objects from the moment of its release, in the same transaction. The worker makes them afterwards;
their UIDs follow from version and kind, so that an object which was stored just before a crash is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.report_objects.moves import Move, State, after
from reading.reports.content import Content
from reading.reports.marks import Kind as MarkKind
from reading.reports.versions import ReportVersion
from reading.tables import report_object, report_version
from storage.database import insert_new

HELD: Final = timedelta(minutes=5)
"""So long nobody else makes an object that one worker has taken up."""
AGAIN_AFTER: Final = timedelta(minutes=1)
"""Delay after which one that could not be made is tried again; twice that after the second time, and so on."""
AGAIN_AT_LAST: Final = timedelta(hours=6)
"""The longest of these delays."""
_OURS: Final = UUID("6d1b8f0c-6a0e-5f0e-9a4b-3f1c2d7e8a90")
"""The name space of these UIDs (RFC 9562 5.5)."""
_ROW: Final = report_object.c
_EARLIER_VERSION: Final = report_version.alias("earlier_version")
_EARLIER: Final = report_object.alias("earlier")


class Kind(StrEnum):
    SR = "sr"
    """The text, as a structured report."""
    PDF = "pdf"
    """The sheet as it is printed."""
    KEYS = "keys"
    """The key images, as a key object selection."""
    MEASURED = "measured"
    """What was measured, as a structured report."""
    DRAWN = "drawn"
    """What was drawn on one image, as a presentation state."""


Part: TypeAlias = tuple[Kind, str]
"""A kind of object, and the SOP Instance UID of the image that it is about; empty where it is about the whole."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """An object that waits to be made."""

    version_id: str
    case_id: str
    kind: Kind
    about: str = field(repr=False)
    """SOP Instance UID of the image, for what is drawn."""
    sop_instance_uid: str = field(repr=False)
    failures: int = 0
    """How often it could not be made."""

    @property
    def part(self) -> Part:
        return self.kind, self.about


def parts_of(content: Content) -> list[Part]:
    """The objects that a report needs: text and sheet always, the others where there is something to write."""
    needed: list[Part] = [(Kind.SR, ""), (Kind.PDF, "")]
    if any(mark.kind is MarkKind.KEY for mark in content.marks):
        needed.append((Kind.KEYS, ""))
    if any(mark.values for mark in content.marks):
        needed.append((Kind.MEASURED, ""))
    drawn = dict.fromkeys(mark.instance_uid for mark in content.marks if mark.kind is not MarkKind.KEY)
    return [*needed, *((Kind.DRAWN, instance_uid) for instance_uid in drawn)]


def need(tx: Connection, version: ReportVersion, now: datetime) -> None:
    """The version is final: it needs its objects. May be repeated."""
    for kind, about in parts_of(version.content):
        row = {
            "version_id": version.id,
            "kind": kind,
            "about": about,
            "case_id": version.case_id,
            "sop_instance_uid": uid_of(version.id, kind, *filter(None, (about,))),
            "state": State.WAITING,
            "look_at": now,
        }
        tx.execute(insert_new(tx, report_object).values(row))
        _move(tx, version.id, (kind, about), Move.NEED, now)
    # What still waits for earlier versions is settled first: those are no longer final. Whoever holds one goes on.
    waiting = (_ROW.case_id == version.case_id) & (_ROW.state == State.WAITING)
    tx.execute(sa.update(report_object).where(waiting).values(look_at=now))


def take(tx: Connection, now: datetime) -> Wanted | None:
    """The object that waits the longest, for this worker alone for a while; earlier versions of a case come first."""
    of_row = sa.select(report_version.c.number).where(report_version.c.id == _ROW.version_id)
    number = of_row.correlate(report_object).scalar_subquery()
    before = (
        sa.exists()
        .where(_EARLIER.c.case_id == _ROW.case_id, _EARLIER.c.state == State.WAITING)
        .where(_EARLIER_VERSION.c.id == _EARLIER.c.version_id, _EARLIER_VERSION.c.number < number)
        .correlate(report_object)
    )
    asked = (
        sa.select(report_object)
        .where(_ROW.state == State.WAITING, _ROW.look_at <= now, ~before)
        .where(_ROW.held_until.is_(None) | (_ROW.held_until <= now))
        .order_by(_ROW.look_at, _ROW.version_id, _ROW.kind, _ROW.about)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = tx.execute(asked).one_or_none()
    if row is None:
        return None
    wanted = Wanted(
        version_id=row.version_id,
        case_id=row.case_id,
        kind=Kind(row.kind),
        about=row.about,
        sop_instance_uid=row.sop_instance_uid,
        failures=row.failures,
    )
    _change(tx, wanted.version_id, wanted.part, held_until=now + HELD)
    return wanted


def stored(tx: Connection, wanted: Wanted, now: datetime) -> None:
    """It lies in the study."""
    _move(tx, wanted.version_id, wanted.part, Move.STORE, now)


def left_out(tx: Connection, wanted: Wanted, now: datetime) -> None:
    """It is not made: the version is final no longer, or its images were erased."""
    _move(tx, wanted.version_id, wanted.part, Move.LEAVE_OUT, now)


def postpone(tx: Connection, wanted: Wanted, until: datetime) -> None:
    """Try it again then."""
    _change(tx, wanted.version_id, wanted.part, look_at=until, held_until=None)


def failed(tx: Connection, wanted: Wanted, now: datetime) -> None:
    """It could not be made: try it again, ever later."""
    _change(tx, wanted.version_id, wanted.part, failures=wanted.failures + 1)
    postpone(tx, wanted, now + wait_after(wanted.failures))


def wait_after(failures: int) -> timedelta:
    """The delay after one more failure than these."""
    return min(AGAIN_AFTER * 2 ** min(failures, 10), AGAIN_AT_LAST)


def predecessors(tx: Connection, version: ReportVersion, kind: Kind) -> Sequence[str]:
    """SOP Instance UIDs of the same object of earlier versions of the case that were stored, the latest first."""
    earlier = (
        sa.select(_ROW.sop_instance_uid)
        .join(report_version, report_version.c.id == _ROW.version_id)
        .where(_ROW.case_id == version.case_id, _ROW.kind == kind, _ROW.state == State.STORED)
        .where(report_version.c.number < version.number)
        .order_by(report_version.c.number.desc())
    )
    return tx.scalars(earlier).all()


def uid_of(*named: str) -> str:
    """The UID that is always made of these names (PS3.5 B.2)."""
    return f"2.25.{uuid5(_OURS, '/'.join(named)).int}"


def _move(tx: Connection, version_id: str, part: Part, move: Move, now: datetime) -> None:
    asked = sa.select(_ROW.state).where(_here(version_id, part))
    before = State(tx.execute(asked.with_for_update()).scalar_one())
    state = after(before, move)
    if state is not before:
        settled = None if state is State.WAITING else now
        _change(tx, version_id, part, state=state, settled_at=settled, look_at=now, held_until=None, failures=0)


def _change(tx: Connection, version_id: str, part: Part, **values: object) -> None:
    tx.execute(sa.update(report_object).where(_here(version_id, part)).values(**values))


def _here(version_id: str, part: Part) -> sa.ColumnElement[bool]:
    kind, about = part
    return (_ROW.version_id == version_id) & (_ROW.kind == kind) & (_ROW.about == about)
