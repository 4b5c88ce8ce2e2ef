"""Holds: images that have to stay whatever their age, with who said so, and who said that they need not any longer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Stale
from reading.retention import retention
from reading.tables import retention_hold
from reading.viewers import Staff
from storage import tables
from storage.decisions import erasure
from storage.ids import new_id
from storage.index import queries
from storage.index.queries import Study


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A study whose images have to stay."""

    study: Study
    reason: str = field(repr=False)
    set_by: str | None
    """The id of a person; None: the operator, or before it was kept who it was."""
    since: datetime | None
    """None: before it was kept when."""


@without_door("It says that images stay, and shows nothing of them.")
def set_hold(ctx: Context[Staff | Actor], study: Study, reason: str) -> None:
    """Keep a study's images from being erased; a hold that stands gets this reason.

    Raises:
        Invalid: no reason, or one that is too long.

    """
    why = retention.reason(reason)
    _end(ctx, study, "")
    ctx.tx.execute(
        retention_hold.insert(),
        {"id": new_id(), "study_uid": study.study_uid, "reason": why, "set_by": _person(ctx), "since": ctx.now},
    )
    erasure.hold(ctx.tx, study.study_uid, why, ctx.now)
    ctx.record(action=Action.STUDY_HOLD, subject_kind="study", subject_id=study.study_uid)


@without_door("It says that images need not stay, and shows nothing of them.")
def lift_hold(ctx: Context[Staff | Actor], study: Study, reason: str) -> None:
    """Let a study's images be erased again.

    Raises:
        Invalid: no reason, or one that is too long.
        Stale: no hold stands.

    """
    why = retention.reason(reason)
    if not study.hold:
        raise Stale
    _end(ctx, study, why)
    erasure.hold(ctx.tx, study.study_uid, "", ctx.now)
    ctx.record(action=Action.STUDY_RELEASE, subject_kind="study", subject_id=study.study_uid)


def standing(tx: Connection, limit: int, sites: Collection[str]) -> list[Hold]:
    """The holds that stand at these sites, the newest first; those of which nobody knows since when last."""
    study, row = tables.study.c, retention_hold.c
    of_study = (row.study_uid == study.study_uid) & row.ended_at.is_(None)
    asked = (
        sa.select(study.study_uid, study.hold, row.set_by, row.since)
        .select_from(tables.study.outerjoin(retention_hold, of_study))
        # In the text of the statement: the index of those that are held is found by no parameter.
        .where(study.hold != sa.literal_column("''"), study.site_id.in_(sorted(sites)))
        .order_by(row.since.is_(None), row.since.desc(), study.study_uid)
        .limit(limit)
    )
    rows = tx.execute(asked).all()
    held = {one.study_uid: one for one in queries.studies_of(tx, [row.study_uid for row in rows])}
    return [Hold(study=held[row.study_uid], reason=row.hold, set_by=row.set_by, since=row.since) for row in rows]


def _end(ctx: Context[Staff | Actor], study: Study, why: str) -> None:
    row = retention_hold.c
    stands = (row.study_uid == study.study_uid) & row.ended_at.is_(None)
    ctx.tx.execute(retention_hold.update().where(stands).values(ended_at=ctx.now, ended_by=_person(ctx), ended_why=why))


def _person(ctx: Context[Staff | Actor]) -> str | None:
    return ctx.who.person_id if isinstance(ctx.who, Staff) else None
