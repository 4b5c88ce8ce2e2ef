"""What a site's devices are offered to examine: the procedures of its orders that are still to be made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.kinds import Sex
from reading.orders import orders
from reading.orders.order_state import OPEN
from reading.orders.orders import Order, Procedure
from reading.patients import patients
from reading.register import organisations
from reading.row_rules import valid_at

OFFERED_DAYS: Final = 30
"""For how many days after its time an examination is offered that was not made."""
MOST: Final = 2000
"""How many orders one query looks through."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """The patient of an order, as a device may know them."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    sex: Sex


@dataclass(frozen=True, kw_only=True)
class Offered:
    """One procedure that is to be made."""

    order: Order
    procedure: Procedure
    person: Person
    station: str
    """AE title of the device that is to make it; empty where any of the site may."""


@dataclass(frozen=True, kw_only=True)
class Worklist:
    """The procedures that a site offers its devices."""

    offered: Sequence[Offered]
    stations: Sequence[str]
    """AE titles of the site's devices."""
    time_zone: str
    whole: bool
    """False: there are more orders than one query looks through."""


def worklist(
    tx: Connection, site_id: str, now: datetime, *, first: date | None = None, last: date | None = None
) -> Worklist:
    """The procedures to be made at a site, earliest first; ``first`` to ``last`` are days of the site's calendar."""
    site = organisations.by_id(tx, site_id)
    zone = ZoneInfo(site.time_zone if site else "UTC")
    oldest = now - timedelta(days=OFFERED_DAYS)
    found = orders.list_of(
        tx,
        site_id,
        states=OPEN,
        since=oldest if first is None else max(oldest, _begin(first, zone)),
        until=None if last is None or last == date.max else _begin(last + timedelta(days=1), zone),
        limit=MOST + 1,
        newest_first=False,
    )
    people = _people(tx, [order.patient_id for order in found])
    titles = _titles(tx, site_id, now)
    return Worklist(
        offered=[
            Offered(
                order=order,
                procedure=procedure,
                person=people[order.patient_id],
                station=titles.get(order.device_id or "", ""),
            )
            for order in found[:MOST]
            for procedure in order.procedures
            if procedure.state in OPEN
        ],
        stations=list(dict.fromkeys(titles.values())),
        time_zone=zone.key,
        whole=len(found) <= MOST,
    )


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(max(day, date(1970, 1, 1)), time.min, tzinfo=zone)


def _people(tx: Connection, patient_ids: Sequence[str]) -> dict[str, Person]:
    found = patients.select(tx, tables.patient.c.id.in_(set(patient_ids)))
    return {one.id: Person(number=one.number, name=one.name, birth_date=one.birth_date, sex=one.sex) for one in found}


def _titles(tx: Connection, site_id: str, now: datetime) -> dict[str, str]:
    """AE titles of the site's devices by id, without retired ones: what was given to one of those any may make."""
    device = tables.device
    rows = tx.execute(
        sa.select(device.c.id, device.c.ae_title)
        .where(device.c.site_id == site_id, valid_at(device, now))
        .order_by(device.c.ae_title)
    )
    return {row.id: row.ae_title for row in rows}
