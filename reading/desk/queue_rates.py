"""The present rate of each queue: how many cases came to a step at a tier lately, and how many left it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.cases.history import moved_since
from reading.cases.moves import Move, Step
from reading.kinds import Level, Tier
from reading.overdue.forecast import Rates
from reading.rules import policy

LATELY: Final = timedelta(hours=3)
"""Arrivals and signatures of so long make the present rate."""
LEAVES: Final[Mapping[Move, Step]] = {
    Move.SIGN: Step.READ,
    Move.SIGN_FOR_REVIEW: Step.READ,
    Move.SIGN_AS_FINAL: Step.READ,
    Move.SIGN_FIRST: Step.READ,
    Move.SIGN_PROVISIONALLY: Step.READ,
    Move.CONCUR: Step.SECOND,
    Move.RECALL: Step.SECOND,
    Move.TO_ARBITRATION: Step.SECOND,
    Move.CONFER: Step.SECOND,
    Move.ARBITRATE: Step.ARBITRATE,
    Move.VERIFY_FOR_REVIEW: Step.VERIFY,
    Move.VERIFY_AS_FINAL: Step.VERIFY,
    Move.AGREE: Step.REVIEW,
    Move.AMEND: Step.REVIEW,
}
"""The moves with which somebody ends a step."""
COMES: Final[Mapping[Move, Step]] = {
    Move.ARRIVE: Step.READ,
    Move.SIGN: Step.VERIFY,
    Move.SIGN_FIRST: Step.SECOND,
    Move.FINALISE: Step.SECOND,
    Move.TO_ARBITRATION: Step.ARBITRATE,
    Move.DISSENT: Step.ARBITRATE,
    Move.SIGN_FOR_REVIEW: Step.REVIEW,
    Move.VERIFY_FOR_REVIEW: Step.REVIEW,
    Move.DRAW: Step.REVIEW,
}
"""The moves with which a case comes to a step for the first time."""

Key = tuple[Step, Tier]


def rates_of(tx: Connection, sites: frozenset[str], now: datetime) -> Mapping[Key, Rates]:
    """By step and tier: how many cases came and left lately."""
    moved, case, grant, place = tables.case_move, tables.case, tables.role_grant, tables.organisation
    rows = tx.execute(
        sa.select(moved.c.move, case.c.rank, case.c.tier, case.c.step, case.c.policy_id, case.c.rule, place.c.level)
        .join(case, case.c.id == moved.c.case_id)
        .outerjoin(grant, grant.c.id == moved.c.grant_id)
        .outerjoin(place, place.c.id == grant.c.organisation_id)
        .where(moved_since(now - LATELY), moved.c.move.in_(LEAVES.keys() | COMES.keys()), case.c.site_id.in_(sites))
    )
    left: Counter[Key] = Counter()
    came: defaultdict[Key, Counter[int]] = defaultdict(Counter)
    for row in rows:
        move = Move(row.move)
        if move in LEAVES:
            left[LEAVES[move], _signed_at(row)] += 1
        if move in COMES:
            came[COMES[move], _came_to(tx, COMES[move], row)][row.rank] += 1
    found: defaultdict[Key, Rates] = defaultdict(lambda: Rates(over=LATELY))
    for key in left.keys() | came.keys():
        found[key] = Rates(over=LATELY, left=left[key], came=dict(came[key]))
    return found


def _signed_at(row: Any) -> Tier:
    """The tier at which somebody ended a step: that of their hospital."""
    if row.level in {Level.CITY, Level.REGION}:
        return Tier.CITY
    return Tier.NEIGHBOUR if row.tier == Tier.NEIGHBOUR else Tier.COUNTY


def _came_to(tx: Connection, step: Step, row: Any) -> Tier:
    """The tier to which a case came for a step: where it still stands, else its rule's; reviews are the city's."""
    if step in {Step.REVIEW, Step.ARBITRATE}:
        return Tier.CITY
    return Tier(row.tier) if row.step == step else policy.by_id(tx, row.policy_id).rule(row.rule).tier
