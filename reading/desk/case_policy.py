"""Why a case is where it is: the rule and version that routed it, why that rule, and the moves since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reading.access import door
from reading.actions import Action
from reading.cases import history
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.context import Context
from reading.rules import case_rule, policy, policy_rights
from reading.rules.explanation import Explanation, explain
from reading.rules.policy import Policy
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Routing:
    """A case with what routed it."""

    case: Case
    policy: Policy
    explanation: Explanation
    """By the facts that the case has now, in the version that it was opened under."""
    indicator_at: datetime
    moves: Sequence[MoveRow]

    @property
    def kept_its_rule(self) -> bool:
        """Whether its facts would meet another rule now: a case with a final report keeps the one that it had."""
        return self.explanation.rule.name != self.case.rule


def routing(ctx: Context[Staff], case_id: str) -> Routing:
    """The rule and version of a case, why, and its moves.

    Raises:
        NotThere: no such case, or not one that they may see, or they do not manage quality.

    """
    policy_rights.may_look(ctx.who)
    case = door.open_case(ctx, case_id, Action.CASE_MOVES)
    kept = policy.by_id(ctx.tx, case.policy_id)
    return Routing(
        case=case,
        policy=kept,
        explanation=explain(kept.rules, case_rule.facts_of_case(ctx.tx, case)),
        indicator_at=policy.indicator_at(kept.rule(case.rule), case.examined_at),
        moves=history.moves_of(ctx.tx, case_id),
    )
