"""The completeness ledger: what was announced for a case against what arrived.

How the announcements of one study add up:

* Those that name instances count together: an instance that any of them names is expected. So MPPS, which knows
  what was made, and a commitment request, which knows what was sent, only add to each other. An instance has
  arrived when there is a row for it, hidden or rejected ones included.
* Those that only count are used where they promise more than has arrived; the largest counts.
* What was counted when nothing more came (`announcements.QUIET`) counts where nobody else has announced anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.completeness import announcements
from reading.completeness.announcements import QUIET, Announcement
from storage.quarantine_moves import ACKNOWLEDGED
from storage.tables import instance, quarantine, study, tombstone

_HIDDEN: Final = (
    sa.select(sa.func.count()).where(
        instance.c.study_uid == study.c.study_uid, instance.c.hidden.is_(True), instance.c.made_here.is_(False)
    )
).scalar_subquery()
_ERASED: Final = (
    sa.select(sa.func.count()).where(tombstone.c.study_uid == study.c.study_uid, tombstone.c.made_here.is_(False))
).scalar_subquery()
_ARRIVED: Final = sa.select(study.c.study_uid, (study.c.instances + _HIDDEN + _ERASED).label("arrived")).where(
    study.c.study_uid.in_(sa.bindparam("study_uids", expanding=True))
)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How much of a case is there; the one place that says whether it is complete."""

    arrived: int
    expected: int | None
    """None while nobody has said how many there will be."""
    arriving: bool
    held: int
    """How many were acknowledged to a device of the site and wait in quarantine for a decision."""
    signed: int | None = None
    """How many images the current version was signed on; None before it was."""

    @property
    def missing(self) -> int:
        """How many of the announced images have not arrived."""
        return 0 if self.expected is None else max(0, self.expected - self.arrived)

    @property
    def complete(self) -> bool:
        """Whether all have arrived and can be seen: what is held is in no picture, whatever was announced."""
        return not (self.arriving or self.expected is None or self.missing or self.held)

    @property
    def late(self) -> int:
        """How many came after the current version was signed."""
        return 0 if self.signed is None else max(0, self.arrived - self.signed)


def progress(tx: Connection, study_uids: Sequence[str], *, arriving: bool) -> Progress:
    """How much of the studies of a case is there, hidden and erased images included."""
    there = _arrived_of_each(tx, study_uids)
    return Progress(
        arrived=sum(there.values()),
        expected=_sum_of(_expected_of_each(tx, study_uids, there), study_uids),
        arriving=arriving,
        held=sum(held_of_each(tx, study_uids).values()),
    )


def arrived(tx: Connection, study_uids: Sequence[str]) -> int:
    return sum(_arrived_of_each(tx, study_uids).values())


def held_of_each(tx: Connection, study_uids: Sequence[str]) -> dict[str, int]:
    """Study UID to how many images are acknowledged to its own site and not shown, for those that have any.

    What another site sends under the UID of a study is a concern of that site: it says nothing of this study. Images
    that name a study which is shown in another count there.
    """
    row = quarantine.c
    shown_in = sa.func.coalesce(study.c.merged_into, study.c.study_uid)
    rows = tx.execute(
        sa.select(shown_in.label("study_uid"), sa.func.count().label("held"))
        .select_from(study)
        .join(quarantine, (row.study_uid == study.c.study_uid) & (row.site_id == study.c.site_id))
        .where(
            study.c.study_uid.in_(study_uids) | study.c.merged_into.in_(study_uids),
            row.settled_at.is_(None),
            row.reason.in_(ACKNOWLEDGED),
        )
        .group_by(shown_in)
    )
    return {each.study_uid: each.held for each in rows}


def expected(tx: Connection, study_uids: Sequence[str]) -> int | None:
    """How many instances these studies should have; None when nothing is known of one of them."""
    return _sum_of(expected_of_each(tx, study_uids), study_uids)


def expected_of_each(tx: Connection, study_uids: Sequence[str]) -> dict[str, int]:
    """Study UID to the instances that it should have, for the studies of which something is known.

    Where an instance that was named is missing this is more than have arrived, even if others came that
    nobody named.
    """
    return _expected_of_each(tx, study_uids, _arrived_of_each(tx, study_uids))


def _expected_of_each(tx: Connection, study_uids: Sequence[str], there: Mapping[str, int]) -> dict[str, int]:
    announced = announcements.of_each_study(tx, study_uids)
    lacking = _lacking(tx, [one for each in announced.values() for one in each])
    named = _named_of_each(tx, announced)
    return {
        uid: _expected(each, named.get(uid, 0), there.get(uid, 0), lacking.get(uid, 0))
        for uid, each in announced.items()
    }


def _sum_of(known: Mapping[str, int], study_uids: Sequence[str]) -> int | None:
    return sum(known.values()) if len(known) == len(set(study_uids)) and known else None


def proven(tx: Connection, study_uids: Sequence[str]) -> bool:
    """Whether everything that was announced of each of these studies, and nothing else, has arrived."""
    announced = {
        uid: [one for one in each if one.source != QUIET]
        for uid, each in announcements.of_each_study(tx, study_uids).items()
    }
    if any(not sum(one.instances for one in announced.get(uid, [])) for uid in study_uids):
        return False
    if held_of_each(tx, study_uids):
        return False
    there = _arrived_of_each(tx, study_uids)
    return _expected_of_each(tx, study_uids, there) == there


def fulfil(tx: Connection, study_uids: Sequence[str], now: datetime) -> None:
    """Mark the announcements all of whose named instances have arrived."""
    open_ones = [
        one
        for each in announcements.of_each_study(tx, study_uids).values()
        for one in each
        if one.named and not one.fulfilled
    ]
    lacking = _lacking_announcements(tx, [one.id for one in open_ones])
    done = [one.id for one in open_ones if one.id not in lacking]
    if done:
        announcements.mark_fulfilled(tx, done, now)


def _named_of_each(tx: Connection, announced: Mapping[str, Sequence[Announcement]]) -> Mapping[str, int]:
    """Study UID to how many instances its announcements name together."""
    naming = {uid: [one for one in each if one.named] for uid, each in announced.items()}
    alone = {uid: each[0].instances for uid, each in naming.items() if len(each) == 1}
    several = [one.id for each in naming.values() if len(each) > 1 for one in each]
    if not several:
        return alone
    said, named = tables.announcement, tables.announced_instance
    rows = tx.execute(
        sa.select(said.c.study_uid, sa.func.count(sa.distinct(named.c.sop_instance_uid)).label("number"))
        .join(named, named.c.announcement_id == said.c.id)
        .where(said.c.id.in_(several))
        .group_by(said.c.study_uid)
    )
    return alone | {row.study_uid: row.number for row in rows}


def _expected(announced: Iterable[Announcement], named: int, there: int, lacking: int) -> int:
    of_devices = [one for one in announced if one.source != QUIET]
    if not of_devices:
        return max((one.instances for one in announced), default=0)
    counted: dict[str, int] = defaultdict(int)
    for one in of_devices:
        if not one.named:
            counted[one.source] += one.instances
    return max([named, *counted.values(), there + lacking if lacking else 0])


def _arrived_of_each(tx: Connection, study_uids: Sequence[str]) -> Mapping[str, int]:
    """The one place that counts what arrived of a study: what was hidden, rejected or erased has arrived, too."""
    return {row.study_uid: row.arrived for row in tx.execute(_ARRIVED, {"study_uids": list(study_uids)})}


def hidden_of_each(tx: Connection, study_uids: Sequence[str]) -> Mapping[str, int]:
    """Study UID to how many of its instances have arrived and are hidden, for those that have any."""
    rows = tx.execute(
        sa.select(instance.c.study_uid, sa.func.count().label("number"))
        .where(instance.c.study_uid.in_(study_uids), instance.c.hidden.is_(True), instance.c.made_here.is_(False))
        .group_by(instance.c.study_uid)
    )
    return {row.study_uid: row.number for row in rows}


def _has_arrived(sop_instance_uid: sa.ColumnElement[str]) -> sa.Exists:
    """The one place that says whether a named instance is there, hidden or not, in whichever study it lies now."""
    return sa.exists().where(instance.c.sop_instance_uid == sop_instance_uid)


def _lacking(tx: Connection, announced: Iterable[Announcement]) -> Mapping[str, int]:
    """Study UID to how many of its named instances have not arrived."""
    said, named = tables.announcement, tables.announced_instance
    ids = [one.id for one in announced if one.named and not one.fulfilled]
    if not ids:
        return {}
    rows = tx.execute(
        sa.select(said.c.study_uid, sa.func.count(sa.distinct(named.c.sop_instance_uid)).label("lacking"))
        .join(named, named.c.announcement_id == said.c.id)
        .where(said.c.id.in_(ids), ~_has_arrived(named.c.sop_instance_uid))
        .group_by(said.c.study_uid)
    )
    return {row.study_uid: row.lacking for row in rows}


def _lacking_announcements(tx: Connection, ids: Sequence[str]) -> set[str]:
    named = tables.announced_instance
    if not ids:
        return set()
    lacking = sa.select(named.c.announcement_id).where(
        named.c.announcement_id.in_(ids), ~_has_arrived(named.c.sop_instance_uid)
    )
    return set(tx.scalars(lacking.distinct()))
