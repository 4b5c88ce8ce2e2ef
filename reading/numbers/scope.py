"""Whose numbers somebody sees: of sites that they manage or review, of people where they manage, and their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reading.context import Context, without_door
from reading.errors import NotThere
from reading.kinds import Role
from reading.register.grants import BY_AGREEMENT, reach
from reading.viewers import Staff

SEEN_BY: Final = (Role.QUALITY_MANAGER, Role.REVIEWER)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The sites of which somebody sees numbers."""

    sites: frozenset[str]
    managed: frozenset[str]
    """Of these they see numbers of people, too."""


@without_door("It names sites and no patient.")
def scope_of(ctx: Context[Staff]) -> Scope:
    """The sites that they manage or review.

    Raises:
        NotThere: they are neither quality manager nor reviewer.

    """
    if not sees(ctx.who):
        raise NotThere
    reached = reach(ctx.tx, ctx.who, ctx.now)
    managed = reached.managed if manages(ctx.who) else frozenset[str]()
    reviewed = reached.read if ctx.who.holds(Role.REVIEWER) else frozenset[str]()
    return Scope(sites=managed | reviewed, managed=managed)


def sees(staff: Staff) -> bool:
    return any(staff.holds(role) for role in SEEN_BY)


def manages(staff: Staff) -> bool:
    return staff.holds(Role.QUALITY_MANAGER)


def works(staff: Staff) -> bool:
    """Whether they read, verify or review, so that there are numbers of their own."""
    return any(staff.holds(role) for role in BY_AGREEMENT)
