"""Who may read, write and switch the policy, and set the calendar."""

from __future__ import annotations

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere
from reading.kinds import Role
from reading.register import organisations
from reading.register.grants import manages_at_the_top
from reading.viewers import Staff


def may_look(who: Staff | Actor) -> None:
    """Let quality managers and system administrators in, and the command line.

    Raises:
        NotThere: they are neither.

    """
    if isinstance(who, Staff) and not (who.holds(Role.QUALITY_MANAGER) or who.holds(Role.SYSTEM_ADMINISTRATOR)):
        raise NotThere


@without_door("It looks at grants alone.")
def writes(ctx: Context[Staff | Actor]) -> bool:
    """Whether somebody may add a version or set a day: the whole region's quality manager or system administrator."""
    if not isinstance(ctx.who, Staff):
        return True
    administers = [grant.organisation_id for grant in ctx.who.grants if grant.role is Role.SYSTEM_ADMINISTRATOR]
    return switches(ctx) or any(not organisations.above(ctx.tx, one) for one in administers)


@without_door("It looks at grants alone.")
def switches(ctx: Context[Staff | Actor]) -> bool:
    """Whether somebody may put a version into force: it decides who reads and what is reviewed, which is quality."""
    return not isinstance(ctx.who, Staff) or manages_at_the_top(ctx.tx, ctx.who) is not None


@without_door("It looks at grants alone.")
def must_write(ctx: Context[Staff | Actor]) -> None:
    """Raises: NotThere, NotAllowed, where they may not add a version or set a day."""
    may_look(ctx.who)
    if not writes(ctx):
        raise NotAllowed("policy_of_the_region")


@without_door("It looks at grants alone.")
def must_switch(ctx: Context[Staff | Actor]) -> None:
    """Raises: NotThere, NotAllowed, where they may not put a version into force."""
    may_look(ctx.who)
    if not switches(ctx):
        raise NotAllowed("policy_is_switched_by_quality_managers")
