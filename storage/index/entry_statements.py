"""The statements with which a batch looks up, inserts and counts, compiled once and run by the driver."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from storage import tables
from storage.database import insert_new_on
from storage.index.sides import with_more
from storage.prepared import Prepared, Values
from storage.quarantine_moves import QuarantineState

_STUDY: Final = tables.study.c
_SERIES: Final = tables.series.c
_INSTANCE: Final = tables.instance.c
_QUARANTINE: Final = tables.quarantine.c


_DUPLICATE: Final = sa.literal_column(f"'{QuarantineState.DUPLICATE}'")


def _among(dialect: str, column: sa.Column[str]) -> sa.ColumnElement[bool]:
    """``column`` is one of the parameter ``uids``: a single value, so that the text is the same for any number."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam("uids", type_=postgresql.ARRAY(sa.String)))
    uids = sa.func.json_each(sa.bindparam("uids", type_=sa.JSON)).table_valued("value")
    return column.in_(sa.select(uids.c.value))


OWNERS: Final = Prepared(
    lambda dialect: sa.select(
        _STUDY.study_uid,
        _STUDY.merged_into,
        _STUDY.received,
        _STUDY.site_id,
        _STUDY.received_patient_id,
        _STUDY.received_issuer,
    ).where(_among(dialect, _STUDY.study_uid))
)
HOMES: Final = Prepared(
    lambda dialect: sa.select(_SERIES.series_uid, _SERIES.study_uid, _SERIES.received_study_uid).where(
        _among(dialect, _SERIES.series_uid)
    )
)
_THERE: Final = (
    _INSTANCE.sop_instance_uid,
    _INSTANCE.segment_id,
    _INSTANCE.offset,
    _INSTANCE.received_digest,
    _INSTANCE.received_transfer_syntax_uid,
    _INSTANCE.stored_digest,
    _INSTANCE.transfer_syntax_uid,
    _INSTANCE.study_uid,
    _INSTANCE.site_id,
    _INSTANCE.damaged,
)
# Erased instances are found by the same query, as rows without a segment.
INSTANCES_THERE: Final = Prepared(
    lambda dialect: sa.union_all(
        sa.select(*_THERE).where(_among(dialect, _INSTANCE.sop_instance_uid)),
        sa.select(tables.tombstone.c.sop_instance_uid, *(sa.null() for _ in _THERE[1:])).where(
            _among(dialect, tables.tombstone.c.sop_instance_uid)
        ),
    )
)
HOLDINGS_THERE: Final = Prepared(
    lambda dialect: sa.select(tables.holding.c.sop_instance_uid, tables.holding.c.site_id).where(
        _among(dialect, tables.holding.c.sop_instance_uid)
    )
)
ASKED: Final = Prepared(
    lambda dialect: sa.select(_QUARANTINE.sop_instance_uid, _QUARANTINE.digest, _QUARANTINE.site_id).where(
        _among(dialect, _QUARANTINE.sop_instance_uid),
        _QUARANTINE.row.is_not(None),
        _QUARANTINE.settled_as.is_(None) | (_QUARANTINE.settled_as != _DUPLICATE),
    )
)
_ERASED: Final = Prepared(
    lambda dialect: sa.select(tables.tombstone.c.sop_instance_uid).where(
        _among(dialect, tables.tombstone.c.sop_instance_uid)
    )
)
INSERT_STUDY: Final = Prepared(lambda dialect: insert_new_on(dialect, tables.study))
INSERT_SERIES: Final = Prepared(lambda dialect: insert_new_on(dialect, tables.series))
INSERT_INSTANCE: Final = Prepared(lambda dialect: insert_new_on(dialect, tables.instance))
INSERT_HOLDING: Final = Prepared(lambda dialect: insert_new_on(dialect, tables.holding))
INSERT_HELD: Final = Prepared(lambda dialect: insert_new_on(dialect, tables.quarantine))


def _count_study(_dialect: str) -> sa.Update:
    at = sa.bindparam("at", type_=_STUDY.last_received_at.type)
    return (
        sa.update(tables.study)
        .where(_STUDY.study_uid == sa.bindparam("uid"), _STUDY.merged_into.is_(None))
        .values(
            instances=_STUDY.instances + sa.bindparam("more"),
            last_received_at=sa.case((_STUDY.last_received_at < at, at), else_=_STUDY.last_received_at),
        )
    )


def _count_series(_dialect: str) -> sa.Update:
    at_home = (_SERIES.series_uid == sa.bindparam("uid")) & (_SERIES.study_uid == sa.bindparam("home"))
    side = with_more(_SERIES.laterality, sa.bindparam("side", type_=_SERIES.laterality.type))
    more = _SERIES.instances + sa.bindparam("more")
    return sa.update(tables.series).where(at_home).values(instances=more, laterality=side)


COUNT_STUDY: Final = Prepared(_count_study)
COUNT_SERIES: Final = Prepared(_count_series)


def erased_meanwhile(dialect: str, uids: Collection[str]) -> list[tuple[Prepared, list[Values]]]:
    """The last work of a transaction that enters instances: it finds those that were erased while an insert waited.

    On PostgreSQL an insert waits for whoever deletes the same row and has not committed, and then inserts, whatever its
    own snapshot said of tombstones before the wait. A statement of its own sees what was committed meanwhile (READ
    COMMITTED). On SQLite one writes at a time, and the look before is enough: there is nothing to do.
    """
    return [(_ERASED, [{"uids": sorted(uids)}])] if uids and dialect == "postgresql" else []
