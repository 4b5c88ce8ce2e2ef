"""A look at a case beside the worklist: what the clinic asks, why it lies here, earlier examinations.

It opens no report and shows no reading: nothing of it counts as seen, and nobody learns from it what a blind reader may
not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reading.access import door, priors
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move
from reading.context import Context
from reading.desk import case_moves
from reading.desk.clinical_request import ClinicalRequest, request_of
from reading.viewers import Staff

MOST_PRIORS: Final = 5
"""The newest earlier examinations; the desk shows all."""


@dataclass(frozen=True, kw_only=True)
class Why:
    """The last move that somebody gave a reason for."""

    move: Move
    words: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Preview:
    request: ClinicalRequest
    why: Why | None
    priors: tuple[Case, ...]
    """The newest first, without their reports."""
    study_uid: str = field(repr=False)
    """Of the study whose picture stands for the case."""


def preview(ctx: Context[Staff], case_id: str) -> Preview:
    """What somebody sees of a case before they open it; the look is on record.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    case = door.open_case(ctx, case_id, Action.CASE_PREVIEW)
    reasons = [Why(move=one.move, words=one.why) for one in case_moves.told(ctx, case) if one.why]
    earlier = priors.prior_cases(ctx.tx, ctx.who, [case], ctx.now)[case.id]
    return Preview(
        request=request_of(ctx.tx, case),
        why=reasons[-1] if reasons else None,
        priors=tuple(earlier[:MOST_PRIORS]),
        study_uid=next(iter(cases.study_uids(ctx.tx, case_id)), ""),
    )
