"""Devices of the sites: their entries in the register, and their tokens for DICOMweb."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import identifiers
from reading.errors import Invalid, NotThere, Stale
from reading.row_rules import open_at, taken_as, valid_at
from reading.tables import device, device_token, organisation
from reading.texts import checked
from storage.ids import new_id

TOKEN_BYTES: Final = 32
TOKEN_ENDS_SOON: Final = timedelta(days=30)
"""Time before the end of a token in which people are warned of it."""

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


CHARACTER_SETS: Final = frozenset(
    (
        # The terms of PS3.3 C.12.1.1.2, Tables C.12-2 to C.12-5; empty for the default repertoire.
        "",
        *(f"ISO_IR {n}" for n in (13, 100, 101, 109, 110, 126, 127, 138, 144, 148, 166, 192, 203)),
        *(f"ISO 2022 IR {n}" for n in (6, 13, 58, 87, 100, 101, 109, 110, 126, 127, 138, 144, 148, 149, 159, 166, 203)),
        "GB18030",
        "GBK",
    )
)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """The fields of a device that may change."""

    network: str
    """CIDR of the addresses that it calls from."""
    port: int | None = None
    """Port where we call it, None where we never do."""
    issuer: str = ""
    """Issuer of the patient ids that it sends; empty where unknown: then they link to nobody."""
    certificate_digest: bytes | None = field(default=None, repr=False)
    """SHA-256 of the certificate that it must show."""
    character_set: str = ""
    """Character set of data sets that name none (PS3.3 C.12.1.1.2); empty for the default."""
    host: str = ""
    """Name or address where we call it; empty for the one address that it calls from."""
    tls_required: bool = False
    """Whether it may only call by TLS."""
    call_by_tls: bool = False
    """Whether we call it by TLS."""


@dataclass(frozen=True, kw_only=True)
class Device(Entry):
    """A modality, a workstation or a gateway; its id is ours, an AE title is only unique with an address."""

    id: str
    ae_title: str
    site_id: str
    since: datetime
    until: datetime | None
    revision: int

    @property
    def entry(self) -> Entry:
        return Entry(**{name: getattr(self, name) for name in _CHANGEABLE})


_CHANGEABLE: Final = tuple(Entry.__dataclass_fields__)


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
    host: str = "",
    tls_required: bool = False,
    call_by_tls: bool = False,
) -> Device:
    """A new device; ``network`` is an address or a CIDR.

    Raises:
        Invalid: a field is malformed; a device of this AE title calls from there already; the network is any
            address and there is no certificate; no such site.

    """
    _refuse(title_problems(ae_title))
    entry = _checked(
        Entry(
            network=network,
            port=port,
            issuer=issuer,
            certificate_digest=certificate_digest,
            character_set=character_set,
            host=host,
            tls_required=tls_required,
            call_by_tls=call_by_tls,
        )
    )
    if tx.scalar(sa.select(organisation.c.id).where(organisation.c.id == site_id, open_at(organisation, now))) is None:
        raise Invalid("site", "unknown")
    made = Device(
        id=new_id(),
        ae_title=ae_title.strip(" "),  # leading and trailing spaces do not count (PS3.5 6.2, AE)
        site_id=site_id,
        since=now,
        until=None,
        revision=1,
        **_values(entry),
    )
    with taken_as(tx, "ae_title"):
        tx.execute(
            device.insert(),
            {"id": made.id, "ae_title": made.ae_title, "site_id": made.site_id, "since": made.since, **_values(entry)},
        )
    return made


def change(tx: Connection, device_id: str, entry: Entry, *, revision: int) -> Device:
    """Give a device another entry; its title and its site stay, since what it sent refers to them.

    Raises:
        NotThere: no such device, or it has ended.
        Stale: somebody changed it since ``revision``.
        Invalid: as `add`.

    """
    found = by_id(tx, device_id)
    if found is None or found.until is not None:
        raise NotThere
    values = _values(_checked(entry))
    with taken_as(tx, "ae_title"):
        changed = tx.execute(
            device.update()
            .where(device.c.id == device_id, device.c.until.is_(None), device.c.revision == revision)
            .values(revision=device.c.revision + 1, **values)
        )
    if changed.rowcount != 1:
        raise Stale(found.revision)
    return replace(found, revision=revision + 1, **values)


def make_token(tx: Connection, device_id: str, now: datetime, *, until: datetime) -> str:
    """A token for DICOMweb until a time, returned this once; the device's earlier tokens end.

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
        device_token.insert(),
        {"id": new_id(), "device_id": device_id, "token_digest": _token_digest(token), "since": now, "until": until},
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
    return None if row is None else from_row(row)


def token_ends(tx: Connection, device_ids: Iterable[str], now: datetime) -> dict[str, datetime]:
    """When the token of each of these devices that has one ends."""
    rows = tx.execute(
        sa.select(device_token.c.device_id, sa.func.max(device_token.c.until).label("until"))
        .where(device_token.c.device_id.in_(list(device_ids)), valid_at(device_token, now))
        .group_by(device_token.c.device_id)
    )
    return {row.device_id: row.until for row in rows if row.until is not None}


def called_at(one: Device) -> tuple[str, int] | None:
    """The address and port where we call a device; None where its entry does not say."""
    network = ipaddress.ip_network(one.network)
    if one.port is None or not (one.host or network.num_addresses == 1):
        return None
    return one.host or str(network.network_address), one.port


def by_id(tx: Connection, device_id: str) -> Device | None:
    row = tx.execute(sa.select(device).where(device.c.id == device_id)).one_or_none()
    return None if row is None else from_row(row)


def list_all(tx: Connection) -> list[Device]:
    return [from_row(row) for row in tx.execute(sa.select(device).order_by(device.c.ae_title, device.c.since))]


def end(tx: Connection, device_id: str, now: datetime, *, revision: int | None = None) -> None:
    """End a device and its tokens; what it sent stays.

    Raises:
        NotThere: no such device, or it has ended.
        Stale: somebody changed it since ``revision`` (None: whatever it is now).

    """
    found = by_id(tx, device_id)
    if found is None or found.until is not None:
        raise NotThere
    of_revision = device.c.revision == (found.revision if revision is None else revision)
    ended = tx.execute(
        device.update()
        .where(device.c.id == device_id, device.c.until.is_(None), of_revision)
        .values(until=now, revision=device.c.revision + 1)
    )
    if ended.rowcount != 1:
        raise Stale(found.revision)
    tx.execute(
        device_token.update().where(device_token.c.device_id == device_id, open_at(device_token, now)).values(until=now)
    )


def read_address(text: str) -> Address | None:
    """A caller's address: IPv4 where it is mapped into IPv6, and without the zone of a link-local one; None if none."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped  # how a socket of both families names an IPv4 caller
    return address


def _checked(entry: Entry) -> Entry:
    """The entry with its network, host and issuer in their normal form.

    Raises:
        Invalid: a field has a value that it cannot have.

    """
    _refuse(entry_problems(entry))
    issuer = checked("issuer", entry.issuer, longest=64)
    return replace(entry, network=str(_network(entry.network)), host=entry.host.strip(), issuer=issuer)


def title_problems(ae_title: str) -> list[Invalid]:
    """What is wrong with an AE title; empty where nothing is."""
    problem = identifiers.ae_title(ae_title)
    return [] if problem is None else [Invalid("ae_title", problem)]


def entry_problems(entry: Entry) -> list[Invalid]:
    """All that is wrong with an entry, in the order of its fields; empty where nothing is."""
    found: list[Invalid] = []
    try:
        if _network(entry.network).prefixlen == 0 and entry.certificate_digest is None:
            found.append(Invalid("network", "any_address_needs_a_certificate"))
    except Invalid as wrong:
        found.append(wrong)
    if entry.port is not None and not 0 < entry.port < 65536:
        found.append(Invalid("port", "range"))
    host = entry.host.strip()
    if host and read_address(host) is None and not _HOST.fullmatch(host):
        found.append(Invalid("host", "not_an_address_or_name"))
    if entry.certificate_digest is not None and len(entry.certificate_digest) != hashlib.sha256().digest_size:
        found.append(Invalid("certificate", "not_a_certificate"))
    if entry.character_set not in CHARACTER_SETS:
        found.append(Invalid("character_set", "unknown"))
    return found


def _refuse(problems: Sequence[Invalid]) -> None:
    if problems:
        raise problems[0]


def _values(entry: Entry) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in _CHANGEABLE}


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


def from_row(row: sa.Row[tuple[object, ...]]) -> Device:
    values: dict[str, Any] = {name: getattr(row, name) for name in Device.__dataclass_fields__}
    digest = values["certificate_digest"]
    values["certificate_digest"] = None if digest is None else bytes(digest)
    return Device(**values)
