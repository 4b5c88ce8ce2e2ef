"""Which records are one person's, by links that can be taken back; each record keeps its cases, orders and cards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Stale
from reading.tables import patient

_MEMBER: Final = patient.alias("member")


def one_person(tx: Connection, one: str | None, other: str | None) -> bool:
    """Whether two records are one person's, by the merges in force; None is nobody's."""
    if one is None or other is None:
        return False
    return one == other or other in record_ids(tx, one)


def lock(tx: Connection, patient_ids: Collection[str]) -> list[str]:
    """All records of these people, locked in the order of their ids until the transaction ends.

    Whoever changes who somebody is, or which records are one person's, takes this lock first, and cases afterwards;
    whoever holds a case waits for no record.

    Raises:
        Stale: records were merged or parted in this very moment.

    """
    ids = _all_of(tx, patient_ids)
    # Cases and orders that name a record go on meanwhile: they need its id alone.
    asked = sa.select(patient.c.id).where(patient.c.id.in_(ids)).order_by(patient.c.id)
    tx.execute(asked.with_for_update(key_share=True)).all()
    if _all_of(tx, patient_ids) != ids:
        raise Stale(None)
    return ids


def stands_for() -> sa.ColumnElement[str]:
    """The id of the record that stands for the person of each row of ``patient``."""
    return sa.func.coalesce(patient.c.merged_into, patient.c.id)


def records_of(patient_id: str) -> sa.Select[Any]:
    """The ids of all records of one person, as a query for conditions."""
    standing = sa.select(stands_for()).where(patient.c.id == patient_id).scalar_subquery()
    return sa.select(_MEMBER.c.id).where((_MEMBER.c.id == standing) | (_MEMBER.c.merged_into == standing))


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


def _all_of(tx: Connection, patient_ids: Collection[str]) -> list[str]:
    return sorted({record for each in patient_ids for record in record_ids(tx, each)})
