"""Concerns: what a person in charge has to look at, because no machine may decide it.

Bytes in quarantine, device clocks that run ahead, and cases whose patient nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door, visibility
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.context import Context
from reading.errors import NotThere
from reading.patients.patient_identifiers import never_links
from reading.quality.kinds import GROUP_OF, Aspect, Group, Kind
from reading.quality.moves import Move
from reading.register import device_contacts
from reading.register.device_contacts import RefusedClasses
from reading.register.grants import reach
from reading.viewers import Staff, Viewer
from storage.database import portions
from storage.index import quarantine_rows
from storage.quarantine_moves import BY_MACHINE, Reason
from storage.records import Held
from storage.segments import quarantine_quota
from storage.segments.quarantine_quota import Overflow
from storage.tables import quarantine as quarantine_table
from storage.tables import study

LOOK_BACK: Final = timedelta(days=90)
"""How long after it was received a case is a concern."""
OVERFLOW_STAYS: Final = timedelta(days=1)
"""How long after the last refused file a full quarantine is told."""
MOST: Final = 2000
"""How many of each aspect are listed; a longer list is no longer read."""


ASIDE: Final = Reason.REPLACED
"""The reason of a row that keeps what a decision replaced: it belongs to that decision and is no concern itself."""


@dataclass(frozen=True, kw_only=True)
class Concern:
    """One thing to look at. Either ``held`` or ``case`` says what it is about."""

    aspect: Aspect
    subject_id: str
    kind: Kind
    site_id: str | None
    """None where the sender is unknown."""
    at: datetime
    """When it came."""
    decided: bool
    held: Held | None = None
    case: Case | None = None
    alike: int = 0
    """How many more like it of the same study a list leaves out: a series comes image by image."""


@dataclass(frozen=True, kw_only=True)
class Page:
    concerns: tuple[Concern, ...]
    """Of concerns that are alike, the newest alone."""
    counts: Mapping[Kind, int]
    """How many undecided ones there are of each kind, whatever the page lists."""
    total: int
    overflows: tuple[Overflow, ...]
    """Devices that lately sent more unreadable bytes than the quarantine keeps of one device."""
    refused_classes: tuple[RefusedClasses, ...]
    """Devices that lately offered SOP classes of which nothing was accepted."""


def list_concerns(
    tx: Connection, viewer: Viewer, group: Group | None, now: datetime, *, decided: bool, limit: int, offset: int
) -> Page:
    """The concerns that ``viewer`` may see, the newest first: those that wait, or those that were decided."""
    found = list(_all(tx, viewer, now, decided=decided))
    waiting = found if not decided else list(_all(tx, viewer, now, decided=False))
    listed = _together(sorted((one for one in found if group in (None, GROUP_OF[one.kind])), key=_newest, reverse=True))
    return Page(
        concerns=tuple(listed[offset : offset + limit]),
        counts=Counter(one.kind for one in waiting),
        total=len(listed),
        overflows=tuple(_overflows(tx, viewer, now)),
        refused_classes=tuple(_refused_classes(tx, viewer, now)),
    )


def open_concern(ctx: Context[Viewer], aspect: Aspect, subject_id: str, action: Action) -> Concern:
    """A concern, decided or not; the look is recorded as ``action``.

    Raises:
        NotThere: there is none, or it is not theirs to see.

    """
    if aspect is Aspect.BYTES:
        held = door.open_quarantined(ctx, subject_id, action)
        if held.settled_as in BY_MACHINE or held.reason == ASIDE:
            raise NotThere
        return _of_bytes(held)
    door.open_concerned_case(ctx, subject_id, action)
    condition = tables.case.c.id == subject_id
    # A case that was linked meanwhile is no concern any more; its history can be read until it leaves the list.
    found = next(_of_cases(ctx.tx, aspect, condition, decided=None), None)
    if found is None:
        raise NotThere
    return found


def alike(tx: Connection, concern: Concern) -> list[Concern]:
    """The others that the same device sent for the same study and person, open or decided like this one."""
    held = concern.held
    if held is None or held.study_uid is None:
        return []
    row = quarantine_table.c
    same = (row.reason == held.reason) & (row.study_uid == held.study_uid) & (row.id != held.id)
    same &= row.site_id.is_not_distinct_from(held.site_id) & row.device_id.is_not_distinct_from(held.device_id)
    state = row.settled_at.is_(None) if held.settled_at is None else row.settled_as == held.settled_as
    found = map(_of_bytes, quarantine_rows.find(tx, same & state, limit=MOST))
    return [one for one in found if _likeness(one) == _likeness(concern)]


def _overflows(tx: Connection, viewer: Viewer, now: datetime) -> list[Overflow]:
    if not isinstance(viewer, Staff):
        return []
    reached = reach(tx, viewer, now)
    return quarantine_quota.overflows(tx, reached.own | reached.managed, since=now - OVERFLOW_STAYS)


def _refused_classes(tx: Connection, viewer: Viewer, now: datetime) -> list[RefusedClasses]:
    if not isinstance(viewer, Staff):
        return []
    reached = reach(tx, viewer, now)
    return device_contacts.refused_classes(tx, reached.own | reached.managed, now)


def _likeness(one: Concern) -> tuple[str | None, ...]:
    held = one.held
    if held is None or held.study_uid is None:
        return (one.aspect, one.subject_id)
    known = held.row or {}
    person = (known.get("patient_id"), known.get("issuer"))
    return (one.kind, held.study_uid, held.site_id, held.device_id, held.settled_as, *person)


def _together(listed: Iterable[Concern]) -> list[Concern]:
    """Of concerns that are alike the first, with the number of the others."""
    first: dict[tuple[str | None, ...], Concern] = {}
    for one in listed:
        known = first.get(_likeness(one))
        first[_likeness(one)] = one if known is None else replace(known, alike=known.alike + 1)
    return list(first.values())


def _newest(one: Concern) -> tuple[datetime, str]:
    return one.at, one.subject_id


def _all(tx: Connection, viewer: Viewer, now: datetime, *, decided: bool) -> Iterator[Concern]:
    row = quarantine_table.c
    seen = visibility.visible_quarantine(tx, viewer, now) & (row.reason != ASIDE)
    settled = row.settled_at.is_not(None) & row.settled_as.not_in(BY_MACHINE)
    state = settled if decided else row.settled_at.is_(None)
    yield from map(_of_bytes, quarantine_rows.find(tx, seen & state, limit=MOST))
    case = tables.case.c
    theirs = visibility.visible_concerned_cases(tx, viewer, now) & case.state.not_in(HIDDEN)
    theirs &= case.received_at > now - LOOK_BACK
    for aspect in (Aspect.CLOCK, Aspect.PATIENT):
        yield from _of_cases(tx, aspect, theirs, decided=decided)


def _of_bytes(held: Held) -> Concern:
    known = held.reason in set(Kind)
    return Concern(
        aspect=Aspect.BYTES,
        subject_id=held.id,
        kind=Kind(held.reason) if known else Kind.UNREADABLE,
        site_id=held.site_id,
        at=held.received_at,
        decided=held.settled_at is not None,
        held=held,
    )


def _of_cases(
    tx: Connection, aspect: Aspect, condition: sa.ColumnElement[bool], *, decided: bool | None
) -> Iterator[Concern]:
    """``decided`` None asks for both."""
    case = tables.case
    last = _last_move(aspect)
    about = case.c.clock_wrong if aspect is Aspect.CLOCK else case.c.patient_id.is_(None)
    closed = sa.func.coalesce(last, Move.UNDO) != Move.UNDO
    wanted = [condition, about]
    if decided is not None:
        wanted.append(closed if decided else sa.not_(closed))
    asked = (
        sa.select(case, closed.label("closed"), _ordered().label("ordered"))
        .where(*wanted)
        .order_by(case.c.received_at.desc())
        .limit(MOST)
    )
    rows = tx.execute(asked).all()
    numbers = _numbers(tx, [row.id for row in rows]) if aspect is Aspect.PATIENT else {}
    for row in rows:
        yield Concern(
            aspect=aspect,
            subject_id=row.id,
            kind=Kind.CLOCK_WRONG
            if aspect is Aspect.CLOCK
            else _kind(numbers.get(row.id, ""), ordered=row.ordered or row.identity == Identity.DIFFERS),
            site_id=row.site_id,
            at=row.received_at,
            decided=bool(row.closed),
            case=cases.from_row(row),
        )


def _last_move(aspect: Aspect) -> sa.ScalarSelect[str]:
    made = tables.decision.c
    return (
        sa.select(made.move)
        .where(made.aspect == aspect, made.subject_id == tables.case.c.id)
        .order_by(made.number.desc())
        .limit(1)
        .correlate(tables.case)
        .scalar_subquery()
    )


def _ordered() -> sa.ColumnElement[bool]:
    """Whether the images answer an order, by their Study Instance UID or by its accession number."""
    case, joined, order = tables.case.c, tables.case_study, tables.imaging_order
    by_study = (
        sa.exists()
        .where(joined.c.case_id == case.id, tables.procedure.c.study_uid == joined.c.study_uid)
        .where(tables.procedure.c.order_id == order.c.id, order.c.site_id == case.site_id)
        .correlate(tables.case)
    )
    by_number = (
        sa.exists()
        .where(joined.c.case_id == case.id, study.c.study_uid == joined.c.study_uid, study.c.accession_number != "")
        .where(order.c.site_id == case.site_id, order.c.accession_number == study.c.accession_number)
        .correlate(tables.case)
    )
    return sa.or_(by_study, by_number)


def _kind(number: str, *, ordered: bool) -> Kind:
    if ordered:
        return Kind.OTHER_PERSON
    return Kind.BLANK_ID if never_links(number) else Kind.UNKNOWN_PATIENT


def _numbers(tx: Connection, case_ids: Iterable[str]) -> dict[str, str]:
    """The patient id with which the first study of each case came, by case."""
    joined = tables.case_study.c
    found: dict[str, str] = {}
    for some in portions(list(case_ids)):
        asked = (
            sa.select(joined.case_id, study.c.received_patient_id)
            .join(study, study.c.study_uid == joined.study_uid)
            .where(joined.case_id.in_(some))
            .order_by(joined.joined_at.desc())
        )
        found.update((row.case_id, row.received_patient_id) for row in tx.execute(asked))
    return found
