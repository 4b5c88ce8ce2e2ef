"""Dictation: whoever writes at a case sends what they say to the speech service; that it went out is on record."""

from __future__ import annotations

from reading.access import door
from reading.access.blindness import READING_ROLES
from reading.actions import Action
from reading.context import Context
from reading.errors import NotAllowed
from reading.viewers import Staff


def send_out(ctx: Context[Staff], case_id: str, *, size: int) -> None:
    """A recording of ``size`` bytes, made at a case, is about to leave the house: nothing of the case goes with it.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they read, verify and review nowhere.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    if not any(grant.role in READING_ROLES for grant in ctx.who.grants):
        raise NotAllowed("no_role_for_this_step")
    ctx.record(action=Action.REPORT_DICTATE, subject_kind="case", subject_id=case_id, details={"bytes": size})
