"""Cases that are lent to people who do not work on their site.

By an invitation to a consultation, by a referral, or because they opened them in an emergency. Most people are lent
nothing at a moment, and PostgreSQL plans these conditions for longer than a list takes: which of the ways somebody has
is asked first, in one short statement, and the conditions are made of those.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access.emergencies import in_force, is_opened, opened_studies
from reading.access.invited import (
    CONSULTED,
    consultations_with,
    is_shown_in_consultation,
    studies_shown_in_consultation,
)
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.tables import case, case_study, emergency_access, referral
from reading.viewers import Staff
from storage.database import once


@dataclass(frozen=True, kw_only=True)
class _Way:
    rows: Callable[[Staff, datetime], sa.Select[Any]]
    """What has to stand before anything is lent so, whatever became of the case."""
    cases: Callable[[Staff, datetime], sa.ColumnElement[bool]]
    studies: Callable[[Staff, datetime], sa.Select[tuple[str]]]


def received_by(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``referral`` for those whose case somebody sees where the patient is to go."""
    places = {grant.organisation_id for grant in staff.grants if grant.role in CONSULTED}
    return referral.c.to_id.in_(places) & (referral.c.shown_until > now)


def is_lent(tx: Connection, staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those that are lent to somebody now."""
    return sa.or_(sa.false(), *(way.cases(staff, now) for way in _ways(tx, staff, now)))


def lent_studies(tx: Connection, staff: Staff, now: datetime) -> sa.Select[tuple[str]] | None:
    """The UIDs of their studies; None where nothing is lent to somebody."""
    each = [way.studies(staff, now) for way in _ways(tx, staff, now)]
    return sa.select(sa.union(*each).subquery().c.study_uid) if each else None


def _ways(tx: Connection, staff: Staff, now: datetime) -> tuple[_Way, ...]:
    return once(tx, ("lent", staff.person_id, staff.grants, now), lambda: _asked(tx, staff, now))


def _asked(tx: Connection, staff: Staff, now: datetime) -> tuple[_Way, ...]:
    found = tx.execute(sa.select(*(way.rows(staff, now).exists() for way in _WAYS))).one()
    return tuple(way for way, stands in zip(_WAYS, found, strict=True) if stands)


def _is_referred(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    received = sa.select(referral.c.case_id).where(received_by(staff, now))
    return case.c.id.in_(received) & case.c.state.not_in(HIDDEN) & (case.c.identity != Identity.DIFFERS)


def _referred_studies(staff: Staff, now: datetime) -> sa.Select[tuple[str]]:
    joined = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
    return joined.where(_is_referred(staff, now))


_WAYS: Final = (
    _Way(rows=consultations_with, cases=is_shown_in_consultation, studies=studies_shown_in_consultation),
    _Way(
        rows=lambda staff, now: sa.select(referral.c.id).where(received_by(staff, now)),
        cases=_is_referred,
        studies=_referred_studies,
    ),
    _Way(
        rows=lambda staff, now: sa.select(emergency_access.c.id).where(in_force(staff, now)),
        cases=is_opened,
        studies=opened_studies,
    ),
)
