"""The history of a case: each of its moves is a row, with who made it, when and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.actions import Action
from reading.audit import SYSTEM, Actor, ActorKind
from reading.cases.moves import Move, State
from reading.context import Context, Who, without_door
from reading.viewers import RoleGrant
from storage.ids import earliest_id, new_id
from storage.prepared import Prepared, Work, write

_OF_CASE: Final = tables.case_move.c.case_id == sa.bindparam("of_case_id", type_=sa.String)
_LAST_NUMBER: Final = sa.select(sa.func.max(tables.case_move.c.number)).where(_OF_CASE).scalar_subquery()
_LAST_STATE: Final = (
    sa.select(tables.case_move.c.to_state)
    .where(_OF_CASE)
    .order_by(tables.case_move.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_GIVEN: Final = ("id", "case_id", "move", "to_state", "person_id", "grant_id", "at", "why")
_NEXT_MOVE: Final = Prepared(
    lambda _: sa.insert(tables.case_move).values(
        number=sa.func.coalesce(_LAST_NUMBER, 0) + 1,
        from_state=sa.func.coalesce(_LAST_STATE, sa.bindparam("to", type_=sa.String)),
        **{name: sa.bindparam(f"of_{name}", type_=tables.case_move.c[name].type) for name in _GIVEN},
    )
)


_CLOCKS_DIFFER: Final = timedelta(days=1)
"""At most so long before its time a move's id was made: the clock of another machine stands behind."""


@dataclass(frozen=True, kw_only=True)
class MoveRow:
    number: int
    move: Move
    from_state: State
    to_state: State
    person_id: str | None
    """None when the system moved it."""
    person_name: str | None
    at: datetime
    why: str


def moved_since(at: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``case_move`` for what moved since a time, found by the ids, which sort by when they were made.

    Moves are never deleted: looked for by time alone, those of all years would be read.
    """
    row = tables.case_move.c
    return (row.id >= earliest_id(at - _CLOCKS_DIFFER)) & (row.at >= at)


@without_door("A part of an act that has opened the case, or of the system's step.")
def record_move(
    ctx: Context[Who],
    case_id: str,
    made: Move,
    state: State,
    *,
    grant: RoleGrant | None,
    why: str = "",
) -> None:
    """Write the move that brought a case from where its last move left it to a state, and its audit event."""
    write(ctx.tx, moved(ctx, case_id, made, state, grant=grant, why=why))


@without_door("A part of an act that has opened the case, or of the system's step.")
def moved(
    ctx: Context[Who], case_id: str, made: Move, state: State, *, grant: RoleGrant | None, why: str = ""
) -> list[Work]:
    """The rows of `record_move`, for an act that writes them together with others, before any other event."""
    actor = Actor(kind=ActorKind.STAFF, id=grant.person_id) if grant else SYSTEM
    row = {
        "of_id": new_id(),
        "of_case_id": case_id,
        "of_move": made,
        "of_to_state": state,
        "to": state,
        "of_person_id": grant.person_id if grant else None,
        "of_grant_id": grant.id if grant else None,
        "of_at": ctx.now,
        "of_why": why,
    }
    events = ctx.audit.events(ctx.tx, actor, Action(f"case.{made}"), "case", [case_id], now=ctx.now)
    return [(_NEXT_MOVE, [row]), *events]


def moves_of(tx: Connection, case_id: str) -> list[MoveRow]:
    """The moves of a case, the oldest first."""
    rows = tx.execute(
        sa.select(tables.case_move, tables.person.c.name)
        .outerjoin(tables.person, tables.person.c.id == tables.case_move.c.person_id)
        .where(tables.case_move.c.case_id == case_id)
        .order_by(tables.case_move.c.number)
    )
    return [
        MoveRow(
            number=row.number,
            move=Move(row.move),
            from_state=State(row.from_state),
            to_state=State(row.to_state),
            person_id=row.person_id,
            person_name=row.name,
            at=row.at,
            why=row.why,
        )
        for row in rows
    ]


def was_moved(tx: Connection, case_id: str, made: Move) -> bool:
    moved = tables.case_move
    statement = sa.select(sa.literal(1)).where(moved.c.case_id == case_id, moved.c.move == made).limit(1)
    return tx.scalar(statement) is not None
