"""Dictation: whoever reads for the site of a case sends what they say to the speech service, which is on record."""

from __future__ import annotations

from reading.access import door
from reading.access.blindness import READING_ROLES
from reading.actions import Action
from reading.context import Context
from reading.errors import NotAllowed
from reading.register.grants import may_act
from reading.viewers import Staff


def send_out(ctx: Context[Staff], case_id: str, *, size: int) -> None:
    """A recording of ``size`` bytes, made at a case, is about to leave the house: nothing of the case goes with it.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they read, verify and review nothing of its site.

    """
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    if not any(may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in READING_ROLES):
        raise NotAllowed("no_role_for_this_step")
    ctx.record(action=Action.REPORT_DICTATE, subject_kind="case", subject_id=case_id, details={"bytes": size})
