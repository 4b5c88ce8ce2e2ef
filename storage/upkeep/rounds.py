"""Work that goes through all segments in rounds: which node does it, and its position.

The position is in the database, so that another node can go on with a round.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage.database import insert_new
from storage.tables import care_round


class Task(StrEnum):
    """The kinds of work that is done in rounds."""

    VERIFY = "verify"
    SWEEP = "sweep"


@dataclass(frozen=True, kw_only=True)
class Round:
    position: str
    """The last segment that was done; empty at the beginning."""
    started_at: datetime | None
    """When this round began, or the last one; None before the first."""
    finished_at: datetime | None
    """When a round last came to its end."""


def of(tx: Connection, task: Task) -> Round:
    row = care_round.c
    found = tx.execute(sa.select(row.position, row.started_at, row.finished_at).where(row.task == task)).one_or_none()
    if found is None:
        return Round(position="", started_at=None, finished_at=None)
    return Round(position=found.position, started_at=found.started_at, finished_at=found.finished_at)


def claim(tx: Connection, task: Task, holder: str, now: datetime, lease: timedelta) -> Round | None:
    """The round, for ``holder`` alone until the lease ends; None while another has it."""
    tx.execute(insert_new(tx, care_round).values(task=task))
    row = care_round.c
    free = row.held_by.is_(None) | (row.held_by == holder) | (row.held_until < now)
    held = {"held_by": holder, "held_until": now + lease}
    taken = tx.execute(sa.update(care_round).where(row.task == task, free).values(held))
    return of(tx, task) if taken.rowcount else None


def advance(tx: Connection, task: Task, holder: str, position: str, now: datetime) -> None:
    """Note how far ``holder`` has come; a round begins with its first step."""
    row = care_round.c
    begun = sa.case((row.position == "", sa.bindparam("now", now, type_=row.started_at.type)), else_=row.started_at)
    ours = sa.update(care_round).where(row.task == task, row.held_by == holder)
    tx.execute(ours.values(position=position, started_at=begun))


def finish(tx: Connection, task: Task, holder: str, now: datetime) -> None:
    """End the round; the next one starts from the beginning."""
    row = care_round.c
    ours = sa.update(care_round).where(row.task == task, row.held_by == holder)
    begun = sa.func.coalesce(row.started_at, sa.bindparam("now", now, type_=row.started_at.type))
    tx.execute(ours.values(position="", started_at=begun, finished_at=now, held_by=None, held_until=None))


def release(tx: Connection, task: Task, holder: str) -> None:
    """Let another node go on."""
    row = care_round.c
    ours = sa.update(care_round).where(row.task == task, row.held_by == holder)
    tx.execute(ours.values(held_by=None, held_until=None))
