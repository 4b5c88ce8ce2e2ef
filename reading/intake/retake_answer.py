"""A person says that the images of a case are the retake that a returned case waits for."""

from __future__ import annotations

from reading.cases import cases
from reading.cases.moves import Move
from reading.context import Context
from reading.intake import surgery
from reading.intake.rejections import granted
from reading.patients.keys import Keys
from reading.rules import case_clock, case_rule
from reading.viewers import Staff


def answer(ctx: Context[Staff], keys: Keys, case_id: str, *, returned: str, why: str, seen: int | None = None) -> None:
    """Show the images of a case in the returned one, which is read on.

    Raises:
        NotThere, NotAllowed, Invalid, Stale: as `surgery.merge`.
        MoveNotAllowed: that case was not returned, or somebody has answered meanwhile.

    """
    surgery.merge(ctx, keys, case_id, into_case=returned, why=why, seen=seen)
    case = cases.lock(ctx.tx, returned)
    grant = granted(ctx.tx, ctx.who, case.site_id, ctx.now)
    tier = case_rule.home_tier(ctx.tx, case)
    case_clock.go_on(ctx, cases.move(ctx, case, Move.RESUBMIT, grant=grant, why=cases.reason(why), tier=tier))
