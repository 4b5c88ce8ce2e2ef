"""Claims that two records are one person's: rows with every move, and the links that those in force make."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid, MoveNotAllowed, NotThere, Stale
from reading.patients import merge_moves, persons
from reading.patients.merge_moves import STANDING, MergeState, Move
from reading.tables import patient, patient_merge, patient_merge_move
from reading.texts import checked
from storage.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Merge:
    """A claim that ``patient_id`` is a record of the person of ``into_id``."""

    id: str
    patient_id: str
    into_id: str
    state: MergeState
    revision: int


@dataclass(frozen=True, kw_only=True)
class Moved:
    """One move of a claim, with who made it and why."""

    move: Move
    reason: str = field(repr=False)
    made_by: str
    made_at: datetime


def propose(tx: Connection, patient_id: str, into_id: str, *, reason: str, made_by: str, now: datetime) -> Merge:
    """Claim that two records are one person's; nothing is merged by that.

    Raises:
        Invalid: they are one already, or somebody claimed it before; no reason.

    """
    pair = {patient_id, into_id}
    if len(pair) == 1 or any({one.patient_id, one.into_id} == pair for one in of_records(tx, pair)):
        raise Invalid("other", "taken")
    made = Merge(id=new_id(), patient_id=patient_id, into_id=into_id, state=MergeState.PROPOSED, revision=1)
    tx.execute(
        patient_merge.insert(), {"id": made.id, "patient_id": patient_id, "into_id": into_id, "state": made.state}
    )
    _note(tx, made.id, Move.PROPOSE, reason, made_by, now)
    return made


def move(tx: Connection, merge: Merge, made: Move, *, reason: str, made_by: str, now: datetime) -> Merge:
    """Decide a claim, or take the decision back; ``merge`` is what the person looked at.

    Raises:
        MoveNotAllowed: there is no such move from its state.
        Stale: somebody decided in the meantime, about these records or others of the two people.
        Invalid: no reason; or one of the two was merged with another since.

    """
    state = merge_moves.after(merge.state, made)
    if state is None:
        raise MoveNotAllowed(merge.state, made)
    if made is not Move.DECLINE:
        persons.lock(tx, (merge.patient_id, merge.into_id))
    if state is MergeState.MERGED:
        _check_standing(tx, merge)
    changed = tx.execute(
        patient_merge.update()
        .where(
            patient_merge.c.id == merge.id,
            patient_merge.c.revision == merge.revision,
            patient_merge.c.state == merge.state,
        )
        .values(state=state, revision=merge.revision + 1)
    )
    if changed.rowcount != 1:
        raise Stale(by_id(tx, merge.id).revision)
    _note(tx, merge.id, made, reason, made_by, now)
    _link(tx, merge)
    return by_id(tx, merge.id)


def by_id(tx: Connection, merge_id: str) -> Merge:
    """A claim.

    Raises:
        NotThere: there is none.

    """
    row = tx.execute(sa.select(patient_merge).where(patient_merge.c.id == merge_id)).one_or_none()
    if row is None:
        raise NotThere
    return _merge(row)


def of_records(tx: Connection, patient_ids: Collection[str]) -> list[Merge]:
    """The claims in which one of these records stands and which nobody took back, the oldest first."""
    about = patient_merge.c.patient_id.in_(patient_ids) | patient_merge.c.into_id.in_(patient_ids)
    rows = tx.execute(
        sa.select(patient_merge).where(about, patient_merge.c.state.in_(STANDING)).order_by(patient_merge.c.id)
    )
    return [_merge(row) for row in rows]


def waiting(tx: Connection) -> list[Merge]:
    """The claims that nobody has decided yet, the oldest first."""
    proposed = patient_merge.c.state == MergeState.PROPOSED
    return [_merge(row) for row in tx.execute(sa.select(patient_merge).where(proposed).order_by(patient_merge.c.id))]


def history(tx: Connection, merge_id: str) -> list[Moved]:
    """Every move of a claim, the oldest first."""
    moved = patient_merge_move
    rows = tx.execute(sa.select(moved).where(moved.c.merge_id == merge_id).order_by(moved.c.made_at, moved.c.id))
    return [Moved(move=Move(row.move), reason=row.reason, made_by=row.made_by, made_at=row.made_at) for row in rows]


def _note(tx: Connection, merge_id: str, made: Move, reason: str, made_by: str, now: datetime) -> None:  # noqa: PLR0917
    tx.execute(
        patient_merge_move.insert(),
        {
            "id": new_id(),
            "merge_id": merge_id,
            "move": made,
            "reason": checked("reason", reason, longest=1000, required=True, lines=True),
            "made_by": made_by,
            "made_at": now,
        },
    )


def _check_standing(tx: Connection, merge: Merge) -> None:
    """Both records still stand for themselves."""
    pair = patient.c.id.in_((merge.patient_id, merge.into_id))
    if any(into is not None for into in tx.scalars(sa.select(patient.c.merged_into).where(pair))):
        raise Invalid("other", "merged")


def _link(tx: Connection, merge: Merge) -> None:
    """Point every record that hangs together with a merge to the one that stands, by the merges in force alone."""
    around = _hanging_together(tx, merge)
    into = {one.patient_id: one.into_id for one in of_records(tx, around) if one.state is MergeState.MERGED}
    for each in sorted(around):
        top = each
        while top in into:
            top = into[top]
        tx.execute(patient.update().where(patient.c.id == each).values(merged_into=None if top == each else top))


def _hanging_together(tx: Connection, merge: Merge) -> set[str]:
    found = {merge.patient_id, merge.into_id}
    while True:
        merged = [one for one in of_records(tx, found) if one.state is MergeState.MERGED]
        more = {each for one in merged for each in (one.patient_id, one.into_id)} - found
        if not more:
            return found
        found |= more


def _merge(row: sa.Row[tuple[object, ...]]) -> Merge:
    return Merge(
        id=row.id, patient_id=row.patient_id, into_id=row.into_id, state=MergeState(row.state), revision=row.revision
    )
