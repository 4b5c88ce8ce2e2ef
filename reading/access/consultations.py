"""The door to a consultation: for whoever is asked, while that lasts, and for those who see its case anyway."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import blindness, invited, visibility
from reading.access.looks import denied, record_look, record_looks
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.tables import case, consultation
from reading.viewers import Staff

_NEWEST: Final = (consultation.c.asked_at.desc(), consultation.c.id.desc())


def open_consultation(ctx: Context[Staff], consultation_id: str, action: Action) -> sa.Row[Any]:
    """The row of a consultation; a look at its case.

    Raises:
        NotThere: no such consultation, or not theirs to see (any longer).

    """
    theirs = (consultation.c.id == consultation_id) & _visible(ctx.tx, ctx.who, ctx.now)
    row = ctx.tx.execute(_rows().where(theirs)).one_or_none()
    if row is None or _is_read_blind(ctx.tx, [row]):
        raise denied(ctx, action, "consultation", consultation_id)
    record_look(ctx, action, "case", row.case_id)
    return row


def open_own_consultations(ctx: Context[Staff], action: Action, *, limit: int) -> Sequence[sa.Row[Any]]:
    """Those that somebody asks or is asked in, the newest first; each is a look at its case."""
    own = (consultation.c.asked_by == ctx.who.person_id) | consultation.c.id.in_(
        invited.consultations_with(ctx.who, ctx.now)
    )
    theirs = own & _visible(ctx.tx, ctx.who, ctx.now)
    found = ctx.tx.execute(_rows().where(theirs).order_by(*_NEWEST).limit(limit)).all()
    blind = _is_read_blind(ctx.tx, found)
    rows = [row for row in found if row.case_id not in blind]
    record_looks(ctx, action, "case", sorted({row.case_id for row in rows}))
    return rows


def open_consultations_of(ctx: Context[Staff], case_id: str, action: Action) -> Sequence[sa.Row[Any]]:
    """Those about a case, the newest first; whoever is asked sees their own alone."""
    theirs = (consultation.c.case_id == case_id) & _visible(ctx.tx, ctx.who, ctx.now)
    found = ctx.tx.execute(_rows().where(theirs).order_by(*_NEWEST)).all()
    rows = [] if _is_read_blind(ctx.tx, found) else found
    record_looks(ctx, action, "case", [case_id] if rows else [])
    return rows


def _rows() -> sa.Select[Any]:
    return sa.select(consultation).join(case, case.c.id == consultation.c.case_id)


def _is_read_blind(tx: Connection, rows: Sequence[sa.Row[Any]]) -> set[str]:
    """The cases among these that two people read blind now: nobody sees what others said of them before."""
    of_cases = cases.by_ids(tx, {row.case_id for row in rows})
    return {case_id for case_id, one in of_cases.items() if blindness.is_nameless(tx, one)}


def _visible(tx: Connection, staff: Staff, now: datetime) -> sa.ColumnElement[bool]:
    asked = consultation.c.id.in_(invited.consultations_with(staff, now))
    return visibility.visible_cases(tx, staff, now) | (asked & invited.is_shown_in_consultation(staff, now))
