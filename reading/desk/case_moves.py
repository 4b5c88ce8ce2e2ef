"""The moves of a case as one person is told of them: who reads blind, and why, is kept until it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reading.access import blindness
from reading.cases import history
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.context import Context, without_door
from reading.viewers import Staff


@without_door("It adds to a case that the caller has opened or listed.")
def told(ctx: Context[Staff], case: Case) -> Sequence[MoveRow]:
    """The moves, the oldest first; ``person_name`` and a reader's reason are empty where they are not told."""
    found = history.moves_of(ctx.tx, case.id)
    if not blindness.is_nameless(ctx.tx, case):
        return found
    apart = blindness.kept_apart(ctx, {(case.id, one.person_id) for one in found if one.person_id is not None})
    return [_told(ctx.who, one, unsaid=(case.id, one.person_id) in apart) for one in found]


def _told(staff: Staff, one: MoveRow, *, unsaid: bool) -> MoveRow:
    if one.person_id in {staff.person_id, None}:
        return one
    return replace(one, person_id=None, person_name="", why="" if unsaid else one.why)
