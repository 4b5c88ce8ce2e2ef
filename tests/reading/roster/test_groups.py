"""Reading groups: whatever waits, wherever moves and re-routing bring it, somebody may take."""

from __future__ import annotations

from reading.cases.moves import MOVES, STEP_OF, WAITING, Move, State, Step
from reading.kinds import Tier
from reading.roster.groups import ROLES

TO_THE_CITY = {
    Move.ESCALATE,
    Move.SIGN_FOR_REVIEW,
    Move.VERIFY_FOR_REVIEW,
    Move.TO_ARBITRATION,
    Move.DISSENT,
    Move.DRAW,
    Move.DISPUTE,
    # What was withheld stands again where it stood, which was there.
    Move.RESTORE_TO_REVIEW,
    Move.RESTORE_TO_ARBITRATE,
    Move.RESTORE_DISPUTED,
}


def _tiers(state: State, move: Move, tier: Tier) -> set[Tier]:
    if move is Move.REROUTE and STEP_OF[state] not in {Step.REVIEW, Step.ARBITRATE}:
        return set(Tier)
    return {Tier.CITY} if move in TO_THE_CITY else {tier}


def test_each_tier_has_a_role_for_whatever_comes_to_wait_there() -> None:
    """A case is first read, and read again, at any tier."""
    reached, new = set[tuple[State, Tier]](), {(State.WAITING_READ, tier) for tier in Tier}
    while new:
        reached |= new
        new = {
            (after, to)
            for state, tier in new
            for (before, move), after in MOVES.items()
            if before is state
            for to in _tiers(state, move, tier)
        } - reached
    waiting = {(state, tier) for state, tier in reached if state in WAITING}

    assert {state for state, _ in waiting} == WAITING
    assert {(state, tier) for state, tier in waiting if not ROLES.get((STEP_OF[state], tier))} == set()
