"""Disposal (处置): the township says what was done with the patient of an acknowledged alert."""

from __future__ import annotations

from enum import StrEnum

from reading import outbox
from reading.actions import Action
from reading.alerts import alert_rows, critical
from reading.alerts.alert_rows import Alert
from reading.alerts.moves import Move, after
from reading.context import Context
from reading.errors import NotAllowed
from reading.texts import checked
from reading.viewers import Staff


class Disposal(StrEnum):
    """What was done with the patient."""

    TREATED = "treated"
    ADMITTED = "admitted"
    TRANSFERRED = "transferred"
    OPERATED = "operated"
    OBSERVED = "observed"
    EXAMINED_AGAIN = "examined_again"
    REFUSED = "refused"
    """The patient, or their family, declined."""
    DIED = "died"
    OTHER = "other"


def dispose(ctx: Context[Staff], alert_id: str, *, disposal: Disposal, text: str) -> Alert:
    """Answer what was done with the patient, which closes the loop.

    Raises:
        NotThere: no such alert, or not one that they may see.
        NotAllowed: they neither work at the site nor above it.
        Invalid: something else was done, and nothing says what.
        MoveNotAllowed: nobody has acknowledged it, or it was answered or taken back before.

    """
    case = critical.open_of_alert(ctx, alert_id)
    if not critical.may_answer(ctx, case.site_id):
        raise NotAllowed("not_their_site")
    words = checked("disposal_text", text, longest=1000, lines=True, required=disposal is Disposal.OTHER)
    found = alert_rows.lock(ctx.tx, alert_id)
    after(found.state, Move.DISPOSE)
    answered = alert_rows.change(
        ctx.tx,
        found,
        disposed_by=ctx.who.person_id,
        disposed_at=ctx.now,
        disposal=disposal,
        disposal_text=words,
        remind_at=None,
    )
    outbox.post(ctx.tx, "critical.disposed", alert_id, {"case_id": case.id, "disposal": disposal}, ctx.now)
    ctx.record(action=Action.CRITICAL_DISPOSE, subject_kind="case", subject_id=case.id, details={"disposal": disposal})
    return answered
