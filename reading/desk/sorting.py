"""The order of a worklist: what is most urgent first, or by a column that somebody chose."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from reading import tables
from reading.cases.identity_moves import Identity
from reading.cases.moves import State
from reading.desk.stages import alarms_first
from reading.row_rules import word
from reading.viewers import Staff, Viewer
from storage.tables import study


class Sorting(StrEnum):
    URGENCY = "urgency"
    """Critical results and emergencies first, then what waits for the viewer, then what is due first.

    In a list of all cases those that are done follow, the newest first.
    """
    ALARMS = "alarms"
    """Those whose critical result waits for an answer, then the newest."""
    DUE = "due"
    ARRIVAL = "arrival"
    PATIENT = "patient"
    """By the name that is shown, Chinese names by their pinyin."""
    MODALITY = "modality"
    SITE = "site"
    """By the site's name."""
    STATE = "state"
    """By the place of the state on a case's way."""


_BY_CASE: Final = tables.case.c


def order_by(viewer: Viewer, sorting: Sorting, *, descending: bool = False) -> Sequence[sa.ColumnElement[Any]]:
    """The columns of ``case`` by which a list is ordered; urgency and alarms have one direction."""
    case = _BY_CASE
    match sorting:
        case Sorting.URGENCY:
            theirs = viewer.person_id if isinstance(viewer, Staff) else None
            # What waits for them stands before what is as urgent.
            return (case.rank, sa.case((case.assigned_to == theirs, 0), else_=1), case.due_at, case.id)
        case Sorting.ALARMS:
            return (alarms_first(), case.received_at.desc(), case.id.desc())
        case Sorting.DUE:
            keys: tuple[sa.ColumnElement[Any], ...] = (case.due_at,)
        case Sorting.ARRIVAL:
            keys = (case.received_at,)
        case Sorting.PATIENT:
            keys = (_name(), case.due_at)
        case Sorting.MODALITY:
            keys = (case.modality, case.body_part, case.due_at)
        case Sorting.SITE:
            keys = (_site(), case.due_at)
        case Sorting.STATE:
            places = {state: place for place, state in enumerate(State)}
            keys = (sa.case(*((case.state == word(state), place) for state, place in places.items())), case.due_at)
    return [key.desc() if descending else key for key in (*keys, case.id)]


def _name() -> sa.ColumnElement[str]:
    """The pinyin of the name that `entries` shows: the registered one, unless the images name somebody else."""
    record, standing, inside = tables.patient.alias(), tables.patient.alias(), tables.case_study
    registered = (
        sa.select(sa.func.nullif(standing.c.pinyin_joined, ""))
        .join_from(record, standing, standing.c.id == sa.func.coalesce(record.c.merged_into, record.c.id))
        .where(record.c.id == _BY_CASE.patient_id, _BY_CASE.identity != word(Identity.DIFFERS))
        .correlate(tables.case)
    )
    in_images = (
        sa.select(study.c.name_joined)
        .join(inside, inside.c.study_uid == study.c.study_uid)
        .where(inside.c.case_id == _BY_CASE.id)
        .order_by(inside.c.joined_at, inside.c.study_uid)
        .limit(1)
        .correlate(tables.case)
    )
    return sa.func.coalesce(registered.scalar_subquery(), in_images.scalar_subquery(), "")


def _site() -> sa.ColumnElement[str]:
    site = tables.organisation
    named = sa.select(site.c.name).where(site.c.id == _BY_CASE.site_id).correlate(tables.case)
    return named.scalar_subquery()
