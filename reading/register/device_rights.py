"""What a device may do: dated rights, who gave them, and what it lately asked for without having them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.kinds import DeviceRight
from reading.row_rules import open_at, taken_as, valid_at
from reading.tables import device_lack, device_right, person
from storage.database import insert_new
from storage.ids import new_id

USUAL: Final = frozenset({DeviceRight.STORE, DeviceRight.WORKLIST})
"""The rights of a device for which nobody named others."""
ENTRUSTED: Final = frozenset(DeviceRight) - USUAL
"""The rights that open or hide what others sent: a quality manager gives them."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """A right that a device has or had."""

    right: DeviceRight
    since: datetime
    until: datetime | None
    given_by: str | None
    """The name of the person; None for the system."""
    ended_by: str | None


def of(tx: Connection, device_id: str, now: datetime) -> frozenset[DeviceRight]:
    """The rights that a device has now."""
    return frozenset(map(DeviceRight, tx.scalars(_OF_ONE, {"id": device_id, "now": now})))


# Built once, since every association runs it.
_OF_ONE: Final = sa.select(device_right.c.right).where(
    device_right.c.device_id == sa.bindparam("id"),
    valid_at(device_right, sa.bindparam("now", type_=device_right.c.since.type)),
)


def of_each(tx: Connection, device_ids: Iterable[str], now: datetime) -> dict[str, frozenset[DeviceRight]]:
    """The rights that each of these devices has now, by its id."""
    wanted = list(device_ids)
    asked = sa.select(device_right.c.device_id, device_right.c.right)
    rows = tx.execute(asked.where(device_right.c.device_id.in_(wanted), valid_at(device_right, now))).all()
    return {one: frozenset(DeviceRight(row.right) for row in rows if row.device_id == one) for one in wanted}


def give(
    tx: Connection, device_id: str, rights: Collection[DeviceRight], now: datetime, *, given_by: str | None
) -> None:
    """Give a device these rights; it has none of them yet.

    Raises:
        Invalid: somebody else gave one of them in this moment.

    """
    for right in sorted(rights):
        with taken_as(tx, "may"):
            tx.execute(
                device_right.insert(),
                {"id": new_id(), "device_id": device_id, "right": right, "since": now, "given_by": given_by},
            )
    gone = device_lack.delete().where(device_lack.c.device_id == device_id, device_lack.c.right.in_(sorted(rights)))
    tx.execute(gone)


def end(
    tx: Connection, device_id: str, rights: Collection[DeviceRight], now: datetime, *, ended_by: str | None
) -> frozenset[DeviceRight]:
    """End those of these rights that a device has; answers them."""
    ending = device_right.c.device_id == device_id, device_right.c.right.in_(sorted(rights)), open_at(device_right, now)
    ended = frozenset(DeviceRight(one) for one in tx.scalars(sa.select(device_right.c.right).where(*ending)))
    tx.execute(device_right.update().where(*ending).values(until=now, ended_by=ended_by))
    return ended


def history(tx: Connection, device_id: str) -> list[Given]:
    """Every right that a device has or had, the newest first."""
    giver, ender = person.alias("giver"), person.alias("ender")
    rows = tx.execute(
        sa.select(device_right, giver.c.name.label("giver"), ender.c.name.label("ender"))
        .outerjoin(giver, giver.c.id == device_right.c.given_by)
        .outerjoin(ender, ender.c.id == device_right.c.ended_by)
        .where(device_right.c.device_id == device_id)
        .order_by(device_right.c.since.desc(), device_right.c.id.desc())
    )
    return [
        Given(
            right=DeviceRight(row.right),
            since=row.since,
            until=row.until,
            given_by=row.giver,
            ended_by=row.ender,
        )
        for row in rows
    ]


def note_lack(tx: Connection, device_id: str, rights: Collection[DeviceRight], now: datetime) -> None:
    """Note that a device asked for what it has no right to."""
    for right in sorted(rights):
        mine = (device_lack.c.device_id == device_id) & (device_lack.c.right == right)
        if tx.execute(device_lack.update().where(mine).values(asked_at=now)).rowcount == 0:
            tx.execute(insert_new(tx, device_lack).values(device_id=device_id, right=right, asked_at=now))


def lacking(tx: Connection, device_ids: Iterable[str]) -> dict[str, Mapping[DeviceRight, datetime]]:
    """What each of these devices asked for and has no right to, with the last time."""
    wanted = list(device_ids)
    rows = tx.execute(sa.select(device_lack).where(device_lack.c.device_id.in_(wanted)).order_by(device_lack.c.right))
    found: dict[str, dict[DeviceRight, datetime]] = {one: {} for one in wanted}
    for row in rows:
        found[row.device_id][DeviceRight(row.right)] = row.asked_at
    return dict(found)
