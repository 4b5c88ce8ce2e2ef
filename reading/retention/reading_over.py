"""Whether the reading of studies is over: their images are seldom fetched from then on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import State
from reading.tables import case, case_move, case_study, follow_up

OVER: Final = frozenset({State.FINAL, State.WITHDRAWN, State.EMPTIED})
"""States in which nobody has anything left to do; a withheld case still waits for its correction."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How far the reading of a set of studies is."""

    over: bool
    since: datetime | None
    """Time of the last move of their cases; None where there is no case."""


def of_studies(tx: Connection, study_uids: Collection[str]) -> Reading:
    """Over if no case of the studies is open, none is arriving and no follow-up is open; also without any case."""
    theirs = sa.select(case_study.c.case_id).where(case_study.c.study_uid.in_(study_uids))
    states = tx.execute(sa.select(case.c.state, case.c.arriving).where(case.c.id.in_(theirs))).all()
    late = sa.select(follow_up.c.id).where(follow_up.c.case_id.in_(theirs), follow_up.c.closed_at.is_(None))
    return Reading(
        over=all(row.state in OVER and not row.arriving for row in states)
        and tx.execute(late.limit(1)).first() is None,
        since=tx.scalar(sa.select(sa.func.max(case_move.c.at)).where(case_move.c.case_id.in_(theirs))),
    )
