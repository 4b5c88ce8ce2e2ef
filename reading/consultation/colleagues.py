"""Whom one can ask: people who hold a role of the clinic at another institution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.access.invited import CONSULTED
from reading.actions import Action
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import NotAllowed
from reading.kinds import Role
from reading.register import people
from reading.register.grants import acts_from, may_act
from reading.row_rules import valid_at
from reading.tables import organisation, person, role_grant
from reading.viewers import RoleGrant, Staff

ASKED_BY = (Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER, Role.CLINICIAN, Role.QUALITY_MANAGER)
"""The roles with which somebody asks about a case of a site."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who can be asked, where they work."""

    person_id: str
    name: str
    title: str
    organisation_id: str
    organisation_code: str
    organisation_name: str


def candidates(ctx: Context[Staff], case_id: str) -> list[Candidate]:
    """Whom they can ask about a case, by organisation and name.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they hold no role with which somebody asks.

    """
    case = door.open_case(ctx, case_id, Action.CONSULTATION_ASK)
    grant = asking_grant(ctx, case)
    return _found(ctx, (role_grant.c.organisation_id != grant.organisation_id))


@without_door("The act that asks has opened the case; nothing of it is in the answer.")
def asking_grant(ctx: Context[Staff], case: Case) -> RoleGrant:
    """The grant with which they ask about a case that they have opened.

    Raises:
        NotAllowed: they hold none.

    """
    held = (may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in ASKED_BY)
    grant = next((one for one in held if one is not None), None)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return grant


@without_door("It asks for a right; nothing of a patient is in the answer.")
def acts_for(ctx: Context[Staff], asked_by: str, case: Case) -> bool:
    """Whether they end and change what somebody asked: that person themselves, or anybody where they ask no longer."""
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in ASKED_BY):
        return False
    held = people.grants_of(ctx.tx, asked_by, ctx.now)
    return asked_by == ctx.who.person_id or not any(
        grant.organisation_id in acts_from(ctx.tx, grant.role, case.site_id, ctx.now)
        for grant in held
        if grant.role in ASKED_BY
    )


@without_door("The act that asks has opened the case; it names colleagues alone.")
def among(ctx: Context[Staff], person_ids: Sequence[str], grant: RoleGrant) -> dict[str, Candidate]:
    """Those of these people who can be asked by somebody with this grant."""
    asked = role_grant.c.person_id.in_(person_ids) & (role_grant.c.organisation_id != grant.organisation_id)
    return {one.person_id: one for one in _found(ctx, asked)}


def _found(ctx: Context[Staff], condition: sa.ColumnElement[bool]) -> list[Candidate]:
    return _select(ctx.tx, condition & valid_at(role_grant, ctx.now) & (role_grant.c.person_id != ctx.who.person_id))


def _select(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Candidate]:
    rows = tx.execute(
        sa.select(
            person.c.id,
            person.c.name,
            person.c.title,
            organisation.c.id.label("organisation_id"),
            organisation.c.code,
            organisation.c.name.label("organisation_name"),
        )
        .distinct()
        .join(role_grant, role_grant.c.person_id == person.c.id)
        .join(organisation, organisation.c.id == role_grant.c.organisation_id)
        .where(role_grant.c.role.in_(CONSULTED), person.c.until.is_(None), organisation.c.until.is_(None), condition)
        .order_by(organisation.c.code, person.c.name, person.c.id)
    )
    return [
        Candidate(
            person_id=row.id,
            name=row.name,
            title=row.title,
            organisation_id=row.organisation_id,
            organisation_code=row.code,
            organisation_name=row.organisation_name,
        )
        for row in rows
    ]
