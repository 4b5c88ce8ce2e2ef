"""What a desk fetches before anybody looks: the case that comes next, and the earlier one beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reading.access import priors
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State, Step
from reading.context import Context, without_door
from reading.queue import claiming
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Ahead:
    case_id: str
    study_uids: Sequence[str]
    earlier_study_uids: Sequence[str]
    """Of the earlier case that is nearest to it; none where nothing of the person is offered."""


@without_door("It tells UIDs alone, of what the person may take next; its pictures are opened through the door.")
def ahead(ctx: Context[Staff], step: Step | None) -> Ahead | None:
    """None where nothing waits that they would be handed; see `claiming.foresee`."""
    case_id = claiming.foresee(ctx, step)
    if case_id is None:
        return None
    case = cases.by_id(ctx.tx, case_id)
    # Beside a report that waits to be signed or reviewed nobody begins with the earlier pictures.
    found = priors.prior_cases(ctx.tx, ctx.who, [case], ctx.now)[case_id] if case.state is State.WAITING_READ else []
    earlier = _nearest(case, found)
    return Ahead(
        case_id=case_id,
        study_uids=cases.study_uids(ctx.tx, case_id),
        earlier_study_uids=cases.study_uids(ctx.tx, earlier.id) if earlier else (),
    )


def _nearest(case: Case, found: Sequence[Case]) -> Case | None:
    """The newest that was taken in the same way of the same part, else in the same way, else the newest of all."""

    def likeness(one: Case) -> tuple[bool, bool]:
        return one.modality == case.modality, one.body_part == case.body_part

    return max(found, key=likeness, default=None)  # of those that are alike the first one, which is the newest
