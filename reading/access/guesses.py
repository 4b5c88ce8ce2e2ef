"""The brake on people who try cards and numbers of patients: whoever is refused too often waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from reading.actions import Action
from reading.audit import Outcome, actor_of
from reading.context import Context, without_door
from reading.errors import TooManyAttempts
from reading.tables import audit_event
from reading.viewers import Viewer

FREE: Final = 12
"""Refusals within `WITHIN`: a busy counter mistypes a name now and then."""
WITHIN: Final = timedelta(hours=1)
OF_PATIENTS: Final = (Action.PATIENT_FIND, Action.PATIENT_NAME)


@without_door("A part of the door, which counts what it refused before.")
def check(ctx: Context[Viewer]) -> None:
    """Refuse somebody whose attempts at patients were refused too often; nobody else waits for it.

    A refusal says that the card or number is somebody's: the audit holds each, so it is counted there.

    Raises:
        TooManyAttempts: until an hour after the first of the last `FREE` refusals.

    """
    actor = actor_of(ctx.who)
    refused = (
        (audit_event.c.actor_id == actor.id)
        & (audit_event.c.at > ctx.now - WITHIN)
        & (audit_event.c.actor_kind == actor.kind)
        & audit_event.c.action.in_(OF_PATIENTS)
        & (audit_event.c.outcome == Outcome.REFUSED)
    )
    last = ctx.tx.scalars(
        sa.select(audit_event.c.at).where(refused).order_by(audit_event.c.at.desc()).limit(FREE)
    ).all()
    if len(last) == FREE:
        raise TooManyAttempts(last[-1] + WITHIN - ctx.now)
