"""Deciding about a concern: the door, and the bytes received once more where that is meant."""

from __future__ import annotations

from reading.actions import Action
from reading.errors import NotAllowed
from reading.quality import concerns, decisions
from reading.quality.concerns import Aspect, Concern
from reading.quality.decisions import Move
from reading.viewers import Staff
from storage.database import transaction
from viewer.http.office import Office
from viewer.http.on_record import going_in

SUBJECTS = {Aspect.BYTES: "quarantine", Aspect.CLOCK: "case", Aspect.PATIENT: "case"}
"""What the audit calls the subject of each aspect."""


def opened(
    office: Office, staff: Staff, aspect: Aspect, subject_id: str, action: Action = Action.CONCERN_OPEN
) -> Concern:
    """A concern, the look recorded.

    Raises:
        NotThere: there is none, or it is not theirs to see.

    """
    with going_in(office, staff, action, SUBJECTS[aspect], subject_id) as ctx:
        return concerns.open_concern(ctx, aspect, subject_id, action)


def decide(
    office: Office,
    staff: Staff,
    aspect: Aspect,
    subject_id: str,
    move: Move,
    *,
    reason: str,
    seen: int,
    all_alike: bool = False,
) -> decisions.Decision:
    """Decide about one, or take the last decision about it back; ``all_alike`` does the same about those like it.

    Raises:
        NotThere: there is none, or it is not theirs to see; or the bytes lie on another node.
        NotAllowed: as `reading.quality.decisions.decide`; or the bytes are still refused when received again.
        Stale, MoveNotAllowed, Invalid: as `reading.quality.decisions.decide`.

    """
    now = office.clock()
    if move is Move.AGAIN:
        concern = opened(office, staff, aspect, subject_id, Action.CONCERN_RECEIVE_AGAIN)
        with transaction(office.engine) as tx:
            decisions.check(tx, staff, concern, move, seen, now)
        if concern.held is not None:
            outcome = office.evidence.receive_again(concern.held)
            if not outcome.accepted:
                raise NotAllowed(f"still_{outcome.reason}")
    with going_in(office, staff, Action.CONCERN_DECIDE, SUBJECTS[aspect], subject_id) as ctx:
        concern = concerns.open_concern(ctx, aspect, subject_id, Action.CONCERN_DECIDE)
        others = decisions.alike(ctx.tx, concern, move) if all_alike else []
        made = [decisions.decide(ctx, concern, move, reason=reason, seen=seen)]
        for other in others:
            known = len(decisions.history(ctx.tx, other.aspect, other.subject_id))
            made.append(decisions.decide(ctx, other, move, reason=reason, seen=known))
    return made[0]
