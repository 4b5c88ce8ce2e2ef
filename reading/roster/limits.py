"""Limits: the most cases that somebody has open at once; without one there is none."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.roster import rights
from reading.row_rules import valid_at
from reading.tables import case_limit, person
from reading.viewers import Staff
from storage.ids import new_id

HIGHEST: Final = 100


@without_door("A limit of staff; nothing of a patient is in it.")
def say(ctx: Context[Staff | Actor], *, username: str, most: int | None) -> None:
    """Set how many cases somebody has open at once, in the place of what was set before; None ends it.

    Raises:
        NotThere: no such person on a roster that they keep.
        NotAllowed: they keep no roster.
        Invalid: not from 1 to `HIGHEST`.

    """
    one = rights.person_kept(ctx, username)
    if most is not None and not 1 <= most <= HIGHEST:
        raise Invalid("most", "range")
    # Locked, so that two limits said at once come one after the other.
    ctx.tx.execute(sa.select(person.c.id).where(person.c.id == one.id).with_for_update(key_share=True))
    standing = (case_limit.c.person_id == one.id) & case_limit.c.until.is_(None)
    ctx.tx.execute(sa.update(case_limit).where(standing).values(until=ctx.now, ended_by=rights.author(ctx.who)))
    if most is not None:
        ctx.tx.execute(
            sa.insert(case_limit),
            {"id": new_id(), "person_id": one.id, "most": most, "since": ctx.now, "made_by": rights.author(ctx.who)},
        )
    ctx.record(action=Action.ROSTER_LIMIT, subject_kind="person", subject_id=one.id, details={"most": most})


def of_people(tx: Connection, person_ids: Collection[str], now: datetime) -> dict[str, int]:
    """The limits of those people who have one."""
    asked = sa.select(case_limit.c.person_id, case_limit.c.most)
    rows = tx.execute(asked.where(case_limit.c.person_id.in_(person_ids), valid_at(case_limit, now)))
    return {row.person_id: row.most for row in rows}
