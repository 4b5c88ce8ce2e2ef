"""The worklist: pages of the cases that a viewer may see, filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import visibility
from reading.cases import cases
from reading.cases.moves import UNFINISHED, Move, State, Step
from reading.completeness import follow_ups
from reading.desk.entries import Entry, entries_of
from reading.desk.stages import alarms_first
from reading.kinds import Tier
from reading.patients import persons
from reading.reports.versions import Status
from reading.texts import storable
from reading.viewers import Staff, Viewer
from storage.index.name_forms import folded, joined
from storage.index.search import begins
from storage.tables import study


class Tab(StrEnum):
    """The tabs of the worklist: for reviewers, and `LATE` for readers."""

    BEFORE_RELEASE = "before_release"
    SAMPLED = "sampled"
    ESCALATED = "escalated"
    DISPUTED = "disputed"
    LATE = "late"
    """Images came after the report."""


class Sorting(StrEnum):
    URGENCY = "urgency"
    NEWEST = "newest"
    ALARMS = "alarms"
    """Those whose critical result waits for an answer, then the newest."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    states: frozenset[State] = frozenset()
    """Empty for every state."""
    tier: Tier | None = None
    site_code: str | None = None
    modality: str | None = None
    text: str = ""
    """The beginning of a name, registered (or its pinyin) or in the images, either part in front; or a whole accession
    number, patient number or patient id."""
    tab: Tab | None = None
    step: Step | None = None
    held_by: str | None = None
    """Only cases that this person holds."""
    since: datetime | None = None
    """Only cases received since, and those that are unfinished."""
    among: sa.ColumnElement[bool] | None = None
    """A condition on the table ``case`` besides."""
    sorting: Sorting = Sorting.URGENCY


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: tuple[Entry, ...]
    total: int


def list_cases(tx: Connection, viewer: Viewer, filters: Filters, *, limit: int, offset: int, now: datetime) -> Page:
    """A page of the cases that ``viewer`` may see."""
    case = tables.case
    condition = sa.and_(visibility.visible_cases(tx, viewer, now), *_conditions(tx, filters))
    order = _order(viewer, filters.sorting)
    rows = tx.execute(sa.select(case).where(condition).order_by(*order).limit(limit).offset(offset)).all()
    total = tx.scalar(sa.select(sa.func.count()).select_from(case).where(condition)) or 0
    return Page(entries=tuple(entries_of(tx, viewer, [cases.from_row(row) for row in rows], now)), total=total)


def parked(tx: Connection, staff: Staff, now: datetime) -> tuple[Entry, ...]:
    """The cases that they put aside, the one first whose time is over first."""
    case, lease = tables.case, tables.lease
    aside = sa.select(lease.c.case_id).where(lease.c.person_id == staff.person_id, lease.c.parked_at.is_not(None))
    ids = list(tx.scalars(aside.order_by(lease.c.expires_at)))
    if not ids:
        return ()
    rows = tx.execute(sa.select(case).where(case.c.id.in_(ids), visibility.visible_cases(tx, staff, now)))
    found = sorted(map(cases.from_row, rows), key=lambda one: ids.index(one.id))
    return tuple(entries_of(tx, staff, found, now))


def _order(viewer: Viewer, sorting: Sorting) -> Sequence[sa.ColumnElement[Any]]:
    case = tables.case
    newest = (case.c.received_at.desc(), case.c.id.desc())
    match sorting:
        case Sorting.URGENCY:
            theirs = viewer.person_id if isinstance(viewer, Staff) else None
            # What waits for them stands before what is as urgent.
            return (case.c.rank, sa.case((case.c.assigned_to == theirs, 0), else_=1), case.c.due_at, case.c.id)
        case Sorting.ALARMS:
            return (alarms_first(), *newest)
        case Sorting.NEWEST:
            return newest


def _conditions(tx: Connection, filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    case, site = tables.case, tables.organisation
    if filters.states:
        yield case.c.state.in_(filters.states)
    if filters.tier is not None:
        yield case.c.tier == filters.tier
    if filters.site_code is not None:
        yield case.c.site_id.in_(sa.select(site.c.id).where(site.c.code == filters.site_code))
    if filters.modality is not None:
        yield case.c.modality == filters.modality
    if filters.tab is not None:
        yield from _of_tab(filters.tab)
    if filters.step is not None:
        yield case.c.step == filters.step
    if filters.held_by is not None:
        lease = tables.lease
        yield sa.exists().where(lease.c.case_id == case.c.id, lease.c.person_id == filters.held_by)
    if filters.since is not None:
        yield (case.c.received_at >= filters.since) | case.c.state.in_(UNFINISHED)
    if filters.among is not None:
        yield filters.among
    text = storable("q", filters.text.strip(), lines=False)
    if text:
        yield case.c.id.in_(sa.union(_cases_of_images(tx, text), _cases_of_registered(tx, text)))


def _cases_of_images(tx: Connection, text: str) -> sa.Select[tuple[str]]:
    """Cases with a study whose images write a name that begins so, or that has this number."""
    found = study.c
    named = _begins(tx, text, found.name_joined, found.name_turned, found.characters_joined, found.characters_turned)
    numbered = (found.accession_number == text) | (found.patient_id == text)
    inside = tables.case_study
    return sa.select(inside.c.case_id).where(inside.c.study_uid.in_(sa.select(found.study_uid).where(named | numbered)))


def _cases_of_registered(tx: Connection, text: str) -> sa.Select[tuple[str]]:
    """Cases of the people whose registered name, or its pinyin, begins so, or who have this number."""
    named = persons.records_whose(_begins(tx, text, *persons.name_forms()))
    numbered = sa.select(tables.patient.c.id).where(tables.patient.c.number == text)
    people = sa.union(*named.selects, numbered)
    return sa.select(tables.case.c.id).where(tables.case.c.patient_id.in_(people))


def _begins(tx: Connection, text: str, *forms: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a form of a name begins as somebody typed it, with or without spaces, either part in front."""
    typed = joined(folded(text))
    return sa.or_(*(begins(tx, form, typed) for form in forms)) if typed else sa.false()


def _of_tab(tab: Tab) -> Iterable[sa.ColumnElement[bool]]:
    case, version, moved = tables.case, tables.report_version, tables.case_move
    final = sa.exists().where(version.c.case_id == case.c.id, version.c.status == Status.FINAL)

    def was(move: Move) -> sa.Exists:
        return sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == move)

    at_review = case.c.state.in_([State.WAITING_REVIEW, State.REVIEWING])
    match tab:
        case Tab.BEFORE_RELEASE:
            yield at_review & ~final
        case Tab.SAMPLED:
            yield at_review & final & ~was(Move.DISPUTE)
        case Tab.ESCALATED:
            yield case.c.state.in_(UNFINISHED) & was(Move.ESCALATE)
        case Tab.DISPUTED:
            yield (case.c.state == State.DISPUTED) | (at_review & was(Move.DISPUTE))
        case Tab.LATE:
            late = tables.follow_up
            # Few follow-ups are open at a time: start from them, not from every final case.
            yield case.c.id.in_(sa.select(late.c.case_id).where(follow_ups.unanswered()))
