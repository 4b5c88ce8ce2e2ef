"""Acts on the roles of people: given for a time in an organisation, and ended one by one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.kinds import Role
from reading.register import administered, organisations, people
from reading.register.administrator import only
from reading.register.people import Person
from reading.row_rules import within_term
from reading.viewers import RoleGrant, Staff


@without_door("The register of organisations and people; nothing of a patient is in it.")
def grant(
    ctx: Context[Staff | Actor],
    username: str,
    organisation_code: str,
    role: Role,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Person:
    """Give a person a role in an organisation, from now on where nobody says otherwise.

    Raises:
        NotThere: no such person or organisation, it has ended, or it is not theirs.
        NotAllowed: they are no system administrator; it is themselves; it is a role of the region and they are not;
            the person holds another of the three administrators' roles; and as `people.grant`.
        Invalid: it would end before it begins, or in the past; somebody may hold it at some of that time already.

    """
    one = person_of(ctx.tx, username)
    where = organisations.in_force(ctx.tx, organisation_code)
    administered.must_give(ctx, one.id, where.id, role)
    begins = within_term(ctx.now, since, until)
    people.grant(ctx.tx, one.id, where.id, role, begins, until=until)
    ctx.record(
        action=Action.ROLE_GRANT,
        subject_kind="person",
        subject_id=one.id,
        details={
            "role": role,
            "organisation_id": where.id,
            **({} if since is None else {"since": begins.isoformat()}),
            **({} if until is None else {"until": until.isoformat()}),
        },
    )
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def revoke(ctx: Context[Staff | Actor], username: str, organisation_code: str, role: Role) -> Person:
    """End one role of a person, also in an organisation that has ended, and one that only begins later.

    Raises:
        NotAllowed: they are neither security administrator nor system administrator; or, of the latter, it is their
            own, or a role of the region and they are not.
        NotThere: no such person, or they do not hold this role there.

    """
    one = person_of(ctx.tx, username)
    where = organisations.by_code(ctx.tx, organisation_code)
    _must_end(ctx, one, "" if where is None else where.id, role)
    held = [
        each
        for each in people.open_grants_of(ctx.tx, one.id, ctx.now)
        if where is not None and each.role is role and each.organisation_id == where.id
    ]
    if where is None or not held:
        raise NotThere("role", f"{role} of {username} at {organisation_code}")
    for each in held:
        _end(ctx, one, each)
    return one


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], person_id: str, grant_id: str) -> RoleGrant:
    """End one grant of a person, also one that only begins later.

    Raises:
        NotAllowed: as `revoke`.
        NotThere: they do not hold it.

    """
    one = people.by_id(ctx.tx, person_id)
    held = [each for each in people.open_grants_of(ctx.tx, person_id, ctx.now) if each.id == grant_id]
    if one is None or not held:
        raise NotThere
    _must_end(ctx, one, held[0].organisation_id, held[0].role)
    _end(ctx, one, held[0])
    return held[0]


def person_of(tx: Connection, username: str) -> Person:
    """The person of this username.

    Raises:
        NotThere: there is none, or they have ended.

    """
    one = people.by_username(tx, username)
    if one is None or one.until is not None:
        raise NotThere("person", username)
    return one


def _must_end(ctx: Context[Staff | Actor], one: Person, organisation_id: str, role: Role) -> None:
    if isinstance(ctx.who, Staff) and ctx.who.holds(Role.SYSTEM_ADMINISTRATOR):
        administered.must_give(ctx, one.id, organisation_id, role)
    else:
        only(ctx.who, Role.SECURITY_ADMINISTRATOR)


def _end(ctx: Context[Staff | Actor], one: Person, held: RoleGrant) -> None:
    people.end_grant(ctx.tx, held.id, ctx.now)
    ctx.record(
        action=Action.ROLE_REVOKE,
        subject_kind="person",
        subject_id=one.id,
        details={"role": held.role, "organisation_id": held.organisation_id},
    )
