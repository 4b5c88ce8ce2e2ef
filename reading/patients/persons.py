"""Which records are one person's, by links that can be taken back; each record keeps its cases, orders and cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.tables import patient


def stands_for() -> sa.ColumnElement[str]:
    """The id of the record that stands for the person of each row of ``patient``."""
    return sa.func.coalesce(patient.c.merged_into, patient.c.id)


def records_of(patient_id: str) -> sa.Select[Any]:
    """The ids of all records of one person, as a query for conditions."""
    standing = sa.select(stands_for()).where(patient.c.id == patient_id).scalar_subquery()
    member = patient.alias("member")
    return sa.select(member.c.id).where((member.c.id == standing) | (member.c.merged_into == standing))


def records_of_all(standing: Collection[str]) -> sa.Select[Any]:
    """The ids of all records of the people for whom these records stand, as a query for conditions."""
    return sa.select(patient.c.id).where(patient.c.id.in_(standing) | patient.c.merged_into.in_(standing))


def name_forms() -> tuple[sa.ColumnElement[str], ...]:
    """The columns by which a registered name is sought (`reading.patients.names.search_forms`)."""
    row = patient.c
    return row.name_joined, row.name_turned, row.pinyin_joined, row.pinyin_turned


def records_whose(condition: sa.ColumnElement[bool]) -> sa.CompoundSelect[Any]:
    """The ids of all records of the people for whose standing record a condition on ``patient`` holds."""
    # Compared as a text, so that SQLite starts from the condition, not from all that stand for themselves.
    stands = sa.func.coalesce(patient.c.merged_into, "") == ""
    standing = sa.select(patient.c.id).where(condition, stands)
    return sa.union(standing, sa.select(patient.c.id).where(patient.c.merged_into.in_(standing)))


def record_ids(tx: Connection, patient_id: str) -> list[str]:
    """The ids of all records of one person, the oldest first."""
    return sorted(tx.scalars(records_of(patient_id)).all())
