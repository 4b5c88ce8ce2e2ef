"""Records of study surgery: each step with its changes, as a row and in the journal, so that it can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.row_rules import known
from reading.tables import case as case_table
from reading.tables import case_study, person, role_grant
from reading.tables import surgery as table
from reading.viewers import RoleGrant, Staff
from storage.database import insert_new
from storage.decisions import placement_changes
from storage.decisions.placement_changes import Change
from storage.ids import new_id
from storage.index import journal

MADE: Final = "surgery"
UNDONE: Final = "surgery_undone"
"""Kinds of journal entries: who did it and why; the changes are entries of their own (`storage.decisions`)."""


class Kind(StrEnum):
    SPLIT = "split"
    """Images got a study of their own."""
    MOVE = "move"
    """Images went to the study of another case."""
    MERGE = "merge"
    """A whole study is shown in another."""


@dataclass(frozen=True, kw_only=True)
class Surgery:
    """One step, as it was done and perhaps undone."""

    id: str
    kind: Kind
    case_id: str
    other_case_id: str | None
    instances: int
    changes: tuple[Change, ...] = field(repr=False)
    reason: str = field(repr=False)
    made_by: str
    """The name of the person."""
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    undone_why: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step, about to be written."""

    kind: Kind
    case: Case
    target: str
    changes: Sequence[Change]
    count: int


def of_case(tx: Connection, case_id: str) -> list[Surgery]:
    """The steps that touched a case that the caller has opened, the newest first."""
    undoer = person.alias("undoer")
    rows = tx.execute(
        sa.select(table, person.c.name.label("maker"), undoer.c.name.label("undoer"))
        .join(person, person.c.id == table.c.made_by)
        .outerjoin(undoer, undoer.c.id == table.c.undone_by)
        .where((table.c.case_id == case_id) | (table.c.other_case_id == case_id))
        .order_by(table.c.made_at.desc(), table.c.id.desc())
    )
    return [_surgery(row) for row in rows]


@without_door("A part of the surgery, whose act has opened the cases.")
def write(ctx: Context[Staff], grant: RoleGrant, step: Step, *, why: str) -> Surgery:
    """Write a step that the acts of `reading.intake.surgery` have made; the case was opened there."""
    other = ctx.tx.scalar(sa.select(case_study.c.case_id).where(case_study.c.study_uid == step.target))
    surgery_id = new_id()
    values: dict[str, Any] = {
        "id": surgery_id,
        "kind": step.kind,
        "case_id": step.case.id,
        "other_case_id": other,
        "instances": step.count,
        "changes": placement_changes.to_json(step.changes),
        "reason": why,
        "made_by": ctx.who.person_id,
        "grant_id": grant.id,
    }
    ctx.tx.execute(sa.insert(table), {"made_at": ctx.now, **values})
    journal.write(ctx.tx, MADE, {**values, "made_at": ctx.now.isoformat()}, ctx.now)
    ctx.record(
        action=Action(f"surgery.{step.kind}"),
        subject_kind="surgery",
        subject_id=surgery_id,
        details={"case_id": step.case.id, "other_case_id": other, "instances": step.count},
    )
    return next(one for one in of_case(ctx.tx, step.case.id) if one.id == surgery_id)


def replay(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Write a step of the journal again, so that it can be undone, where its case and its maker are known here.

    The images are placed by entries of their own (`storage.decisions`).
    """
    needed = ((case_table, "case_id"), (person, "made_by"), (role_grant, "grant_id"))
    if all(known(tx, of, payload[name]) for of, name in needed):
        made = {
            **payload,
            "other_case_id": known(tx, case_table, payload["other_case_id"]),
            "made_at": datetime.fromisoformat(payload["made_at"]),
        }
        tx.execute(insert_new(tx, table).values(made))
    return True


def replay_undone(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Note again that a step was undone."""
    undone = {
        "undone_by": known(tx, person, payload["undone_by"]),
        "undone_at": datetime.fromisoformat(payload["undone_at"]),
        "undone_why": payload["undone_why"],
    }
    tx.execute(sa.update(table).where(table.c.id == payload["id"]).values(undone))
    return True


def _surgery(row: sa.Row[Any]) -> Surgery:
    written: Sequence[Mapping[str, Any]] = row.changes
    return Surgery(
        id=row.id,
        kind=Kind(row.kind),
        case_id=row.case_id,
        other_case_id=row.other_case_id,
        instances=row.instances,
        changes=tuple(placement_changes.from_json(dict(one) for one in written)),
        reason=row.reason,
        made_by=row.maker,
        made_at=row.made_at,
        undone_by=row.undoer,
        undone_at=row.undone_at,
        undone_why=row.undone_why or "",
    )
