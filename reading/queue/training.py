"""Training: a resident reads nothing blind, and an attending of the resident's organisation countersigns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, Step
from reading.errors import NotAllowed
from reading.kinds import Role, Tier
from reading.queue.waiting import NOW, is_among
from reading.roster.groups import READS, ROLES
from reading.row_rules import valid_at, word
from reading.tables import agreement, report_version, review, role_grant, signature
from reading.tables import case as case_table
from reading.viewers import RoleGrant, Staff

IN_TRAINING: Final = sa.bindparam("in_training", type_=sa.Boolean)
ATTENDS: Final = "attends"
"""The parameter with the organisations of which somebody is an attending."""
ATTENDING: Final = frozenset(role for (step, _), roles in ROLES.items() if step is Step.VERIFY for role in roles)
"""The roles of those who countersign."""


def is_resident(staff: Staff) -> bool:
    return staff.holds(Role.RESIDENT)


def attends(staff: Staff) -> list[str]:
    """The organisations whose residents somebody countersigns."""
    return sorted({grant.organisation_id for grant in staff.grants if grant.role in ATTENDING})


def theirs_to_take(dialect: str, case: sa.FromClause, step: Step) -> sa.ColumnElement[bool]:
    """The condition on a case that training does not bar a person (`IN_TRAINING`, `ATTENDS`) from a step of it."""
    if step is Step.VERIFY:
        return _waits_for_nobody(case, NOW) | is_among(dialect, case.c.countersign_at, ATTENDS)
    if step is Step.READ:
        return ~IN_TRAINING | ~case.c.by_two
    return ~IN_TRAINING if step in READS else sa.true()


def check(tx: Connection, case: Case, step: Step, staff: Staff, now: datetime) -> None:
    """As `theirs_to_take`, for a case that somebody names.

    Raises:
        NotAllowed: a resident reads nothing blind; or an attending of another organisation countersigns.

    """
    if step in READS and is_resident(staff) and (step is Step.SECOND or case.by_two):
        raise NotAllowed("residents_read_nothing_blind")
    if step is Step.VERIFY and case.countersign_at not in {None, *attends(staff)} and stays(tx, case, now):
        raise NotAllowed("an_attending_countersigns")


def stays(tx: Connection, case: Case, now: datetime) -> bool:
    """Whether a case waits for the attendings of one organisation; where that has none, whoever verifies may."""
    return case.countersign_at is not None and not cases.is_one_of(tx, case.id, _waits_for_nobody(case_table, now))


def grant_of(staff: Staff, case: Case, otherwise: RoleGrant) -> RoleGrant:
    """The grant with which somebody countersigns: of the resident's organisation, where they work at several."""
    roles = ROLES.get((case.step, case.tier), ())
    theirs = (one for one in staff.grants if one.organisation_id == case.countersign_at and one.role in roles)
    return next(theirs, otherwise)


def residents(tx: Connection, people: Collection[str], now: datetime) -> frozenset[str]:
    """Those of these people who are residents somewhere."""
    asked = sa.select(role_grant.c.person_id).where(role_grant.c.person_id.in_(people), valid_at(role_grant, now))
    return frozenset(tx.scalars(asked.where(role_grant.c.role == Role.RESIDENT)))


def _waits_for_nobody(case: sa.FromClause, now: datetime | sa.BindParameter[datetime]) -> sa.ColumnElement[bool]:
    """The condition that no organisation is to countersign a case, or that nobody there could.

    Nobody could where it does not read the site any more, or where everybody wrote or reviewed the report themselves.
    """
    of_tier = sa.or_(
        *(
            (case.c.tier == word(tier)) & role_grant.c.role.in_([word(role) for role in ROLES[Step.VERIFY, tier]])
            for tier in Tier
        )
    )
    reads = sa.exists().where(
        agreement.c.site_id == case.c.site_id,
        agreement.c.reader_id == case.c.countersign_at,
        agreement.c.tier == case.c.tier,
        valid_at(agreement, now),
    )
    signed = sa.exists().where(
        report_version.c.case_id == case.c.id,
        signature.c.version_id == report_version.c.id,
        signature.c.person_id == role_grant.c.person_id,
        signature.c.role != word(SIGNS_AS[Step.VERIFY]),
    )
    reviewed = sa.exists().where(review.c.case_id == case.c.id, review.c.reviewer_id == role_grant.c.person_id)
    somebody = sa.exists().where(
        role_grant.c.organisation_id == case.c.countersign_at,
        valid_at(role_grant, now),
        of_tier,
        ~signed.correlate(case, role_grant),
        ~reviewed.correlate(case, role_grant),
    )
    return case.c.countersign_at.is_(None) | ~(reads.correlate(case) & somebody.correlate(case))
