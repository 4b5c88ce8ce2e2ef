"""The third person, who judges between a report and whoever doubts it: a reviewer for the site who has signed none."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import NotAllowed
from reading.kinds import Role
from reading.register.grants import may_act
from reading.tables import report_version, signature
from reading.viewers import Staff


@without_door("The act that judges has opened the case.")
def check(ctx: Context[Staff], case: Case, *, doubted_by: str) -> None:
    """Check that this person may judge; ``doubted_by`` is the person whose doubt it is.

    Raises:
        NotAllowed: they do not review for the site, have signed or reviewed a version of the report, or doubt it.

    """
    if may_act(ctx.tx, ctx.who, Role.REVIEWER, case.site_id, ctx.now) is None:
        raise NotAllowed("no_role_for_this_step")
    if doubted_by == ctx.who.person_id or cases.roles_of(ctx.tx, case.id, ctx.who.person_id):
        raise NotAllowed("somebody_else_arbitrates")


def has_signed(person_id: str, case_id: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The condition that a person has signed a version of the report of a case."""
    of_case = report_version.c.case_id == case_id
    signed = signature.c.version_id == report_version.c.id
    return (
        sa.exists()
        .where(signed, signature.c.person_id == person_id, of_case)
        .correlate_except(signature, report_version)
    )


@without_door("It names sites, and nothing of a case.")
def sites_for(ctx: Context[Staff], role: Role, sites: Iterable[str]) -> frozenset[str]:
    """Those of the sites for which they act in a role."""
    return frozenset(site for site in sites if may_act(ctx.tx, ctx.who, role, site, ctx.now) is not None)
