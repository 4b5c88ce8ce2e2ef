"""Cases that are lent to people who do not work on their site.

By an invitation to a consultation, by a referral, or because they opened them in an emergency.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from reading.access.emergencies import is_opened, opened_studies
from reading.access.invited import CONSULTED, is_shown_in_consultation, studies_shown_in_consultation
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.tables import case, case_study, referral
from reading.viewers import Staff


def received_by(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``referral`` for those whose case somebody sees where the patient is to go."""
    places = {grant.organisation_id for grant in staff.grants if grant.role in CONSULTED}
    return referral.c.to_id.in_(places) & (referral.c.shown_until > now)


def is_lent(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` for those that are lent to somebody now."""
    return is_shown_in_consultation(staff, now) | _is_referred(staff, now) | is_opened(staff, now)


def lent_studies(staff: Staff, now: datetime) -> sa.CompoundSelect[tuple[str]]:
    """The UIDs of their studies."""
    joined = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
    referred = joined.where(_is_referred(staff, now))
    return sa.union(studies_shown_in_consultation(staff, now), referred, opened_studies(staff, now))


def _is_referred(staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    received = sa.select(referral.c.case_id).where(received_by(staff, now))
    return case.c.id.in_(received) & case.c.state.not_in(HIDDEN) & (case.c.identity != Identity.DIFFERS)
