"""What an emergency opens, as SQL conditions: one person's examinations, or one examination, to whoever opened it.

It stands until its time or its end, and while the grant with which it was opened stands.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.access.invited import CONSULTED
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.kinds import Role
from reading.patients import persons
from reading.register.people import ADMINISTRATORS
from reading.tables import case, case_study, emergency_access, patient
from reading.viewers import RoleGrant, Staff

TREATING: Final = CONSULTED
"""The roles of those who treat or read: who takes pictures, manages or administers opens nothing."""


def may_open(roles: Collection[Role]) -> bool:
    """Whether somebody with these roles opens something in an emergency: an administrator never does."""
    return not TREATING.isdisjoint(roles) and ADMINISTRATORS.isdisjoint(roles)


def grants_of(staff: Staff) -> list[RoleGrant]:
    """The grants with which somebody opens something in an emergency."""
    if not may_open({grant.role for grant in staff.grants}):
        return []
    return [grant for grant in staff.grants if grant.role in TREATING]


def in_force(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``emergency_access`` for what somebody opened and sees now."""
    row = emergency_access.c
    held = [grant.id for grant in grants_of(staff)]
    return (row.person_id == staff.person_id) & row.grant_id.in_(held) & row.ended_at.is_(None) & (row.until > now)


def may_be_shown() -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for what an emergency can open: it is clear whose the images are."""
    return case.c.state.not_in(HIDDEN) & (case.c.identity != Identity.DIFFERS)


def covered_by(opened: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those that some rows of ``emergency_access`` are about."""
    row, record = emergency_access.c, patient.alias("record")
    standing = (
        sa.select(persons.stands_for())
        .join(emergency_access, row.patient_id == patient.c.id)
        .where(opened, row.patient_id.is_not(None))
        .correlate(None)
    )
    # Unions, so that each half uses its own index; with OR the database would read every patient.
    records = sa.union(
        sa.select(record.c.id).where(record.c.id.in_(standing)).correlate(None),
        sa.select(record.c.id).where(record.c.merged_into.in_(standing)).correlate(None),
    )
    return case.c.id.in_(
        sa.union(
            sa.select(row.case_id).where(opened, row.case_id.is_not(None)).correlate(None),
            sa.select(case.c.id).where(case.c.patient_id.in_(records)).correlate(None),
        )
    )


def is_opened(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for what somebody opened in an emergency and sees now."""
    if not grants_of(staff):
        return sa.false()
    return covered_by(in_force(staff, now)) & may_be_shown()


def opened_studies(staff: Staff, now: datetime) -> sa.Select[tuple[str]]:
    """The UIDs of the studies of these cases."""
    joined = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
    return joined.where(is_opened(staff, now))
