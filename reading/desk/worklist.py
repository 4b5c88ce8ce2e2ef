"""The worklist: pages of the cases that a viewer may see, filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import visibility
from reading.cases import cases
from reading.cases.moves import UNFINISHED, Move, State, Step
from reading.completeness import follow_ups
from reading.desk.entries import Entry, entries_of
from reading.kinds import Tier
from reading.patients.persons import stands_for
from reading.reports.versions import Status
from reading.texts import storable
from reading.viewers import Viewer
from storage.index.entry_rows import folded
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


@dataclass(frozen=True, kw_only=True)
class Filters:
    states: frozenset[State] = frozenset()
    """Empty for every state."""
    tier: Tier | None = None
    site_code: str | None = None
    modality: str | None = None
    text: str = ""
    """Part of the name, registered or in the images; or a whole accession number, patient number or patient id."""
    tab: Tab | None = None
    step: Step | None = None
    held_by: str | None = None
    """Only cases that this person holds."""
    since: datetime | None = None
    """Only cases received since, and those that are unfinished."""
    sorting: Sorting = Sorting.URGENCY


@dataclass(frozen=True, kw_only=True)
class Page:
    entries: tuple[Entry, ...]
    total: int


def list_cases(tx: Connection, viewer: Viewer, filters: Filters, *, limit: int, offset: int, now: datetime) -> Page:
    """A page of the cases that ``viewer`` may see."""
    case = tables.case
    condition = sa.and_(visibility.visible_cases(tx, viewer, now), *_conditions(filters))
    order = (
        (case.c.rank, case.c.due_at, case.c.id)
        if filters.sorting is Sorting.URGENCY
        else (case.c.received_at.desc(), case.c.id.desc())
    )
    rows = tx.execute(sa.select(case).where(condition).order_by(*order).limit(limit).offset(offset)).all()
    total = tx.scalar(sa.select(sa.func.count()).select_from(case).where(condition)) or 0
    return Page(entries=tuple(entries_of(tx, viewer, [cases.from_row(row) for row in rows], now)), total=total)


def _conditions(filters: Filters) -> Iterable[sa.ColumnElement[bool]]:
    case, joined, site = tables.case, tables.case_study, tables.organisation
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
    text = storable("q", filters.text.strip(), lines=False)
    if text:
        yield case.c.patient_id.in_(_registered_as(text)) | (
            sa.exists()
            .where(joined.c.case_id == case.c.id, joined.c.study_uid == study.c.study_uid)
            .where(
                _bare(study.c.patient_name_folded).contains(_bare_text(text), autoescape=True)
                | (study.c.accession_number == text)
                | (study.c.patient_id == text)
            )
        )


def _registered_as(text: str) -> sa.Select[tuple[str]]:
    """The records of the patients with a name that holds ``text``, and the record with this number."""
    patient, standing = tables.patient, tables.patient.alias("standing")
    named = _bare(sa.func.lower(standing.c.name)).contains(_bare_text(text), autoescape=True)
    people = sa.join(patient, standing, standing.c.id == stands_for())
    return sa.select(patient.c.id).select_from(people).where(named | (patient.c.number == text))


def _bare(name: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """A name without what writings differ in: WANG^XIAOLI and Wang Xiaoli are one, 王^小丽 and 王小丽 are."""
    return sa.func.replace(sa.func.replace(name, "^", ""), " ", "")


def _bare_text(text: str) -> str:
    return folded(text).replace("^", "").replace(" ", "")


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
