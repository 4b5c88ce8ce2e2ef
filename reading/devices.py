"""Devices of the sites: which one is calling, by AE title with address or certificate, or by a machine token."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import identifiers
from reading.dated import open_at, valid_at
from reading.errors import Invalid, NotThere
from reading.tables import device, device_contact, device_token, organisation
from reading.texts import checked
from reading.unique import taken_as
from storage.ids import new_id

TOKEN_BYTES: Final = 32

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Device:
    """A modality, a workstation or a gateway; its id is ours, an AE title is only unique with an address."""

    id: str
    ae_title: str
    network: str
    """CIDR of the addresses that it calls from."""
    port: int | None
    """Where we call it, None where we never do."""
    site_id: str
    issuer: str
    """Whose patient ids it sends; empty where nobody knows, and then they link to nobody."""
    certificate_digest: bytes | None = field(repr=False)
    """SHA-256 of the certificate that it must show."""
    character_set: str
    """What its text is written in when it does not say (PS3.3 C.12.1.1.2), empty for the default."""
    since: datetime
    until: datetime | None
    revision: int


@dataclass(frozen=True, kw_only=True)
class Contact:
    """When a device was last heard, and its last refusal."""

    heard_at: datetime | None
    refused_at: datetime | None
    refusal: str | None


def add(
    tx: Connection,
    *,
    ae_title: str,
    network: str,
    port: int | None,
    site_id: str,
    issuer: str,
    now: datetime,
    certificate_digest: bytes | None = None,
    character_set: str = "",
) -> Device:
    """A new device; ``network`` is an address or a CIDR.

    Raises:
        Invalid: no AE title, no network, no port; the same AE title calls from there already; any address
            without a certificate; no such site.

    """
    problem = identifiers.ae_title(ae_title)
    if problem is not None:
        raise Invalid("ae_title", problem)
    called_from = _network(network)
    if called_from.prefixlen == 0 and certificate_digest is None:
        raise Invalid("network", "any_address_needs_a_certificate")
    if port is not None and not 0 < port < 65536:
        raise Invalid("port", "range")
    if tx.scalar(sa.select(organisation.c.id).where(organisation.c.id == site_id, open_at(organisation, now))) is None:
        raise Invalid("site", "unknown")
    made = Device(
        id=new_id(),
        ae_title=ae_title.strip(" "),  # leading and trailing spaces do not count (PS3.5 6.2, AE)
        network=str(called_from),
        port=port,
        site_id=site_id,
        issuer=checked("issuer", issuer, longest=64),
        certificate_digest=certificate_digest,
        character_set=checked("character_set", character_set, longest=16),
        since=now,
        until=None,
        revision=1,
    )
    with taken_as(tx, "ae_title"):
        tx.execute(
            device.insert().values(
                id=made.id,
                ae_title=made.ae_title,
                network=made.network,
                port=made.port,
                site_id=made.site_id,
                issuer=made.issuer,
                certificate_digest=made.certificate_digest,
                character_set=made.character_set,
                since=made.since,
            )
        )
    tx.execute(device_contact.insert().values(device_id=made.id))
    return made


def identify(
    tx: Connection, ae_title: str, address: str, now: datetime, *, certificate_digest: bytes | None = None
) -> Device | None:
    """The device that calls with an AE title from an address; of several networks the narrowest counts."""
    caller = read_address(address)
    if caller is None:
        return None
    fitting = [
        one
        for one in _named(tx, ae_title.strip(" "), now)
        if caller in ipaddress.ip_network(one.network) and _shows(one, certificate_digest)
    ]
    return max(fitting, key=lambda one: ipaddress.ip_network(one.network).prefixlen, default=None)


def make_token(tx: Connection, device_id: str, now: datetime) -> str:
    """A token for DICOMweb, told once; the device's earlier ones end.

    Raises:
        NotThere: no such device, or it has ended.

    """
    found = by_id(tx, device_id)
    if found is None or found.until is not None:
        raise NotThere
    tx.execute(
        device_token.update().where(device_token.c.device_id == device_id, open_at(device_token, now)).values(until=now)
    )
    token = secrets.token_urlsafe(TOKEN_BYTES)
    tx.execute(
        device_token.insert().values(id=new_id(), device_id=device_id, token_digest=_token_digest(token), since=now)
    )
    return token


def by_token(tx: Connection, token: str, now: datetime) -> Device | None:
    row = tx.execute(
        sa.select(device)
        .join(device_token, device_token.c.device_id == device.c.id)
        .where(
            device_token.c.token_digest == _token_digest(token),
            valid_at(device_token, now),
            valid_at(device, now),
        )
    ).one_or_none()
    return None if row is None else _device(row)


def heard(tx: Connection, device_id: str, now: datetime) -> None:
    tx.execute(device_contact.update().where(device_contact.c.device_id == device_id).values(heard_at=now))


def refused(tx: Connection, device_id: str, refusal: str, now: datetime) -> None:
    """``refusal`` is a word of ours, never what the device sent."""
    tx.execute(
        device_contact.update().where(device_contact.c.device_id == device_id).values(refused_at=now, refusal=refusal)
    )


def contact_of(tx: Connection, device_id: str) -> Contact | None:
    row = tx.execute(sa.select(device_contact).where(device_contact.c.device_id == device_id)).one_or_none()
    return None if row is None else Contact(heard_at=row.heard_at, refused_at=row.refused_at, refusal=row.refusal)


def called_at(one: Device) -> tuple[str, int] | None:
    """The address and port where we call a device; None where its entry has no port, or is for a whole network."""
    network = ipaddress.ip_network(one.network)
    if one.port is None or network.num_addresses != 1:
        return None
    return str(network.network_address), one.port


def by_id(tx: Connection, device_id: str) -> Device | None:
    row = tx.execute(sa.select(device).where(device.c.id == device_id)).one_or_none()
    return None if row is None else _device(row)


def list_all(tx: Connection) -> list[Device]:
    return [_device(row) for row in tx.execute(sa.select(device).order_by(device.c.ae_title, device.c.since))]


def end(tx: Connection, device_id: str, now: datetime) -> None:
    """It calls no longer; what it sent stays.

    Raises:
        NotThere: no such device, or it has ended.

    """
    ended = tx.execute(
        device.update()
        .where(device.c.id == device_id, device.c.until.is_(None))
        .values(until=now, revision=device.c.revision + 1)
    )
    if ended.rowcount != 1:
        raise NotThere
    tx.execute(
        device_token.update().where(device_token.c.device_id == device_id, open_at(device_token, now)).values(until=now)
    )


def read_address(text: str) -> Address | None:
    """A caller's address as it counts: IPv4 where it is IPv4 inside IPv6, without the zone of a link-local one."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # what a socket for both families says of an IPv4 caller
    return address


def _named(tx: Connection, ae_title: str, now: datetime) -> list[Device]:
    rows = tx.execute(
        sa.select(device).where(device.c.ae_title == ae_title, valid_at(device, now)).order_by(device.c.id)
    )
    return [_device(row) for row in rows]


def _shows(one: Device, certificate_digest: bytes | None) -> bool:
    return one.certificate_digest is None or one.certificate_digest == certificate_digest


def _network(text: str) -> Network:
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError as problem:
        raise Invalid("network", "not_an_address_or_network") from problem
    mapped = network.network_address.ipv4_mapped if isinstance(network, ipaddress.IPv6Network) else None
    if mapped is not None and network.prefixlen >= 96:
        return ipaddress.IPv4Network((mapped, network.prefixlen - 96))
    return network


def _token_digest(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()


def _device(row: sa.Row[tuple[object, ...]]) -> Device:
    return Device(
        id=row.id,
        ae_title=row.ae_title,
        network=row.network,
        port=row.port,
        site_id=row.site_id,
        issuer=row.issuer,
        certificate_digest=None if row.certificate_digest is None else bytes(row.certificate_digest),
        character_set=row.character_set,
        since=row.since,
        until=row.until,
        revision=row.revision,
    )
