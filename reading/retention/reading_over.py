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
from storage.database import portions

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
    return Reading(
        over=not open_among(tx, study_uids),
        since=tx.scalar(sa.select(sa.func.max(case_move.c.at)).where(case_move.c.case_id.in_(theirs))),
    )


def open_among(tx: Connection, study_uids: Collection[str]) -> frozenset[str]:
    """Those of these studies whose reading is not over, however many they are by a few statements."""
    unread = case.c.state.not_in(OVER) | case.c.arriving
    late = sa.exists().where(follow_up.c.case_id == case.c.id, follow_up.c.closed_at.is_(None))
    asked = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id).where(unread | late)
    found: set[str] = set()
    for some in portions(sorted(study_uids)):
        found.update(tx.scalars(asked.where(case_study.c.study_uid.in_(some))))
    return frozenset(found)
