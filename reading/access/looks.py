"""Looks on record: who looked at what, once in a while; and the attempts that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import priors
from reading.access.visibility import visible_cases
from reading.actions import Action
from reading.audit import actor_of, done_lately
from reading.cases import cases
from reading.cases.moves import WAITING
from reading.context import Context, Look, without_door
from reading.errors import NotThere
from reading.tables import case, case_study
from reading.viewers import Staff, Viewer

AGAIN: Final = timedelta(minutes=10)
"""The same look by the same viewer within this time is on record already."""


@without_door("The door calls it for what it has opened.")
def record_look(ctx: Context[Viewer], action: Action, subject_kind: str, subject_id: str) -> None:
    record_looks(ctx, action, subject_kind, [subject_id])


@without_door("The door calls it for what it has opened.")
def record_looks(ctx: Context[Viewer], action: Action, subject_kind: str, subject_ids: Sequence[str]) -> None:
    known = on_record(ctx.tx, ctx.who, action, subject_kind, subject_ids, ctx.now)
    fresh = [subject_id for subject_id in subject_ids if subject_id not in known]
    ctx.record_each(action=action, subject_kind=subject_kind, subject_ids=fresh)
    ctx.looks.extend(Look(action=action, subject_kind=subject_kind, subject_id=each) for each in fresh)


@without_door("The door calls it where it stays shut.")
def denied(ctx: Context[Viewer], action: Action, subject_kind: str, subject_id: str) -> NotThere:
    ctx.looks.append(Look(action=action, subject_kind=subject_kind, subject_id=subject_id))
    return NotThere()


def on_record(  # noqa: PLR0917
    tx: Connection, viewer: Viewer, action: Action, subject_kind: str, subject_ids: Sequence[str], now: datetime
) -> set[str]:
    actor = actor_of(viewer)
    return done_lately(
        tx, actor=actor, action=action, subject_kind=subject_kind, subject_ids=subject_ids, within=AGAIN, now=now
    )


def fetched_ahead(tx: Connection, viewer: Viewer, study_uid: str, action: Action, now: datetime) -> Action:
    """What a look goes on record as whose program says that it fetches before anybody looks.

    Fetched ahead is what staff may take next, and what comes beside it: an earlier case of the same person. Of
    everything else the word is as it would be without that.
    """
    if not isinstance(viewer, Staff):
        return action
    theirs = visible_cases(tx, viewer, now)
    of_study = sa.select(case).join(case_study, case_study.c.case_id == case.c.id)
    found = [
        cases.from_row(row) for row in tx.execute(of_study.where(case_study.c.study_uid == study_uid, theirs)).all()
    ]
    if any(one.state in WAITING for one in found):
        return Action.STUDY_AHEAD
    later = [unread.id for one in found for unread in priors.unread_after(tx, one)]
    beside = sa.select(case.c.id).where(case.c.id.in_(later), theirs).limit(1)
    return action if tx.scalar(beside) is None else Action.STUDY_AHEAD
