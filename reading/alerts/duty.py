"""Who is on duty in which role, where and under which telephone: a dated list of each organisation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.register import organisations, people
from reading.register.grants import may_act
from reading.row_rules import open_at, valid_at, within_years
from reading.tables import duty, organisation, person, role_grant
from reading.texts import checked, storable
from reading.viewers import Staff
from storage.ids import new_id

ON_DUTY_AS: Final = (Role.CLINICIAN, Role.TECHNICIAN, Role.REVIEWER, Role.QUALITY_MANAGER)
"""The roles that answer a critical result, in the order in which those on duty are told: the first that is there."""


@dataclass(frozen=True, kw_only=True)
class OnDuty:
    id: str
    person_id: str
    name: str = field(repr=False)
    role: Role
    telephone: str = field(repr=False)
    organisation_id: str
    organisation_code: str
    organisation_name: str
    since: datetime
    until: datetime | None


def told_at(
    tx: Connection, organisation_id: str, now: datetime, *, roles: Collection[Role] = ON_DUTY_AS
) -> list[OnDuty]:
    """Those who are told at an organisation: everybody on duty in the first of ``roles`` that somebody is on duty in.

    Whoever no longer holds the role there could not answer and is left out.
    """
    of_these = duty.c.role.in_(roles)
    there = _select(tx, duty.c.organisation_id == organisation_id, valid_at(duty, now), _holds(now), of_these)
    first = next((role for role in ON_DUTY_AS if any(one.role is role for one in there)), None)
    return list({one.person_id: one for one in there if one.role is first}.values())


def list_of(tx: Connection, organisation_ids: Sequence[str] | None, now: datetime) -> list[OnDuty]:
    """Who is on duty now or later and holds the role, by organisation; ``organisation_ids`` None: everywhere."""
    theirs = sa.true() if organisation_ids is None else duty.c.organisation_id.in_(organisation_ids)
    return _select(tx, theirs, open_at(duty, now), _holds(now))


@without_door("It asks for a right; nothing of a patient is in the answer.")
def may_list(ctx: Context[Staff | Actor], organisation_id: str) -> bool:
    """Whether they keep the list of an organisation: they work there, or manage its quality."""
    if not isinstance(ctx.who, Staff):
        return True
    works = any(each.organisation_id == organisation_id and each.role in ON_DUTY_AS for each in ctx.who.grants)
    return works or may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, organisation_id, ctx.now) is not None


@dataclass(frozen=True, kw_only=True)
class Eligible:
    """Somebody who holds a role at an organisation in which they can be on duty."""

    username: str
    name: str = field(repr=False)
    role: Role
    organisation_code: str
    organisation_name: str


@without_door("The duty list; nothing of a patient is in it.")
def eligible(ctx: Context[Staff]) -> list[Eligible]:
    """Those whom they may put on duty, by organisation."""
    listed = {one.id: one for one in organisations.list_all(ctx.tx) if one.until is None and may_list(ctx, one.id)}
    rows = ctx.tx.execute(
        sa.select(person.c.username, person.c.name, role_grant.c.role, role_grant.c.organisation_id)
        .join(person, person.c.id == role_grant.c.person_id)
        .where(
            role_grant.c.organisation_id.in_(listed),
            role_grant.c.role.in_(ON_DUTY_AS),
            valid_at(role_grant, ctx.now),
            person.c.until.is_(None),
        )
        .order_by(person.c.name, person.c.id)
    )
    found = [
        Eligible(
            username=row.username,
            name=row.name,
            role=Role(row.role),
            organisation_code=listed[row.organisation_id].code,
            organisation_name=listed[row.organisation_id].name,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.organisation_code, one.name, one.role))


@without_door("The duty list; nothing of a patient is in it.")
def add(
    ctx: Context[Staff | Actor],
    *,
    organisation_code: str,
    username: str,
    role: Role,
    telephone: str,
    since: datetime | None = None,
    until: datetime | None = None,
) -> OnDuty:
    """Put somebody on duty; without ``since`` from now on, without ``until`` until somebody ends it.

    Raises:
        NotThere: no such organisation or person.
        NotAllowed: they neither work there nor manage its quality.
        Invalid: the person does not hold the role there, or is on duty in it then; the role answers nothing, no
            telephone, an end before now, or a year that nobody means.

    """
    site = organisations.in_force(ctx.tx, organisation_code)
    if not may_list(ctx, site.id):
        raise NotAllowed("not_their_site")
    one = people.by_username(ctx.tx, storable("person", username, lines=False))
    if one is None or one.until is not None:
        raise NotThere("person", username)
    if role not in ON_DUTY_AS:
        raise Invalid("role", "unknown")
    held = people.grants_of(ctx.tx, one.id, ctx.now)
    if not any(grant.organisation_id == site.id and grant.role is role for grant in held):
        raise Invalid("person", "role_not_held")
    begins = within_years("since", since or ctx.now)
    if until is not None:
        within_years("until", until)
    if until is not None and until <= max(begins, ctx.now):
        raise Invalid("until", "before_since")
    # Locked, so that two duties at once cannot overlap where one after the other would not.
    ctx.tx.execute(sa.select(person.c.id).where(person.c.id == one.id).with_for_update(key_share=True))
    theirs = (duty.c.person_id == one.id) & (duty.c.organisation_id == site.id) & (duty.c.role == role)
    before_its_end = sa.true() if until is None else duty.c.since < until
    if _select(ctx.tx, theirs, open_at(duty, begins), before_its_end):
        raise Invalid("person", "on_duty_then")
    made = new_id()
    ctx.tx.execute(
        sa.insert(duty),
        {
            "id": made,
            "organisation_id": site.id,
            "person_id": one.id,
            "role": role,
            "telephone": checked("telephone", telephone, longest=40, required=True),
            "since": begins,
            "until": until,
            "made_by": ctx.who.person_id if isinstance(ctx.who, Staff) else None,
        },
    )
    _record(ctx, site.id, one.id)
    return _select(ctx.tx, duty.c.id == made)[0]


@without_door("The duty list; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], duty_id: str) -> OnDuty:
    """Take somebody off duty now; a duty that has not begun never does.

    Raises:
        NotThere: no such duty, or it has ended.
        NotAllowed: as `add`.

    """
    found = _select(ctx.tx, duty.c.id == storable("duty_id", duty_id, lines=False), open_at(duty, ctx.now))
    if not found:
        raise NotThere
    one = found[0]
    if not may_list(ctx, one.organisation_id):
        raise NotAllowed("not_their_site")
    ctx.tx.execute(sa.update(duty).where(duty.c.id == duty_id).values(until=ctx.now))
    _record(ctx, one.organisation_id, one.person_id)
    return one


def _holds(now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``duty`` for those who hold its role there."""
    grant = role_grant.c
    return sa.exists().where(
        grant.person_id == duty.c.person_id,
        grant.organisation_id == duty.c.organisation_id,
        grant.role == duty.c.role,
        valid_at(role_grant, now),
    )


def _record(ctx: Context[Staff | Actor], organisation_id: str, person_id: str) -> None:
    ctx.record(
        action=Action.CRITICAL_DUTY,
        subject_kind="organisation",
        subject_id=organisation_id,
        details={"person_id": person_id},
    )


def _select(tx: Connection, *conditions: sa.ColumnElement[bool]) -> list[OnDuty]:
    rows = tx.execute(
        sa.select(
            duty,
            person.c.name,
            organisation.c.code.label("organisation_code"),
            organisation.c.name.label("organisation_name"),
        )
        .join(person, person.c.id == duty.c.person_id)
        .join(organisation, organisation.c.id == duty.c.organisation_id)
        .where(*conditions)
        .order_by(organisation.c.code, duty.c.since, duty.c.id)
    )
    return [
        OnDuty(
            id=row.id,
            person_id=row.person_id,
            name=row.name,
            role=Role(row.role),
            telephone=row.telephone,
            organisation_id=row.organisation_id,
            organisation_code=row.organisation_code,
            organisation_name=row.organisation_name,
            since=row.since,
            until=row.until,
        )
        for row in rows
    ]
