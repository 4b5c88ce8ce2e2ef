"""Who sees and keeps statements: quality managers of either institution, and those of the top one.

A system administrator sees no numbers and opens no case, so could not say that a month is right; the quality managers
of an organisation that stands under no other are party to no pair alone. They keep the price list and close months.
"""

from __future__ import annotations

from dataclasses import dataclass

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere
from reading.kinds import Role
from reading.register.grants import manages_at_the_top, reach
from reading.statements.dispute_moves import Side
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The organisations whose side of statements somebody sees; None: every one (the command line)."""

    managed: frozenset[str] | None
    own: frozenset[str] = frozenset()
    """Those at which they hold the role themselves, not from above."""

    def sees(self, site_id: str, reader_id: str) -> bool:
        return self.managed is None or site_id in self.managed or reader_id in self.managed

    def sides(self, site_id: str, reader_id: str) -> list[Side]:
        """The sides of a pair for which they speak, that of their own institution first."""
        places = {Side.SITE: site_id, Side.READER: reader_id}
        theirs = [side for side in Side if self.managed is None or places[side] in self.managed]
        return sorted(theirs, key=lambda side: places[side] not in self.own)


@without_door("It looks at grants alone.")
def scope_of(ctx: Context[Staff | Actor]) -> Scope:
    """Raises: NotThere, where they are no quality manager."""
    if not isinstance(ctx.who, Staff):
        return Scope(managed=None)
    if not ctx.who.holds(Role.QUALITY_MANAGER):
        raise NotThere
    held = [grant.organisation_id for grant in ctx.who.grants if grant.role is Role.QUALITY_MANAGER]
    return Scope(managed=reach(ctx.tx, ctx.who, ctx.now).managed, own=frozenset(held))


@without_door("It looks at grants alone.")
def keeps(ctx: Context[Staff | Actor]) -> bool:
    """Whether they keep the price list and close months."""
    return not isinstance(ctx.who, Staff) or manages_at_the_top(ctx.tx, ctx.who) is not None


@without_door("It looks at grants alone.")
def must_keep(ctx: Context[Staff | Actor]) -> None:
    """Raises: NotThere, where they are no quality manager; NotAllowed, where they are none of a top organisation."""
    scope_of(ctx)
    if not keeps(ctx):
        raise NotAllowed("statements_at_the_top")
