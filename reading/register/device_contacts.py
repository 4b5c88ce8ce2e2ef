"""Contacts of devices: the last ones, refusals with their reasons, counts, and callers that no entry matches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Invalid
from reading.row_rules import taken_as
from reading.tables import device, device_contact, device_tally, refused_call
from storage.ids import new_id

LATELY: Final = timedelta(days=1)
"""Span of time that the counts of a contact cover."""
KEPT: Final = timedelta(days=8)
"""How long the counts of each hour are kept."""
MOST_CALLS: Final = 200
"""Most rows of unknown callers; the ones that called longest ago are dropped."""
CLASSES_SHOWN: Final = timedelta(days=30)
"""How long it is pointed out that something a device proposed was not accepted."""
UNPRINTABLE: Final = "?"
LONGEST_LIST: Final = 990
"""Characters of a list of SOP classes; a device proposes 128 at most."""


@dataclass(kw_only=True)
class Activity:
    """What one device did since `note` was called last."""

    heard_at: datetime | None = None
    associations: int = 0
    refused_at: datetime | None = None
    refusal: str | None = None
    """A word of ours."""
    refused_called: str = ""
    """The AE title that it called us, where that is the reason."""
    refused_address: str = ""
    """The address that it called from, where that is the reason."""
    refusals: int = 0
    stored_at: datetime | None = None
    stored: int = 0
    instance_refused_at: datetime | None = None
    instance_refusal: str | None = None
    instances_refused: int = 0
    classes_refused_at: datetime | None = None
    classes_refused: str = ""
    """SOP classes of which it proposed nothing that is accepted, as `as_list` writes them."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """When a device was last heard, what it did last, and how much in the last day."""

    heard_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str | None = None
    refused_called: str = ""
    refused_address: str = ""
    stored_at: datetime | None = None
    instance_refused_at: datetime | None = None
    instance_refusal: str | None = None
    classes_refused_at: datetime | None = None
    classes_refused: str = ""
    associations: int = 0
    refusals: int = 0
    stored: int = 0
    instances_refused: int = 0


@dataclass(frozen=True, kw_only=True)
class Call:
    """A caller that no entry matches, or whose handshake failed, with the number of its attempts."""

    ae_title: str
    """Empty where the connection ended before the title was sent."""
    address: str
    reason: str
    device_id: str | None
    """The device that the caller most likely is."""
    calls: int
    first_at: datetime
    last_at: datetime
    id: str = ""


@dataclass(frozen=True, kw_only=True)
class RefusedClasses:
    """What a device proposed of late and nothing of which is accepted."""

    site_id: str
    ae_title: str
    classes: str
    """As `as_list` writes them."""
    at: datetime


_LAST: Final = (
    "heard_at",
    "refused_at",
    "refusal",
    "refused_called",
    "refused_address",
    "stored_at",
    "instance_refused_at",
    "instance_refusal",
    "classes_refused_at",
    "classes_refused",
)
_COUNTED: Final = ("associations", "refusals", "stored", "instances_refused")
_GROUPS: Final = (
    ("heard_at",),
    ("refused_at", "refusal", "refused_called", "refused_address"),
    ("stored_at",),
    ("instance_refused_at", "instance_refusal"),
    ("classes_refused_at", "classes_refused"),
)
"""Fields that are written together, if the first of them is set."""


def as_list(classes: Iterable[str]) -> str:
    """SOP classes one after the other, as many as there is room for."""
    listed = ""
    for one in sorted(classes):
        longer = f"{listed}; {one}" if listed else one
        if len(longer) > LONGEST_LIST:
            return f"{listed}; …"
        listed = longer
    return listed


def note(tx: Connection, news: Mapping[str, Activity], now: datetime) -> None:
    """Add what devices did, in the order of their ids, so that two nodes never deadlock."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    begun = False
    for device_id, one in sorted(news.items()):
        last = {name: getattr(one, name) for group in _GROUPS if getattr(one, group[0]) is not None for name in group}
        if last:
            _set_last(tx, device_id, last)
        counts = {name: getattr(one, name) for name in _COUNTED}
        if any(counts.values()):
            begun |= _count(tx, device_id, hour, counts)
    if begun:
        tx.execute(device_tally.delete().where(device_tally.c.hour < now - KEPT))


def note_calls(tx: Connection, calls: Iterable[Call]) -> None:
    """Add callers who were refused; one row for each title and address, and no more rows than `MOST_CALLS`."""
    added = False
    for call in sorted(calls, key=lambda call: (call.ae_title, call.address)):
        added |= _note_call(tx, call)
    if added:
        newest = sa.select(refused_call.c.id).order_by(refused_call.c.last_at.desc(), refused_call.c.id.desc())
        tx.execute(refused_call.delete().where(refused_call.c.id.not_in(newest.limit(MOST_CALLS))))


def of(tx: Connection, device_ids: Iterable[str], now: datetime) -> dict[str, Contact]:
    """The contact of each device, by its id; an empty one for a device that was never heard."""
    wanted = list(device_ids)
    counted: dict[str, dict[str, Any]] = {
        row.device_id: {name: int(getattr(row, name)) for name in _COUNTED}
        for row in tx.execute(
            sa.select(device_tally.c.device_id, *(sa.func.sum(device_tally.c[name]).label(name) for name in _COUNTED))
            .where(device_tally.c.device_id.in_(wanted), device_tally.c.hour > now - LATELY)
            .group_by(device_tally.c.device_id)
        )
    }
    last: dict[str, dict[str, Any]] = {
        row.device_id: {name: getattr(row, name) for name in _LAST}
        for row in tx.execute(sa.select(device_contact).where(device_contact.c.device_id.in_(wanted)))
    }
    return {one: Contact(**{**last.get(one, {}), **counted.get(one, {})}) for one in wanted}


def refused_classes(tx: Connection, site_ids: Collection[str], now: datetime) -> list[RefusedClasses]:
    """Of the devices of these sites that are in force, by AE title; what is older than `CLASSES_SHOWN` is left out."""
    last = device_contact.c
    rows = tx.execute(
        sa.select(device.c.site_id, device.c.ae_title, last.classes_refused, last.classes_refused_at)
        .join_from(device, device_contact, last.device_id == device.c.id)
        .where(
            device.c.site_id.in_(list(site_ids)),
            device.c.until.is_(None),
            last.classes_refused_at > now - CLASSES_SHOWN,
        )
        .order_by(device.c.ae_title, device.c.id)
    )
    return [
        RefusedClasses(site_id=site_id, ae_title=title, classes=classes, at=at) for site_id, title, classes, at in rows
    ]


def calls(tx: Connection, limit: int = MOST_CALLS) -> list[Call]:
    """The callers that no entry matches, the latest first."""
    rows = tx.execute(sa.select(refused_call).order_by(refused_call.c.last_at.desc(), refused_call.c.id).limit(limit))
    return [_call(row) for row in rows]


def call_by_id(tx: Connection, call_id: str) -> Call | None:
    row = tx.execute(sa.select(refused_call).where(refused_call.c.id == call_id)).one_or_none()
    return None if row is None else _call(row)


def forget_calls(tx: Connection, ae_title: str) -> None:
    """Forget the refused callers of a title whose entry was added or changed; a further refusal enters them again."""
    tx.execute(refused_call.delete().where(refused_call.c.ae_title == ae_title))


def printable(title: str) -> str:
    """An AE title that a stranger sent, made fit to be displayed: at most 16 characters of printable ASCII."""
    return "".join(each if each.isascii() and each.isprintable() else UNPRINTABLE for each in title.strip())[:16]


def _set_last(tx: Connection, device_id: str, last: Mapping[str, object]) -> None:
    mine = device_contact.c.device_id == device_id
    if tx.execute(device_contact.update().where(mine).values(**last)).rowcount:
        return
    try:
        with taken_as(tx, "device_id"):
            tx.execute(device_contact.insert(), {"device_id": device_id, **last})
    except Invalid:  # another node inserted the row at the same time
        tx.execute(device_contact.update().where(mine).values(**last))


def _count(tx: Connection, device_id: str, hour: datetime, counts: Mapping[str, int]) -> bool:
    """Add the counts to the row of the hour; whether the row is new."""
    mine = (device_tally.c.device_id == device_id) & (device_tally.c.hour == hour)
    more = device_tally.update().where(mine).values({name: device_tally.c[name] + counts[name] for name in counts})
    if tx.execute(more).rowcount:
        return False
    try:
        with taken_as(tx, "hour"):
            tx.execute(device_tally.insert(), {"device_id": device_id, "hour": hour, **counts})
    except Invalid:
        tx.execute(more)
    return True


def _note_call(tx: Connection, call: Call) -> bool:
    """Add one caller; whether its row is new."""
    again = (
        refused_call.update()
        .where(refused_call.c.ae_title == call.ae_title, refused_call.c.address == call.address)
        .values(
            reason=call.reason,
            device_id=call.device_id,
            calls=refused_call.c.calls + call.calls,
            last_at=call.last_at,
        )
    )
    if tx.execute(again).rowcount:
        return False
    try:
        with taken_as(tx, "ae_title"):
            tx.execute(
                refused_call.insert(),
                {
                    "id": new_id(),
                    "ae_title": call.ae_title,
                    "address": call.address,
                    "reason": call.reason,
                    "device_id": call.device_id,
                    "calls": call.calls,
                    "first_at": call.first_at,
                    "last_at": call.last_at,
                },
            )
    except Invalid:
        tx.execute(again)
    return True


def _call(row: sa.Row[tuple[object, ...]]) -> Call:
    return Call(
        id=row.id,
        ae_title=row.ae_title,
        address=row.address,
        reason=row.reason,
        device_id=row.device_id,
        calls=row.calls,
        first_at=row.first_at,
        last_at=row.last_at,
    )
