"""Entries go with all that they said: one by hand, those whose images are erased; a collection that ends hands on."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.tables import case_study, teaching_entry, teaching_picture
from reading.teaching import hands
from reading.teaching.words import LENGTHS
from reading.viewers import Staff
from storage.tables import tombstone

_ROW: Final = teaching_entry.c
_NOTHING: Final = dict.fromkeys((*LENGTHS, "words"), "")


@without_door("The worker erases what was decided; it shows nothing of a patient.")
def remove_erased(ctx: Context[Actor], study_uid: str) -> int:
    """Take away every entry of the case of a study whose images were just erased; how many there were.

    Images that were moved lie in the study of another case by then: what was made of those goes, too.
    """
    of_case = sa.select(case_study.c.case_id).where(case_study.c.study_uid == study_uid)
    erased = sa.select(tombstone.c.sop_instance_uid).where(tombstone.c.study_uid == study_uid)
    shows = sa.select(teaching_picture.c.entry_id).where(teaching_picture.c.sop_instance_uid.in_(erased))
    return _remove_each(ctx, _ROW.case_id.in_(of_case) | _ROW.id.in_(shows), None, "erased")


@without_door("It takes entries away, and shows nothing.")
def remove_ended(ctx: Context[Staff], collection_id: str) -> int:
    """Take away every entry of a collection that ends; how many there were."""
    return _remove_each(ctx, _ROW.collection_id == collection_id, ctx.who.person_id, "ended")


@without_door("It says that there are some, and shows nothing.")
def has_of_others(ctx: Context[Staff], collection_id: str) -> bool:
    """Whether somebody else has an entry in a collection, or ever changed the words of one."""
    standing = (_ROW.collection_id == collection_id) & _ROW.removed_at.is_(None)
    theirs = standing & hands.of_others(ctx.who.person_id)
    return ctx.tx.scalar(sa.select(sa.literal(1)).where(theirs).limit(1)) is not None


@without_door("It hands entries on as they are, and shows nothing.")
def move_ended(ctx: Context[Staff], collection_id: str, into: str) -> int:
    """Hand every entry of a collection that ends on to another one; how many there were."""
    theirs = (_ROW.collection_id == collection_id) & _ROW.removed_at.is_(None)
    rows = ctx.tx.execute(sa.select(_ROW.id, _ROW.case_id).where(theirs).order_by(_ROW.id).with_for_update()).all()
    ctx.tx.execute(sa.update(teaching_entry).where(theirs).values(collection_id=into, revision=_ROW.revision + 1))
    for row in rows:
        record(ctx, Action.TEACHING_MOVE, row.id, row.case_id, {"into": into})
    return len(rows)


def empty(tx: Connection, entry_id: str, by: str | None, why: str, now: datetime) -> None:
    """Delete the pictures of an entry, and every word of it; who, when and why stays."""
    tx.execute(sa.delete(teaching_picture).where(teaching_picture.c.entry_id == entry_id))
    gone = {"removed_by": by, "removed_at": now, "removed_why": why, "grams": sa.null(), "age_from": None, "sex": ""}
    row = sa.update(teaching_entry).where(_ROW.id == entry_id)
    tx.execute(row.values(**_NOTHING, **gone, revision=_ROW.revision + 1))


@without_door("It puts on record what an act did, which has opened what it was done with.")
def record(ctx: Context[Any], action: Action, entry_id: str, case_id: str, details: dict[str, Any]) -> None:
    """On record with the case: what was made of whom is found by whoever may read the audit."""
    ctx.record(action=action, subject_kind="teaching", subject_id=entry_id, details={"case_id": case_id, **details})


def _remove_each(ctx: Context[Any], condition: sa.ColumnElement[bool], by: str | None, why: str) -> int:
    asked = sa.select(_ROW.id, _ROW.case_id).where(condition, _ROW.removed_at.is_(None)).order_by(_ROW.id)
    rows = ctx.tx.execute(asked.with_for_update()).all()
    for row in rows:
        empty(ctx.tx, row.id, by, "", ctx.now)
        record(ctx, Action.TEACHING_REMOVE, row.id, row.case_id, {"why": why})
    return len(rows)
