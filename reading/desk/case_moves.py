"""The moves of a case as one person is told of them: who reads blind is nobody's to know before it is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.engine import Connection

from reading.access import blindness
from reading.cases import history
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.viewers import Staff


def told(tx: Connection, staff: Staff, case: Case) -> Sequence[MoveRow]:
    """The moves, the oldest first; ``person_name`` is empty where it is not told. The caller has opened the case."""
    found = history.moves_of(tx, case.id)
    if not blindness.is_nameless(tx, case):
        return found
    known = {staff.person_id, None}
    return [one if one.person_id in known else replace(one, person_id=None, person_name="") for one in found]
