"""Whose templates and phrases there are: the region's, an organisation's, a person's."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import Connection

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed
from reading.kinds import Role
from reading.register import organisations
from reading.register.grants import manages_at_the_top, may_act
from reading.viewers import Staff

REGION: Final = ""


def owners_of(tx: Connection, staff: Staff) -> list[str]:
    """Whose a person uses, the nearest last: the region's, those of their organisations from the top, their own."""
    places: dict[str, None] = {}
    for grant in staff.grants:
        for one in (*reversed(list(organisations.above(tx, grant.organisation_id))), grant.organisation_id):
            places.setdefault(one)
    return [REGION, *places, staff.person_id]


@without_door("Whose templates and phrases they may change; nothing of a patient is in them.")
def may_change(ctx: Context[Staff] | Context[Actor], owner: str) -> None:
    """Make sure that somebody may change what an owner has.

    Raises:
        NotAllowed: it is neither their own, nor of an organisation whose quality they manage.

    """
    if not isinstance(ctx.who, Staff) or owner == ctx.who.person_id:
        return
    if owner == REGION:
        allowed = manages_at_the_top(ctx.tx, ctx.who)
    else:
        allowed = may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, owner, ctx.now)
    if allowed is None:
        raise NotAllowed("no_role_for_this_step")
