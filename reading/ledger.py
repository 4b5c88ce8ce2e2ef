"""The completeness ledger: what was announced for a case against what arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from storage.ids import new_id
from storage.tables import study

QUIET: Final = "quiet"
"""The source of what was counted when nothing more came for a while; whatever a device announces outweighs it."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    arrived: int
    expected: int | None
    """None while nobody has said how many there will be."""
    arriving: bool
    signed: int | None
    """How many images the current version was signed on; None before it was."""

    @property
    def complete(self) -> bool:
        return not self.arriving and self.expected is not None and self.arrived >= self.expected

    @property
    def late(self) -> int:
        """How many came after the current version was signed."""
        return 0 if self.signed is None else max(0, self.arrived - self.signed)


@dataclass(frozen=True, kw_only=True)
class Named:
    """An instance that was announced by name."""

    series_uid: str
    """Empty where the announcement does not say."""
    sop_instance_uid: str


def announce(tx: Connection, study_uid: str, source: str, instances: int, now: datetime) -> str:
    """Write how many instances somebody said a study will have; the newest word of a source counts. Answers its id."""
    made = new_id()
    tx.execute(
        sa.insert(tables.announcement).values(id=made, study_uid=study_uid, source=source, instances=instances, at=now)
    )
    return made


def announce_named(tx: Connection, study_uid: str, source: str, instances: Sequence[Named], now: datetime) -> None:
    """The same for somebody who names them all, in their order; an instance that comes twice counts once."""
    by_uid = {one.sop_instance_uid: one for one in instances}
    made = announce(tx, study_uid, source, len(by_uid), now)
    rows = [
        {"announcement_id": made, "place": place, "series_uid": one.series_uid, "sop_instance_uid": uid}
        for place, (uid, one) in enumerate(by_uid.items(), start=1)
    ]
    if rows:
        tx.execute(sa.insert(tables.announced_instance), rows)


def announce_more(tx: Connection, study_uid: str, source: str, instances: Sequence[Named], now: datetime) -> None:
    """The same for somebody who names them bit by bit: what the source named before is expected still."""
    earlier = named(tx, study_uid, source)
    known = {one.sop_instance_uid for one in earlier}
    more = [one for one in instances if one.sop_instance_uid not in known]
    if more:
        announce_named(tx, study_uid, source, [*earlier, *more], now)


def named(tx: Connection, study_uid: str, source: str) -> list[Named]:
    """What a source's newest announcement names, in its order."""
    said, instance = tables.announcement.c, tables.announced_instance.c
    newest = (
        sa.select(said.id)
        .where(said.study_uid == study_uid, said.source == source)
        .order_by(said.at.desc(), said.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    asked = sa.select(instance.series_uid, instance.sop_instance_uid).where(instance.announcement_id == newest)
    return [
        Named(series_uid=row.series_uid, sop_instance_uid=row.sop_instance_uid)
        for row in tx.execute(asked.order_by(instance.place))
    ]


def arrived(tx: Connection, study_uids: Sequence[str]) -> int:
    statement = sa.select(sa.func.coalesce(sa.func.sum(study.c.instances), 0))
    return tx.scalar(statement.where(study.c.study_uid.in_(study_uids))) or 0


def expected(tx: Connection, study_uids: Sequence[str]) -> int | None:
    """How many instances these studies should have; None when nothing is known of one of them."""
    known = expected_of_each(tx, study_uids)
    return sum(known.values()) if len(known) == len(set(study_uids)) and known else None


def expected_of_each(tx: Connection, study_uids: Sequence[str]) -> dict[str, int]:
    """Study UID to the instances that were announced, for the studies of which something is known."""
    said = tables.announcement
    rows = tx.execute(sa.select(said).where(said.c.study_uid.in_(study_uids)).order_by(said.c.at, said.c.id)).all()
    newest: dict[str, dict[str, int]] = {}
    for row in rows:
        newest.setdefault(row.study_uid, {})[row.source] = row.instances
    return {
        uid: max((number for source, number in by_source.items() if source != QUIET), default=by_source.get(QUIET, 0))
        for uid, by_source in newest.items()
    }


def counted_when_quiet(tx: Connection, study_uid: str) -> int | None:
    """How many instances there were when the study last went quiet."""
    said = tables.announcement
    return tx.scalar(
        sa.select(said.c.instances)
        .where(said.c.study_uid == study_uid, said.c.source == QUIET)
        .order_by(said.c.at.desc(), said.c.id.desc())
        .limit(1)
    )
