"""Announcements: what orders, devices and silence say that a study will have.

Which of several announcements of one study count:

* Of each source and each thing that it is about (``about``) the newest counts. Requests for storage commitment
  count together: a device asks for its images in parts.
* What a device announces for a study of another site does not count, whatever its own site has sent of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
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
COMMITMENT: Final = "commitment"
"""The source of a storage commitment request."""


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What a source announced of a study, as far as it counts."""

    id: str
    study_uid: str
    source: str
    about: str
    device_id: str | None
    device_name: str | None
    instances: int
    named: bool
    """Whether it names the instances, or only counts them."""
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
    """Write how many instances a source announces for a study; answers the announcement's id."""
    made = new_id()
    tx.execute(
        sa.insert(tables.announcement),
        {
            "id": made,
            "study_uid": study_uid,
            "source": source,
            "instances": instances,
            "at": now,
            "device_id": device_id,
            "about": about,
        },
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
    """Write the instances that a source announces by name, in its order; one that it names twice counts once.

    Writes nothing where it announced just these last time.
    """
    by_uid = {one.sop_instance_uid: one for one in instances}
    said = [(one.series_uid, uid) for uid, one in by_uid.items()]
    if said and said == _named_last(tx, study_uid, source, device_id, about):
        return
    made = announce(tx, study_uid, source, len(by_uid), now, device_id=device_id, about=about)
    rows = [
        {"announcement_id": made, "place": place, "series_uid": series_uid, "sop_instance_uid": uid}
        for place, (series_uid, uid) in enumerate(said, start=1)
    ]
    if rows:
        tx.execute(sa.insert(tables.announced_instance), rows)


def of_each_study(tx: Connection, study_uids: Sequence[str]) -> dict[str, list[Announcement]]:
    """The announcements that count, the oldest first, for each study that has any."""
    said, named, device = tables.announcement, tables.announced_instance, tables.device
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
            said.c.device_id.is_(None) | study.c.site_id.is_(None) | (device.c.site_id == study.c.site_id),
        )
        .order_by(said.c.at, said.c.id)
    )
    newest: dict[str, dict[tuple[str, ...], Announcement]] = defaultdict(dict)
    for row in rows:
        parts = (row.id,) if row.source == COMMITMENT else ()
        newest[row.study_uid][row.source, row.about, *parts] = Announcement(
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
    return {uid: list(each.values()) for uid, each in newest.items()}


def counted_when_quiet(tx: Connection, study_uid: str) -> int | None:
    """How many instances there were when the study last stopped arriving."""
    said = tables.announcement
    return tx.scalar(
        sa.select(said.c.instances)
        .where(said.c.study_uid == study_uid, said.c.source == QUIET)
        .order_by(said.c.at.desc(), said.c.id.desc())
        .limit(1)
    )


def mark_fulfilled(tx: Connection, announcement_ids: Collection[str], now: datetime) -> None:
    """Every instance that these announcements name has arrived: nobody has to look for them any more."""
    said = tables.announcement
    tx.execute(sa.update(said).where(said.c.id.in_(announcement_ids)).values(fulfilled_at=now))


def _named_last(
    tx: Connection, study_uid: str, source: str, device_id: str | None, about: str
) -> list[tuple[str, str]]:
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
