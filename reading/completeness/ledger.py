"""The completeness ledger: what was announced for a case against what arrived.

What counts of several words about one study:

* Of each source and each thing that it speaks of (``about``) the newest word counts. Requests for storage
  commitment count together: a device asks for its images in parts.
* Words that name instances count together: an instance that any of them names is expected, whoever names
  it. So MPPS, which knows what was made, and a commitment request, which knows what was sent, only add to
  each other. It has arrived when there is a row for it, hidden or rejected ones included.
* Words that only count are used where they promise more than has arrived; the largest counts.
* What was counted when nothing more came (`QUIET`) counts where nobody else has said anything.
* A device's word about a study of a site that is not its own counts only if that site has sent of it too.
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
from storage.ids import new_id
from storage.tables import holding, instance, study, tombstone

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


COMMITMENT: Final = "commitment"


@dataclass(frozen=True, kw_only=True)
class Word:
    """Something that was said of a study, as far as it counts."""

    id: str
    study_uid: str
    source: str
    about: str
    device_id: str | None
    device_name: str | None
    instances: int
    named: bool
    """Whether it names them."""
    fulfilled: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Named:
    """An instance that was announced by name."""

    series_uid: str
    """Empty where the announcement does not say."""
    sop_instance_uid: str


def announce(
    tx: Connection,
    study_uid: str,
    source: str,
    instances: int,
    now: datetime,
    *,
    device_id: str | None = None,
    about: str = "",
) -> str:
    """Write how many instances somebody said a study will have; answers the announcement's id."""
    made = new_id()
    tx.execute(
        sa.insert(tables.announcement).values(
            id=made, study_uid=study_uid, source=source, instances=instances, at=now, device_id=device_id, about=about
        )
    )
    return made


def announce_named(
    tx: Connection,
    study_uid: str,
    source: str,
    instances: Sequence[Named],
    now: datetime,
    *,
    device_id: str | None = None,
    about: str = "",
) -> None:
    """The same for somebody who names them all, in their order; an instance that comes twice counts once.

    The same words again write nothing.
    """
    by_uid = {one.sop_instance_uid: one for one in instances}
    said = [(one.series_uid, uid) for uid, one in by_uid.items()]
    if said and said == _said_last(tx, study_uid, source, device_id, about):
        return
    made = announce(tx, study_uid, source, len(by_uid), now, device_id=device_id, about=about)
    rows = [
        {"announcement_id": made, "place": place, "series_uid": series_uid, "sop_instance_uid": uid}
        for place, (series_uid, uid) in enumerate(said, start=1)
    ]
    if rows:
        tx.execute(sa.insert(tables.announced_instance), rows)


def words_of(tx: Connection, study_uids: Sequence[str]) -> dict[str, list[Word]]:
    """The words that count of each study of which something was said, the oldest first."""
    said, named, device = tables.announcement, tables.announced_instance, tables.device
    shared = sa.exists().where(
        holding.c.study_uid == said.c.study_uid, holding.c.site_id == device.c.site_id, holding.c.shared
    )
    rows = tx.execute(
        sa.select(
            said,
            device.c.ae_title.label("device_name"),
            sa.exists().where(named.c.announcement_id == said.c.id).label("named"),
        )
        .outerjoin(device, device.c.id == said.c.device_id)
        .outerjoin(study, study.c.study_uid == said.c.study_uid)
        .where(
            said.c.study_uid.in_(study_uids),
            said.c.device_id.is_(None) | study.c.site_id.is_(None) | (device.c.site_id == study.c.site_id) | shared,
        )
        .order_by(said.c.at, said.c.id)
    )
    newest: dict[str, dict[tuple[str, ...], Word]] = defaultdict(dict)
    for row in rows:
        parts = (row.id,) if row.source == COMMITMENT else ()
        newest[row.study_uid][row.source, row.about, *parts] = Word(
            id=row.id,
            study_uid=row.study_uid,
            source=row.source,
            about=row.about,
            device_id=row.device_id,
            device_name=row.device_name,
            instances=row.instances,
            named=row.named,
            fulfilled=row.fulfilled_at is not None,
            at=row.at,
        )
    return {uid: list(words.values()) for uid, words in newest.items()}


def arrived(tx: Connection, study_uids: Sequence[str]) -> int:
    return sum(_arrived_of_each(tx, study_uids).values())


def expected(tx: Connection, study_uids: Sequence[str]) -> int | None:
    """How many instances these studies should have; None when nothing is known of one of them."""
    known = expected_of_each(tx, study_uids)
    return sum(known.values()) if len(known) == len(set(study_uids)) and known else None


def expected_of_each(tx: Connection, study_uids: Sequence[str]) -> dict[str, int]:
    """Study UID to the instances that it should have, for the studies of which something is known.

    Where an instance that was named is missing this is more than have arrived, even if others came that
    nobody named.
    """
    words = words_of(tx, study_uids)
    there = _arrived_of_each(tx, list(words))
    lacking = _lacking(tx, [word for each in words.values() for word in each])
    named = _named_of_each(tx, words)
    return {
        uid: _expected(each, named.get(uid, 0), there.get(uid, 0), lacking.get(uid, 0)) for uid, each in words.items()
    }


def proven(tx: Connection, study_uids: Sequence[str]) -> bool:
    """Whether everything that was announced of each of these studies, and nothing else, has arrived."""
    words = {uid: [word for word in each if word.source != QUIET] for uid, each in words_of(tx, study_uids).items()}
    if any(not sum(word.instances for word in words.get(uid, [])) for uid in study_uids):
        return False
    there = _arrived_of_each(tx, study_uids)
    return expected_of_each(tx, study_uids) == there


def fulfil(tx: Connection, study_uids: Sequence[str], now: datetime) -> None:
    """Note which words have come true, so that nobody has to look for their instances any more."""
    open_ones = [
        word for each in words_of(tx, study_uids).values() for word in each if word.named and not word.fulfilled
    ]
    lacking = _lacking_words(tx, [word.id for word in open_ones])
    done = [word.id for word in open_ones if word.id not in lacking]
    if done:
        tx.execute(sa.update(tables.announcement).where(tables.announcement.c.id.in_(done)).values(fulfilled_at=now))


def counted_when_quiet(tx: Connection, study_uid: str) -> int | None:
    """How many instances there were when the study last stopped arriving."""
    said = tables.announcement
    return tx.scalar(
        sa.select(said.c.instances)
        .where(said.c.study_uid == study_uid, said.c.source == QUIET)
        .order_by(said.c.at.desc(), said.c.id.desc())
        .limit(1)
    )


def _named_of_each(tx: Connection, words: Mapping[str, Sequence[Word]]) -> Mapping[str, int]:
    """Study UID to how many instances its words name together."""
    naming = {uid: [word for word in each if word.named] for uid, each in words.items()}
    alone = {uid: each[0].instances for uid, each in naming.items() if len(each) == 1}
    several = [word.id for each in naming.values() if len(each) > 1 for word in each]
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


def _expected(words: Iterable[Word], named: int, there: int, lacking: int) -> int:
    told = [word for word in words if word.source != QUIET]
    if not told:
        return max((word.instances for word in words), default=0)
    counted: dict[str, int] = defaultdict(int)
    for word in told:
        if not word.named:
            counted[word.source] += word.instances
    return max([named, *counted.values(), there + lacking if lacking else 0])


def _arrived_of_each(tx: Connection, study_uids: Sequence[str]) -> Mapping[str, int]:
    """The one place that counts what arrived of a study: what was hidden, rejected or erased has arrived, too."""
    rows = tx.execute(sa.select(study.c.study_uid, study.c.instances).where(study.c.study_uid.in_(study_uids)))
    hidden, erased = hidden_of_each(tx, study_uids), _erased_of_each(tx, study_uids)
    return {row.study_uid: row.instances + hidden.get(row.study_uid, 0) + erased.get(row.study_uid, 0) for row in rows}


def _erased_of_each(tx: Connection, study_uids: Sequence[str]) -> Mapping[str, int]:
    counted = sa.select(tombstone.c.study_uid, sa.func.count().label("erased"))
    counted = counted.where(tombstone.c.study_uid.in_(study_uids)).group_by(tombstone.c.study_uid)
    return {row.study_uid: row.erased for row in tx.execute(counted)}


def hidden_of_each(tx: Connection, study_uids: Sequence[str]) -> Mapping[str, int]:
    """Study UID to how many of its instances have arrived and are hidden, for those that have any."""
    rows = tx.execute(
        sa.select(instance.c.study_uid, sa.func.count().label("number"))
        .where(instance.c.study_uid.in_(study_uids), instance.c.hidden.is_(True))
        .group_by(instance.c.study_uid)
    )
    return {row.study_uid: row.number for row in rows}


def _has_arrived(sop_instance_uid: sa.ColumnElement[str]) -> sa.Exists:
    """The one place that says whether a named instance is there, hidden or not, in whichever study it lies now."""
    return sa.exists().where(instance.c.sop_instance_uid == sop_instance_uid)


def _lacking(tx: Connection, words: Iterable[Word]) -> Mapping[str, int]:
    """Study UID to how many of its named instances have not arrived."""
    said, named = tables.announcement, tables.announced_instance
    ids = [word.id for word in words if word.named and not word.fulfilled]
    if not ids:
        return {}
    rows = tx.execute(
        sa.select(said.c.study_uid, sa.func.count(sa.distinct(named.c.sop_instance_uid)).label("lacking"))
        .join(named, named.c.announcement_id == said.c.id)
        .where(said.c.id.in_(ids), ~_has_arrived(named.c.sop_instance_uid))
        .group_by(said.c.study_uid)
    )
    return {row.study_uid: row.lacking for row in rows}


def _lacking_words(tx: Connection, ids: Sequence[str]) -> set[str]:
    named = tables.announced_instance
    if not ids:
        return set()
    lacking = sa.select(named.c.announcement_id).where(
        named.c.announcement_id.in_(ids), ~_has_arrived(named.c.sop_instance_uid)
    )
    return set(tx.scalars(lacking.distinct()))


def _said_last(tx: Connection, study_uid: str, source: str, device_id: str | None, about: str) -> list[tuple[str, str]]:
    said, named = tables.announcement, tables.announced_instance
    last = (
        sa.select(said.c.id)
        .where(
            said.c.study_uid == study_uid,
            said.c.source == source,
            said.c.device_id.is_not_distinct_from(device_id),
            said.c.about == about,
        )
        .order_by(said.c.at.desc(), said.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = tx.execute(
        sa.select(named.c.series_uid, named.c.sop_instance_uid)
        .where(named.c.announcement_id == last)
        .order_by(named.c.place)
    )
    return [(row.series_uid, row.sop_instance_uid) for row in rows]
