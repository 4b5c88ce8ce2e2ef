"""What an invitation to a consultation opens, as SQL conditions: one case and the earlier ones that it names.

It stands until its time, its withdrawal or its conclusion, and while the person holds a role where they were asked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.kinds import Role
from reading.tables import case, case_study, consultation, consultation_invitation, consultation_prior, patient
from reading.viewers import Staff

CONSULTED: Final = frozenset({Role.CLINICIAN, Role.READER, Role.VERIFIER, Role.REVIEWER})
"""The roles of those who can be asked; one of them has to stand while they see the case."""
_ASKED_ABOUT, _EARLIER = case.alias("asked_about"), case.alias("earlier")
_ONE, _OTHER = patient.alias("one"), patient.alias("other")


def consultations_with(staff: Staff, now: datetime) -> sa.Select[tuple[str]]:
    """The ids of the consultations in which somebody is asked, and sees the case by that."""
    places = {grant.organisation_id for grant in staff.grants if grant.role in CONSULTED}
    asked = consultation_invitation
    return (
        sa.select(consultation.c.id)
        .join(asked, asked.c.consultation_id == consultation.c.id)
        .where(
            asked.c.person_id == staff.person_id,
            asked.c.organisation_id.in_(places),
            asked.c.ended_at.is_(None),
            consultation.c.ended_at.is_(None),
            consultation.c.until > now,
        )
    )


def is_shown_in_consultation(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those that a consultation shows to somebody who is asked."""
    theirs = consultations_with(staff, now)
    shown = sa.union(sa.select(consultation.c.case_id).where(consultation.c.id.in_(theirs)), _priors(theirs))
    return case.c.id.in_(shown) & case.c.state.not_in(HIDDEN) & (case.c.identity != Identity.DIFFERS)


def _priors(theirs: sa.Select[tuple[str]]) -> sa.Select[tuple[str]]:
    """The ids of the earlier cases that these consultations name, while both cases are still one person's."""
    asked, earlier, one, other = _ASKED_ABOUT, _EARLIER, _ONE, _OTHER
    return (
        sa.select(consultation_prior.c.case_id)
        .join(consultation, consultation.c.id == consultation_prior.c.consultation_id)
        .join(asked, asked.c.id == consultation.c.case_id)
        .join(earlier, earlier.c.id == consultation_prior.c.case_id)
        .outerjoin(one, one.c.id == asked.c.patient_id)
        .outerjoin(other, other.c.id == earlier.c.patient_id)
        .where(
            consultation_prior.c.consultation_id.in_(theirs),
            asked.c.identity != Identity.DIFFERS,
            # Where one of them is linked to nobody, their numbers agreed and so did their images.
            one.c.id.is_(None)
            | other.c.id.is_(None)
            | (sa.func.coalesce(one.c.merged_into, one.c.id) == sa.func.coalesce(other.c.merged_into, other.c.id)),
        )
    )


def studies_shown_in_consultation(staff: Staff, now: datetime) -> sa.Select[tuple[str]]:
    """The UIDs of the studies of these cases."""
    joined = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
    return joined.where(is_shown_in_consultation(staff, now))
