"""The register of devices as people keep it: who may see and change which entries, and every change on record."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import SYSTEM, Actor, Audit, actor_of
from reading.errors import Invalid, NotThere
from reading.kinds import Level, Role
from reading.register import device_contacts, devices, organisations
from reading.register.devices import Device, Entry
from reading.register.grants import reach
from reading.tables import device_check
from reading.viewers import Staff

CHECK_LASTS: Final = timedelta(minutes=1)
CHECK_BYTES: Final = 8


@dataclass(frozen=True, kw_only=True)
class Oversight:
    """Whose devices somebody looks after."""

    sees: frozenset[str]
    """Sites."""
    keeps: frozenset[str]
    """Sites whose entries they change, too."""
    strangers: bool
    """Whether they see who called and is nobody's."""


def oversight(tx: Connection, staff: Staff, now: datetime) -> Oversight:
    """What the grants of somebody let them see and change of the register."""
    administered = {grant.organisation_id for grant in staff.grants if grant.role is Role.SYSTEM_ADMINISTRATOR}
    every = [one for one in organisations.list_all(tx) if one.until is None or one.until > now]
    if any(one.level is Level.REGION for one in every if one.id in administered):
        keeps = {one.id for one in every}
    else:
        keeps = administered | organisations.below(tx, administered)
    managed = reach(tx, staff, now).managed
    own = frozenset(grant.organisation_id for grant in staff.grants if grant.role is Role.TECHNICIAN)
    return Oversight(sees=frozenset(keeps | managed | own), keeps=frozenset(keeps), strangers=bool(keeps or managed))


def kept_by(tx: Connection, staff: Staff, device_id: str, now: datetime) -> Device:
    """A device whose entry somebody changes.

    Raises:
        NotThere: there is none, or it is not theirs to change.

    """
    found = devices.by_id(tx, device_id)
    if found is None or found.site_id not in oversight(tx, staff, now).keeps:
        raise NotThere
    return found


class Register:
    """Changes the register in somebody's name; every change leaves an event in the same transaction."""

    def __init__(self, audit: Audit, by: Staff | None = None) -> None:
        """``by`` is who does it, None for the command line."""
        self._audit = audit
        self._actor: Actor = SYSTEM if by is None else actor_of(by)

    def add(self, tx: Connection, *, ae_title: str, site_id: str, entry: Entry, now: datetime) -> Device:
        """Register a device; patient ids that it sends are unique within its issuer, by default its site's code."""
        site = organisations.by_id(tx, site_id)
        made = devices.add(
            tx,
            ae_title=ae_title,
            site_id=site_id,
            network=entry.network,
            port=entry.port,
            issuer=entry.issuer or (site.code if site else ""),
            certificate_digest=entry.certificate_digest,
            character_set=entry.character_set,
            host=entry.host,
            tls_required=entry.tls_required,
            call_by_tls=entry.call_by_tls,
            now=now,
        )
        device_contacts.forget_calls(tx, made.ae_title)
        self._note(tx, Action.DEVICE_ADD, made, now, site_id=made.site_id)
        return made

    def change(self, tx: Connection, one: Device, entry: Entry, *, revision: int, now: datetime) -> Device:
        """Give a device another entry."""
        changed = devices.change(tx, one.id, entry, revision=revision)
        device_contacts.forget_calls(tx, one.ae_title)
        what = [each.name for each in fields(Entry) if getattr(one, each.name) != getattr(changed, each.name)]
        self._note(tx, Action.DEVICE_CHANGE, one, now, changed=" ".join(what))
        return changed

    def end(self, tx: Connection, one: Device, now: datetime) -> None:
        devices.end(tx, one.id, now)
        self._note(tx, Action.DEVICE_END, one, now)

    def make_token(self, tx: Connection, one: Device, now: datetime) -> str:
        """A bearer token of the device for DICOMweb; only its digest is kept."""
        token = devices.make_token(tx, one.id, now)
        self._note(tx, Action.DEVICE_TOKEN, one, now)
        return token

    def begin_check(self, tx: Connection, one: Device, now: datetime) -> str:
        """A title under which this machine may call as the device for a minute, to see what it would see."""
        tx.execute(device_check.delete().where(device_check.c.until <= now))
        title = secrets.token_hex(CHECK_BYTES).upper()
        tx.execute(device_check.insert().values(title_digest=_digest(title), device_id=one.id, until=now + CHECK_LASTS))
        self._note(tx, Action.DEVICE_CHECK, one, now)
        return title

    def _note(self, tx: Connection, action: Action, one: Device, now: datetime, **details: str) -> None:
        self._audit.record(
            tx, actor=self._actor, action=action, subject_kind="device", subject_id=one.id, now=now, details=details
        )


def end_check(tx: Connection, title: str) -> None:
    """The check is over."""
    tx.execute(device_check.delete().where(device_check.c.title_digest == _digest(title)))


def checked_device(tx: Connection, title: str, now: datetime) -> Device | None:
    """The device that is being checked under a title."""
    found = tx.scalar(
        sa.select(device_check.c.device_id).where(
            device_check.c.title_digest == _digest(title), device_check.c.until > now
        )
    )
    one = devices.by_id(tx, found) if found is not None else None
    return one if one is not None and one.until is None else None


def certificate_digest(file: bytes) -> bytes:
    """SHA-256 of a certificate in PEM or DER; of several in PEM the first counts, the device's own.

    Raises:
        Invalid: it is none.

    """
    try:
        read = x509.load_pem_x509_certificate(file) if b"-----BEGIN" in file else x509.load_der_x509_certificate(file)
    except ValueError as nonsense:
        raise Invalid("certificate", "not_a_certificate") from nonsense
    return read.fingerprint(hashes.SHA256())


def _digest(title: str) -> bytes:
    return hashlib.sha256(title.encode()).digest()
