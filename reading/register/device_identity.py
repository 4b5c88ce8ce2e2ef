"""Which device is calling: by AE title with its address or its certificate."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.register.devices import Device, from_row, read_address
from reading.row_rules import valid_at
from reading.tables import device


class Unknown(StrEnum):
    """Why no device of the register matches a caller."""

    TITLE = "unknown_title"
    ADDRESS = "other_address"
    """A device of this title is registered for another address."""
    ENDED = "ended"
    """A device of this title was registered here, and has ended."""
    NO_TLS = "must_call_by_tls"
    NO_CERTIFICATE = "no_certificate"
    """The device is bound to a certificate and showed none."""
    OTHER_CERTIFICATE = "other_certificate"


def identify(
    tx: Connection,
    ae_title: str,
    address: str,
    now: datetime,
    *,
    certificate_digest: bytes | None = None,
    tls: bool = False,
) -> Device | None:
    """The device that calls with an AE title from an address.

    A device bound to the caller's certificate comes first, then the one of the narrowest network; None if it
    does not call as its entry demands. A device that must show a certificate so never passes for another of a
    wider network by showing none.
    """
    fitting = _calling_from(_named(tx, ae_title, now), address)
    bound = [one for one in fitting if certificate_digest is not None and one.certificate_digest == certificate_digest]
    one = max(bound or fitting, key=_narrowness, default=None)
    return one if one is not None and _lacks(one, certificate_digest, tls=tls) is None else None


def why_unknown(
    tx: Connection,
    ae_title: str,
    address: str,
    now: datetime,
    *,
    certificate_digest: bytes | None = None,
    tls: bool = False,
) -> tuple[Unknown, Device | None]:
    """Why `identify` found no device, and the device that the caller most likely is."""
    named = _named(tx, ae_title, now)
    nearest = max(_calling_from(named, address), key=_narrowness, default=None)
    if nearest is not None:
        return _lacks(nearest, certificate_digest, tls=tls) or Unknown.ADDRESS, nearest
    if named:
        return Unknown.ADDRESS, named[0] if len(named) == 1 else None
    rows = tx.execute(sa.select(device).where(device.c.ae_title == ae_title.strip(" ")).order_by(device.c.until))
    earlier = _calling_from([from_row(row) for row in rows], address)
    return (Unknown.ENDED, earlier[-1]) if earlier else (Unknown.TITLE, None)


def only_device_at(tx: Connection, address: str, now: datetime) -> Device | None:
    """The only device that calls from an address; after a failed handshake nothing else is known of the caller."""
    rows = tx.execute(sa.select(device).where(valid_at(device, now)))
    found = [one for one in _calling_from([from_row(row) for row in rows], address) if _narrowness(one)]
    return found[0] if len(found) == 1 else None


def with_title(tx: Connection, ae_title: str, now: datetime) -> list[Device]:
    """The devices of an AE title: several sites may use the same one."""
    return _named(tx, ae_title.strip(" "), now)


def _named(tx: Connection, ae_title: str, now: datetime) -> list[Device]:
    return [from_row(row) for row in tx.execute(_NAMED, {"title": ae_title.strip(" "), "now": now})]


# Built once, since every association runs it.
_NAMED: Final = (
    sa.select(device)
    .where(device.c.ae_title == sa.bindparam("title"), valid_at(device, sa.bindparam("now", type_=device.c.since.type)))
    .order_by(device.c.id)
)


def _calling_from(found: list[Device], address: str) -> list[Device]:
    caller = read_address(address)
    return [one for one in found if caller is not None and caller in ipaddress.ip_network(one.network)]


def _narrowness(one: Device) -> int:
    return ipaddress.ip_network(one.network).prefixlen


def _lacks(one: Device, certificate_digest: bytes | None, *, tls: bool) -> Unknown | None:
    """What the entry demands and the call does not show; None if nothing."""
    if one.certificate_digest is not None and one.certificate_digest != certificate_digest:
        if not tls:
            return Unknown.NO_TLS
        return Unknown.OTHER_CERTIFICATE if certificate_digest else Unknown.NO_CERTIFICATE
    return Unknown.NO_TLS if one.tls_required and not tls else None
