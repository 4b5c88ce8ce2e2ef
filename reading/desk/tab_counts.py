"""How many cases each tab of the worklist holds, in one statement that stops counting where nobody reads on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import visibility
from reading.cases.moves import State
from reading.desk.worklist import Filters, Tab, conditions, counting
from reading.viewers import Staff

MOST: Final = 999
"""A tab with more says so, and no number."""


class Counted(StrEnum):
    """The tabs of the worklist, as the page names them."""

    READ = "read"
    SECOND = "second"
    VERIFY = "verify"
    ARBITRATION = "arbitration"
    BEFORE_RELEASE = "before_release"
    SAMPLED = "sampled"
    ESCALATED = "escalated"
    DISPUTED = "disputed"
    LATE = "late"
    MINE = "mine"
    ALL = "all"


_WAITING: Final = {
    Counted.READ: State.WAITING_READ,
    Counted.SECOND: State.WAITING_SECOND,
    Counted.VERIFY: State.WAITING_VERIFY,
    Counted.ARBITRATION: State.WAITING_ARBITRATION,
}


def counts(tx: Connection, staff: Staff, tabs: Collection[Counted], now: datetime) -> Mapping[Counted, int]:
    """How many cases somebody sees on each of these tabs; ``MOST + 1`` where there are more than `MOST`."""
    asked = list(dict.fromkeys(tabs))
    if not asked:
        return {}
    seen = visibility.visible_cases(tx, staff, now)
    each = [
        counting(sa.and_(seen, *conditions(tx, _filters(tab, staff))), MOST).scalar_subquery().label(tab)
        for tab in asked
    ]
    return dict(zip(asked, tx.execute(sa.select(*each)).one(), strict=True))


def _filters(tab: Counted, staff: Staff) -> Filters:
    match tab:
        case Counted.ALL:
            return Filters()
        case Counted.MINE:
            return Filters(held_by=staff.person_id)
        case Counted.READ | Counted.SECOND | Counted.VERIFY | Counted.ARBITRATION:
            return Filters(states=frozenset({_WAITING[tab]}))
        case _:
            return Filters(tab=Tab(tab))
