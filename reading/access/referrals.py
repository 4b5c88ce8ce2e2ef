"""The door to a referral: for those who see its case, and for those at the institution that receives the patient."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import blindness, visibility
from reading.access.invited import CONSULTED
from reading.access.lent import received_by
from reading.access.looks import denied, record_look, record_looks
from reading.actions import Action
from reading.context import Context, without_door
from reading.kinds import Role
from reading.register.grants import reach
from reading.tables import case, referral, referral_move
from reading.viewers import Staff

SENT_BY: Final = (Role.CLINICIAN, Role.READER, Role.RESIDENT, Role.VERIFIER, Role.REVIEWER)
"""The roles with which somebody refers a patient, and follows what was sent. Residents are sent nobody."""
_NEWEST: Final = (referral.c.sent_at.desc(), referral.c.id.desc())


def open_referral(ctx: Context[Staff], referral_id: str, action: Action) -> sa.Row[Any]:
    """The row of a referral; a look at its case.

    Raises:
        NotThere: no such referral, or not theirs to see (any longer).

    """
    theirs = (referral.c.id == referral_id) & _visible(ctx.tx, ctx.who, ctx.now)
    row = ctx.tx.execute(_rows().where(theirs)).one_or_none()
    if row is None or not _told(ctx, [row]):
        raise denied(ctx, action, "referral", referral_id)
    record_look(ctx, action, "case", row.case_id)
    return row


@without_door(
    "It stands at the door: its rows are those that the viewer may see, and `record_listed` records the looks."
)
def look_up_referrals(ctx: Context[Staff], *, limit: int) -> Sequence[sa.Row[Any]]:
    """Those that their institutions sent or received, the newest first.

    It writes nothing, because it may take long: whoever shows them records the looks (`record_listed`) first.
    """
    reached = reach(ctx.tx, ctx.who, ctx.now)
    places = reached.own | reached.managed
    sends, receives = (
        places | {grant.organisation_id for grant in ctx.who.grants if grant.role in roles}
        for roles in (SENT_BY, CONSULTED)
    )
    own = referral.c.from_id.in_(sends) | referral.c.to_id.in_(receives)
    asked = _rows().where(own, _visible(ctx.tx, ctx.who, ctx.now)).order_by(*_NEWEST).limit(limit)
    return _told(ctx, ctx.tx.execute(asked).all())


@without_door("It records looks at what was found by the door's conditions.")
def record_listed(ctx: Context[Staff], action: Action, case_ids: Collection[str]) -> None:
    """Record that somebody is shown a list of referrals: each is a look at its case."""
    record_looks(ctx, action, "case", sorted(case_ids))


def _told(ctx: Context[Staff], rows: Sequence[sa.Row[Any]]) -> list[sa.Row[Any]]:
    """Those that tell no blind reader of a case what another one wrote."""
    sent = sa.select(referral_move.c.referral_id, referral_move.c.person_id).where(referral_move.c.number == 1)
    found = ctx.tx.execute(sent.where(referral_move.c.referral_id.in_([row.id for row in rows])))
    sender = {row.referral_id: row.person_id for row in found}
    apart = blindness.kept_apart(ctx, {(row.case_id, sender[row.id]) for row in rows})
    return [row for row in rows if (row.case_id, sender[row.id]) not in apart]


def _rows() -> sa.Select[Any]:
    return sa.select(referral).join(case, case.c.id == referral.c.case_id)


def _visible(tx: Connection, staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    return visibility.visible_cases(tx, staff, now) | (
        received_by(staff, now) & visibility.cases_in_view(tx, staff, now)
    )
