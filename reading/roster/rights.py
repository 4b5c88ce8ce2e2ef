"""Who keeps a roster: quality managers and system administrators of the organisation, or of one above it."""

from __future__ import annotations

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere
from reading.kinds import Role
from reading.register import organisations, people, roles
from reading.register.grants import may_act
from reading.register.people import Person
from reading.roster.groups import GROUPS
from reading.texts import storable
from reading.viewers import Staff


@without_door("It looks at grants alone.")
def keeps(ctx: Context[Staff | Actor], organisation_id: str) -> bool:
    """Whether somebody keeps the roster of an organisation."""
    if not isinstance(ctx.who, Staff):
        return True
    if may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, organisation_id, ctx.now) is not None:
        return True
    administered = {grant.organisation_id for grant in ctx.who.grants if grant.role is Role.SYSTEM_ADMINISTRATOR}
    if not administered:
        return False
    return bool(administered & {organisation_id, *organisations.above(ctx.tx, organisation_id)})


@without_door("It looks at grants alone.")
def kept(ctx: Context[Staff]) -> set[str]:
    """The ids of the organisations whose rosters somebody keeps."""
    roots = _roots(ctx.who)
    return roots | organisations.below(ctx.tx, roots)


@without_door("It looks at grants alone.")
def must_keep(ctx: Context[Staff | Actor], organisation_id: str) -> None:
    """Raises: NotAllowed, where they do not keep the roster of an organisation."""
    if not keeps(ctx, organisation_id):
        raise NotAllowed("not_their_roster")


@without_door("It looks at grants alone.")
def must_keep_person(ctx: Context[Staff | Actor], person_id: str) -> None:
    """Raises: NotAllowed, where they keep the roster of no organisation in which the person reads."""
    if not isinstance(ctx.who, Staff):
        return
    held = people.grants_of(ctx.tx, person_id, ctx.now)
    places = {grant.organisation_id for grant in held if grant.role in GROUPS}
    if not any(keeps(ctx, place) for place in sorted(places)):
        raise NotAllowed("not_their_roster")


@without_door("It looks at grants alone.")
def person_kept(ctx: Context[Staff | Actor], username: str, *, themselves: bool = False) -> Person:
    """Somebody who stands on a roster that they keep, or they ``themselves`` where that is enough.

    Raises:
        NotThere: nobody does, of this name: whether there is such a person elsewhere is not told.
        NotAllowed: they keep no roster.

    """
    name = storable("person", username, lines=False)
    if isinstance(ctx.who, Staff):
        if themselves and name == ctx.who.username:
            return roles.person_of(ctx.tx, name)
        if not _roots(ctx.who):
            raise NotAllowed("not_their_roster")
    one = roles.person_of(ctx.tx, name)
    try:
        must_keep_person(ctx, one.id)
    except NotAllowed as refused:
        raise NotThere("person", username) from refused
    return one


def _roots(staff: Staff) -> set[str]:
    keep = {Role.QUALITY_MANAGER, Role.SYSTEM_ADMINISTRATOR}
    return {grant.organisation_id for grant in staff.grants if grant.role in keep}


def author(who: Staff | Actor) -> str | None:
    """The id to keep with a row; None for the command line."""
    return who.person_id if isinstance(who, Staff) else None
