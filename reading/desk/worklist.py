"""The worklist: pages of the cases that a viewer may see, filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterable
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
from reading.desk import sought
from reading.desk.entries import Entry, entries_of
from reading.desk.sorting import Sorting, order_by
from reading.double_reading import comparisons
from reading.kinds import Tier
from reading.reports import releases
from reading.row_rules import word
from reading.texts import storable
from reading.viewers import Staff, Viewer


class Tab(StrEnum):
    """The tabs of the worklist: for reviewers, and `LATE` for readers."""

    BEFORE_RELEASE = "before_release"
    SAMPLED = "sampled"
    ESCALATED = "escalated"
    DISPUTED = "disputed"
    LATE = "late"
    """Images came after the report."""


@dataclass(frozen=True, kw_only=True)
class Filters:
    states: frozenset[State] = frozenset()
    """Empty for every state."""
    tier: Tier | None = None
    site_code: str | None = None
    modality: str | None = None
    text: str = ""
    """The beginning of a name, registered (or its pinyin) or in the images, either part in front; the beginning of its
    initials; or a whole accession number, patient number or patient id."""
    tab: Tab | None = None
    step: Step | None = None
    held_by: str | None = None
    """Only cases that this person holds, and those about which they confer as one of two readers."""
    since: datetime | None = None
    """Only cases received since, and those that are unfinished."""
    among: sa.ColumnElement[bool] | None = None
    """A condition on the table ``case`` besides."""
    sorting: Sorting = Sorting.URGENCY
    descending: bool = False

    @property
    def of_one_work(self) -> bool:
        """Whether they already say whose work it is, so that all of it is one list."""
        return bool(self.tab or self.held_by or self.among is not None or (self.states and self.states <= UNFINISHED))


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: tuple[Entry, ...]
    total: int
    """How many there are; one more than was asked for where there are more."""


def list_cases(
    tx: Connection,
    viewer: Viewer,
    filters: Filters,
    *,
    limit: int,
    offset: int,
    now: datetime,
    counted: int | None = None,
) -> Page:
    """A page of the cases that ``viewer`` may see, with their number as far as ``counted`` (None: all)."""
    condition = sa.and_(visibility.visible_cases(tx, viewer, now), *conditions(tx, filters))
    rows = _rows(tx, viewer, filters, condition, limit, offset)
    total = tx.scalar(counting(condition, counted)) or 0
    return Page(entries=tuple(entries_of(tx, viewer, [cases.from_row(row) for row in rows], now)), total=total)


def _rows(  # noqa: PLR0917
    tx: Connection, viewer: Viewer, filters: Filters, condition: sa.ColumnElement[bool], limit: int, offset: int
) -> list[sa.Row[Any]]:
    case = tables.case
    order = order_by(viewer, filters.sorting, descending=filters.descending)
    parts = [(condition, order)]
    if filters.sorting is Sorting.URGENCY and not filters.of_one_work:
        # What is done is urgent to nobody: it follows what is not, the newest first.
        done, newest = case.c.state.not_in(UNFINISHED), case.c.received_at.desc()
        if filters.text:  # few, which an index of names finds
            last = (sa.case((done, 1), else_=0), sa.case((done, case.c.received_at)).desc())
            parts = [(condition, (*last, *order))]
        else:  # done is what grows for years, and has an index by time
            parts = [(condition & ~done, order), (condition & done, (newest, case.c.id.desc()))]
    rows: list[sa.Row[Any]] = []
    for of_part, order in parts:
        asked = sa.select(case).where(of_part).order_by(*order)
        found = tx.execute(asked.limit(limit - len(rows)).offset(offset)).all()
        rows += found
        if len(rows) == limit:
            break
        # A page begins where the part before it ended.
        offset = 0 if found else offset - min(offset, tx.scalar(counting(of_part, offset)) or 0)
    return rows


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


def counting(condition: sa.ColumnElement[bool], most: int | None) -> sa.Select[int]:
    """How many cases a condition on the table ``case`` holds for, looked for until there are more than ``most``."""
    found = sa.select(sa.literal(1).label("one")).select_from(tables.case).where(condition)
    if most is not None:
        found = found.limit(most + 1)
    return sa.select(sa.func.count()).select_from(found.subquery())


def conditions(tx: Connection, filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
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
        held = sa.exists().where(lease.c.case_id == case.c.id, lease.c.person_id == filters.held_by)
        yield held | comparisons.between_them(filters.held_by)
    if filters.since is not None:
        yield (case.c.received_at >= filters.since) | case.c.state.in_(UNFINISHED)
    if filters.among is not None:
        yield filters.among
    text = storable("q", filters.text.strip(), lines=False)
    if text:
        yield sought.is_about(tx, text)


def _of_tab(tab: Tab) -> Iterable[sa.ColumnElement[bool]]:
    case, moved = tables.case, tables.case_move
    final = releases.was_released(case.c.id)

    def was(move: Move) -> sa.Exists:
        # Named in the text of the statement: the index of these few moves is found by no parameter.
        return sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == word(move))

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
