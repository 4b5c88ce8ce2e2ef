"""The pulse of a worklist: a word that is another one when something has changed that a list shows.

A page asks for it every few seconds, and for the list itself only when it differs.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access.blindness import visible_alerts
from reading.access.visibility import visible_cases
from reading.register.grants import reach
from reading.tables import case, case_move, critical_alert
from reading.viewers import Staff
from storage.ids import earliest_id

LOOKS_BACK: Final = timedelta(minutes=5)
"""What changed before that, every page has asked for since."""


def pulse(tx: Connection, staff: Staff, now: datetime) -> str:
    """A word for the newest move and alert of the cases that somebody sees: it says that, not what, has changed.

    Both are looked for among the ids of the last minutes, in the order of the primary key, however many cases wait.
    A list that is asked for twice a minute besides shows what is no move: how many images have come.
    """
    since, theirs = earliest_id(now - LOOKS_BACK), visible_cases(tx, staff, now)
    told = visible_alerts(staff, reach(tx, staff, now).own, now)

    def newest(table: sa.Table, seen: sa.ColumnElement[bool]) -> sa.ScalarSelect[str]:
        found = sa.select(sa.func.max(table.c.id)).join(case, case.c.id == table.c.case_id)
        return found.where(table.c.id >= since, theirs, seen).scalar_subquery()

    found = tx.execute(sa.select(newest(case_move, sa.true()), newest(critical_alert, told))).one()
    return hashlib.sha256("\n".join(each or "" for each in found).encode()).hexdigest()[:16]
