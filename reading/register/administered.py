"""What a system administrator keeps: organisations, and of the people who work there their accounts and roles."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere
from reading.kinds import Level, Role
from reading.register import organisations, people
from reading.register.administrator import only
from reading.register.people import Person
from reading.viewers import Staff

OF_THE_REGION: Final = frozenset({Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})
"""Roles that reach over every organisation, wherever they are held."""


def kept(tx: Connection, staff: Staff) -> frozenset[str]:
    """The organisations that somebody administers, ended ones too: theirs with all below, at the region's all."""
    if keeps_all(tx, staff):
        return frozenset(one.id for one in organisations.list_all(tx))
    own = _administered(staff)
    return frozenset(own | organisations.below(tx, own))


def keeps_all(tx: Connection, staff: Staff) -> bool:
    """Whether somebody administers the whole service: their role is of an organisation of the level region."""
    return any(one.level is Level.REGION for one in organisations.by_ids(tx, _administered(staff)).values())


@without_door("It looks at grants alone.")
def kept_organisations(ctx: Context[Staff | Actor]) -> frozenset[str]:
    """The ids of the organisations that they keep, ended ones too.

    Raises:
        NotAllowed: they are no system administrator.

    """
    only(ctx.who, Role.SYSTEM_ADMINISTRATOR)
    if isinstance(ctx.who, Staff):
        return kept(ctx.tx, ctx.who)
    return frozenset(one.id for one in organisations.list_all(ctx.tx))


@without_door("It looks at grants alone.")
def must_keep_all(ctx: Context[Staff | Actor]) -> None:
    """Raises: NotAllowed, where they do not administer the whole service."""
    only(ctx.who, Role.SYSTEM_ADMINISTRATOR)
    if isinstance(ctx.who, Staff) and not keeps_all(ctx.tx, ctx.who):
        raise NotAllowed("administrators_of_the_region")


@without_door("It looks at grants alone.")
def must_keep(ctx: Context[Staff | Actor], organisation_id: str) -> None:
    """Make sure that they keep an organisation, also one that has ended.

    Raises:
        NotAllowed: they are no system administrator.
        NotThere: it is not theirs.

    """
    only(ctx.who, Role.SYSTEM_ADMINISTRATOR)
    if not isinstance(ctx.who, Staff) or keeps_all(ctx.tx, ctx.who):
        return
    own = _administered(ctx.who)
    if not own & {organisation_id, *organisations.above(ctx.tx, organisation_id)}:
        raise NotThere


@without_door("The register of organisations and people; nothing of a patient is in it.")
def kept_person(ctx: Context[Staff | Actor], person_id: str) -> Person:
    """A person who may sign in and whose account they keep: everywhere where that person works or will work.

    Raises:
        NotAllowed: they are no system administrator.
        NotThere: no such person, they have ended, or they work somewhere else as well.

    """
    only(ctx.who, Role.SYSTEM_ADMINISTRATOR)
    found = people.by_id(ctx.tx, person_id)
    if found is None or found.until is not None:
        raise NotThere
    if isinstance(ctx.who, Staff) and not keeps_all(ctx.tx, ctx.who):
        places = {grant.organisation_id for grant in people.open_grants_of(ctx.tx, person_id, ctx.now)}
        if not places or not places <= kept(ctx.tx, ctx.who):
            raise NotThere
    return found


@without_door("The register of organisations and people; nothing of a patient is in it.")
def kept_account(ctx: Context[Staff | Actor], person_id: str) -> Person:
    """A person whose account they keep by themselves: one whose role is of the region is the region's to keep.

    Raises:
        NotAllowed: they are no system administrator, or it is a person whose role is of the region and they are not.
        NotThere: no such person, they have ended, or they work somewhere else as well.

    """
    found = kept_person(ctx, person_id)
    if any(grant.role in OF_THE_REGION for grant in people.open_grants_of(ctx.tx, person_id, ctx.now)):
        must_keep_all(ctx)
    return found


@without_door("It looks at grants alone.")
def must_not_be_own(ctx: Context[Staff | Actor], person_id: str) -> None:
    """Raises: NotAllowed, where it is about themselves: nobody gives themselves rights, or is left without any."""
    if isinstance(ctx.who, Staff) and ctx.who.person_id == person_id:
        raise NotAllowed("nobody_administers_themselves")


@without_door("It looks at grants alone.")
def must_give(ctx: Context[Staff | Actor], person_id: str, organisation_id: str, role: Role) -> None:
    """Make sure that they may give or end a role of somebody in an organisation.

    Raises:
        NotAllowed: they are no system administrator, it is their own, or it is a role of the region and they are not.
        NotThere: the organisation is not theirs.

    """
    only(ctx.who, Role.SYSTEM_ADMINISTRATOR)
    must_not_be_own(ctx, person_id)
    if role in OF_THE_REGION:
        must_keep_all(ctx)
    must_keep(ctx, organisation_id)


def _administered(staff: Staff) -> set[str]:
    return {grant.organisation_id for grant in staff.grants if grant.role is Role.SYSTEM_ADMINISTRATOR}
