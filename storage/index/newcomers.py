"""Enters newcomers of known series without looking first: what the index has already is left to `entry_batch`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import writing_by_driver
from storage.errors import StorageError
from storage.index.entry_rows import Home, instance_values, own_values
from storage.index.entry_statements import COUNT_SERIES, COUNT_STUDY, INSERT_HOLDING, erased_meanwhile
from storage.index.known_studies import Known, Owner
from storage.index.sides import side_of
from storage.prepared import Prepared, Values, Work, write
from storage.segments.members import Entry

_INSTANCE: Final = tables.instance
_ALIKE: Final = 256
"""Series whose shared values are remembered; beyond it all are made anew."""
_ERASED: Final = tables.tombstone.c.sop_instance_uid


def _insert(dialect: str) -> sa.Insert:
    """An insert that passes over an instance that is there already, or was erased."""
    values = {column.name: sa.bindparam(column.name, type_=column.type) for column in _INSTANCE.c}
    # PostgreSQL does not learn the type of a parameter from the column where it comes out of a select.
    typed = [
        sa.cast(values[column.name], column.type) if dialect == "postgresql" else values[column.name]
        for column in _INSTANCE.c
    ]
    new = sa.select(*typed).where(~sa.exists().where(values["sop_instance_uid"] == _ERASED))
    into = postgresql.insert(_INSTANCE) if dialect == "postgresql" else sqlite.insert(_INSTANCE)
    return into.from_select([column.name for column in _INSTANCE.c], new).on_conflict_do_nothing()


INSERT_NEWCOMER: Final = Prepared(_insert)


class _Unfit(StorageError):
    """One of them is no newcomer, was erased meanwhile, or its series has moved: roll back."""


@dataclass
class _Count:
    more: int
    at: datetime


class Newcomers:
    """Enters newcomers; for one thread at a time."""

    def __init__(self) -> None:
        self._alike: dict[tuple[object, ...], list[Any]] = {}
        """The values of an instance by what others share with it, all but `own_values`."""

    def enter(self, tx: Connection, entries: Sequence[Entry], known: Known) -> bool:
        """Enter the instances in one transaction of their own; False, with nothing written, where one is none."""
        if not all(_belongs(entry, known) for entry in entries):
            return False
        work, changes = self._work(tx, sorted(entries, key=_uid), known)
        with suppress(_Unfit), writing_by_driver(tx):
            if write(tx, work) != changes:
                raise _Unfit
            return True
        return False

    def _work(self, tx: Connection, entries: Sequence[Entry], known: Known) -> tuple[list[Work], list[int]]:
        """What is to be written, and how many rows each statement is to change."""
        instances: list[Values | list[Any]] = []
        holdings: list[Values | list[Any]] = []
        studies: dict[str, _Count] = {}
        series: dict[tuple[str, str], list[str]] = {}
        for entry in entries:
            row, came = entry.row, entry.provenance
            home = known.homes[row.series_uid]
            instances.append(self._instance(tx, entry, home, known.persons[row.study_uid]))
            holdings.append(
                {
                    "study_uid": home.study_uid,
                    "sop_instance_uid": row.sop_instance_uid,
                    "site_id": came.site_id,
                    "device_id": came.device_id,
                    "received_at": came.received_at,
                    "shared": False,
                }
            )
            study = studies.setdefault(home.study_uid, _Count(0, came.received_at))
            study.more += 1
            study.at = max(study.at, came.received_at)
            series.setdefault((row.series_uid, home.study_uid), []).append(row.laterality)
        work: list[Work] = [
            (INSERT_NEWCOMER, instances),
            (
                COUNT_STUDY,
                [{"uid": uid, "more": one.more, "at": one.at} for uid, one in sorted(studies.items())],
            ),
            (
                COUNT_SERIES,
                [
                    {"uid": uid, "home": home, "more": len(sides), "side": side_of(sides)}
                    for (uid, home), sides in sorted(series.items())
                ],
            ),
            (INSERT_HOLDING, holdings),
        ]
        erased = erased_meanwhile(tx.dialect.name, [entry.row.sop_instance_uid for entry in entries])
        return [*work, *erased], [*(len(rows) for _, rows in work), *(0 for _ in erased)]

    def _instance(self, tx: Connection, entry: Entry, home: Home, first: tuple[str, ...]) -> Values | list[Any]:
        """The values of its row; those that it shares with others are made once."""
        if entry.alike is None:
            return instance_values(entry, home, first)
        key = (entry.alike, entry.provenance.site_id, entry.provenance.device_id, home, first)
        compiled = INSERT_NEWCOMER.on(tx.dialect)
        values = self._alike.get(key)
        if values is not None:
            return compiled.changed(values, own_values(entry, home))
        if len(self._alike) >= _ALIKE:
            self._alike.clear()
        self._alike[key] = values = compiled.values(instance_values(entry, home, first))
        return values


def _belongs(entry: Entry, known: Known) -> bool:
    """Whether study and series are known, as those of this sender and patient; what was made here is entered apart."""
    row = entry.row
    if entry.provenance.made_here:
        return False
    home = known.homes.get(row.series_uid)
    if home is None or home.named != row.study_uid:
        return False
    return known.owners.get(row.study_uid) == Owner(entry.provenance.site_id, row.patient_id, row.issuer)


def _uid(entry: Entry) -> str:
    return entry.row.sop_instance_uid
