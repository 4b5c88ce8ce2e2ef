"""The acts on the register of devices: who may see or change which entry, its rights, its token."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import DeviceRight, Role
from reading.register import administered, device_contacts, device_rights, devices, organisations
from reading.register.device_rights import ENTRUSTED, USUAL
from reading.register.devices import Device, Entry
from reading.register.grants import may_act, reach
from reading.tables import device_check
from reading.viewers import Staff

CHECK_LASTS: Final = timedelta(minutes=1)
CHECK_BYTES: Final = 8
TOKEN_DAYS: Final = 365
"""Days that a token holds where nobody says otherwise."""
LONGEST_TOKEN_DAYS: Final = 1827
"""Five years."""
PLACE: Final = frozenset({"network", "certificate_digest", "tls_required", "host", "port", "call_by_tls"})
"""Fields by which a device is known or called: whoever changes them could put their own machine in its place."""


@dataclass(frozen=True, kw_only=True)
class Oversight:
    """The sites whose devices a person looks after."""

    sees: frozenset[str]
    """Ids of sites whose entries they see."""
    keeps: frozenset[str]
    """Ids of sites whose entries they also change."""
    strangers: bool
    """Whether they see the callers that no entry matches."""


def oversight(tx: Connection, staff: Staff, now: datetime) -> Oversight:
    """What a person's grants let them see and change in the register."""
    keeps = administered.kept(tx, staff)
    managed = reach(tx, staff, now).managed
    own = frozenset(grant.organisation_id for grant in staff.grants if grant.role is Role.TECHNICIAN)
    return Oversight(sees=keeps | managed | own, keeps=keeps, strangers=bool(keeps or managed))


def kept_by(tx: Connection, staff: Staff, device_id: str, now: datetime) -> Device:
    """A device whose entry ``staff`` may change.

    Raises:
        NotThere: there is none, or it is not theirs to change.

    """
    found = devices.by_id(tx, device_id)
    if found is None or found.site_id not in oversight(tx, staff, now).keeps:
        raise NotThere
    return found


def by_title(tx: Connection, ae_title: str, now: datetime) -> Device:
    """The one device of this AE title.

    Raises:
        NotThere: there is none.
        Invalid: several devices share the title, as sites may.

    """
    found = [one for one in devices.list_all(tx) if one.ae_title == ae_title and (one.until is None or one.until > now)]
    if not found:
        raise NotThere("device", ae_title)
    if len(found) > 1:
        raise Invalid("ae_title", "ambiguous")
    return found[0]


# -- acts: of staff for the sites that they keep, or of the command line for every site


@without_door("The register of devices; nothing of a patient is in it.")
def add(
    ctx: Context[Staff | Actor],
    *,
    ae_title: str,
    site_code: str,
    entry: Entry,
    may: Collection[DeviceRight] = USUAL,
) -> Device:
    """Register a device; patient ids that it sends are unique within its issuer, by default its site's code.

    Raises:
        NotThere: no such site, or it is not theirs to keep.
        NotAllowed: they give a right that is a quality manager's to give.
        Invalid: the entry cannot be.

    """
    site = organisations.in_force(ctx.tx, site_code)
    if isinstance(ctx.who, Staff) and site.id not in oversight(ctx.tx, ctx.who, ctx.now).keeps:
        raise NotThere
    _check_may_give(ctx, site.id, may)
    made = devices.add(
        ctx.tx,
        ae_title=ae_title,
        site_id=site.id,
        network=entry.network,
        port=entry.port,
        issuer=entry.issuer or site.code,
        certificate_digest=entry.certificate_digest,
        character_set=entry.character_set,
        host=entry.host,
        tls_required=entry.tls_required,
        call_by_tls=entry.call_by_tls,
        now=ctx.now,
    )
    device_contacts.forget_calls(ctx.tx, made.ae_title)
    device_rights.give(ctx.tx, made.id, may, ctx.now, given_by=_person_of(ctx))
    _note(ctx, Action.DEVICE_ADD, made, site_id=made.site_id, may=" ".join(sorted(may)))
    return made


@without_door("The register of devices; nothing of a patient is in it.")
def change(ctx: Context[Staff | Actor], device_id: str, *, revision: int, **changed: Any) -> Device:
    """Change the named fields of a device's `Entry`; the others stay.

    Where the change says how the device is known or called, the rights that a quality manager gave it end: another
    machine could stand in its place. Changed by a quality manager of its site, or by the system, they stay.

    Raises:
        NotThere: no such device, it has ended, or it is not theirs to change.
        Stale: somebody changed it since ``revision``.
        Invalid: the entry cannot be.

    """
    before = _kept(ctx, device_id)
    after = devices.change(ctx.tx, device_id, replace(before.entry, **changed), revision=revision)
    device_contacts.forget_calls(ctx.tx, before.ae_title)
    different = [each.name for each in fields(Entry) if getattr(before, each.name) != getattr(after, each.name)]
    _note(ctx, Action.DEVICE_CHANGE, before, changed=" ".join(different))
    if PLACE.intersection(different):
        _end_entrusted(ctx, before)
    return after


@without_door("The register of devices; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], device_id: str, *, revision: int | None = None) -> None:
    """End a device: its calls are refused from now on; what it sent stays.

    Raises:
        NotThere: no such device, it has ended, or it is not theirs to change.
        Stale: somebody changed it since ``revision`` (None: whatever it is now).

    """
    one = _kept(ctx, device_id)
    devices.end(ctx.tx, device_id, ctx.now, revision=revision)
    _note(ctx, Action.DEVICE_END, one)


@without_door("The register of devices; nothing of a patient is in it.")
def set_rights(
    ctx: Context[Staff | Actor], device_id: str, may: Collection[DeviceRight], *, revision: int
) -> frozenset[DeviceRight]:
    """Let a device do this from now on, and nothing else; answers its rights.

    Raises:
        NotThere: no such device, it has ended, or it is not of a site that they keep or manage.
        NotAllowed: they give a right that is a quality manager's to give.
        Stale: somebody changed the device since ``revision``.

    """
    who = ctx.who
    one = rights_of(ctx.tx, who, device_id, ctx.now) if isinstance(who, Staff) else _kept(ctx, device_id)
    if one.until is not None:
        raise NotThere
    if one.revision != revision:
        raise Stale(one.revision)
    has, now_may = device_rights.of(ctx.tx, device_id, ctx.now), frozenset(may)
    given = now_may - has
    _check_may_give(ctx, one.site_id, given)
    devices.change(ctx.tx, device_id, one.entry, revision=revision)  # its revision goes on
    ended = device_rights.end(ctx.tx, device_id, has - now_may, ctx.now, ended_by=_person_of(ctx))
    device_rights.give(ctx.tx, device_id, given, ctx.now, given_by=_person_of(ctx))
    if given or ended:
        _note(ctx, Action.DEVICE_RIGHTS, one, given=" ".join(sorted(given)), ended=" ".join(sorted(ended)))
    return now_may


def rights_of(tx: Connection, staff: Staff, device_id: str, now: datetime) -> Device:
    """A device whose rights they may look at and change: of a site that they keep or manage.

    Raises:
        NotThere: there is none, or it is not theirs.

    """
    found = devices.by_id(tx, device_id)
    if found is None:
        raise NotThere
    if found.site_id not in oversight(tx, staff, now).keeps and not entrusts(tx, staff, found.site_id, now):
        raise NotThere
    return found


def entrusts(tx: Connection, staff: Staff, site_id: str, now: datetime) -> bool:
    """Whether somebody gives devices of a site the rights that open or hide images."""
    return may_act(tx, staff, Role.QUALITY_MANAGER, site_id, now) is not None


@without_door("The register of devices; nothing of a patient is in it.")
def make_token(ctx: Context[Staff | Actor], device_id: str, *, days: int = TOKEN_DAYS) -> str:
    """A bearer token of the device for DICOMweb; only its digest is kept.

    Where neither the system nor a quality manager makes it, the rights that a quality manager gave the device end.

    Raises:
        NotThere: no such device, it has ended, or it is not theirs to change.
        Invalid: it would hold for less than a day, or for more than `LONGEST_TOKEN_DAYS`.

    """
    if not 1 <= days <= LONGEST_TOKEN_DAYS:
        raise Invalid("days", "range")
    one = _kept(ctx, device_id)
    token = devices.make_token(ctx.tx, device_id, ctx.now, until=ctx.now + timedelta(days=days))
    _note(ctx, Action.DEVICE_TOKEN, one, days=str(days))
    _end_entrusted(ctx, one)
    return token


@without_door("The register of devices; nothing of a patient is in it.")
def begin_check(ctx: Context[Staff | Actor], device_id: str) -> str:
    """A title under which this machine may call as the device for a minute, to try what the device may do.

    Raises:
        NotThere: no such device, or it is not theirs to change.

    """
    one = _kept(ctx, device_id)
    ctx.tx.execute(device_check.delete().where(device_check.c.until <= ctx.now))
    title = secrets.token_hex(CHECK_BYTES).upper()
    ctx.tx.execute(
        device_check.insert(), {"title_digest": _digest(title), "device_id": one.id, "until": ctx.now + CHECK_LASTS}
    )
    _note(ctx, Action.DEVICE_CHECK, one)
    return title


def end_check(tx: Connection, title: str) -> None:
    """Forget the title of a check that is over."""
    tx.execute(device_check.delete().where(device_check.c.title_digest == _digest(title)))


def device_under_check(tx: Connection, title: str, now: datetime) -> Device | None:
    """The device that is being checked under a title."""
    found = tx.scalar(
        sa.select(device_check.c.device_id).where(
            device_check.c.title_digest == _digest(title), device_check.c.until > now
        )
    )
    one = devices.by_id(tx, found) if found is not None else None
    return one if one is not None and one.until is None else None


def certificate_digest(file: bytes) -> bytes:
    """SHA-256 of a certificate in PEM or DER; where a PEM file holds several, of the first, which is the device's.

    Raises:
        Invalid: the file holds no certificate.

    """
    try:
        read = x509.load_pem_x509_certificate(file) if b"-----BEGIN" in file else x509.load_der_x509_certificate(file)
    except ValueError as nonsense:
        raise Invalid("certificate", "not_a_certificate") from nonsense
    return read.fingerprint(hashes.SHA256())


def _kept(ctx: Context[Staff | Actor], device_id: str) -> Device:
    if isinstance(ctx.who, Staff):
        return kept_by(ctx.tx, ctx.who, device_id, ctx.now)
    found = devices.by_id(ctx.tx, device_id)
    if found is None:
        raise NotThere
    return found


def _check_may_give(ctx: Context[Staff | Actor], site_id: str, rights: Collection[DeviceRight]) -> None:
    if not ENTRUSTED.intersection(rights) or not isinstance(ctx.who, Staff):
        return
    if not entrusts(ctx.tx, ctx.who, site_id, ctx.now):
        raise NotAllowed("right_of_quality_manager")


def _end_entrusted(ctx: Context[Staff | Actor], one: Device) -> None:
    """End what a quality manager entrusted the device with, unless one of them, or the system, changes it."""
    if not isinstance(ctx.who, Staff) or entrusts(ctx.tx, ctx.who, one.site_id, ctx.now):
        return
    ended = device_rights.end(ctx.tx, one.id, ENTRUSTED, ctx.now, ended_by=ctx.who.person_id)
    if ended:
        _note(ctx, Action.DEVICE_RIGHTS, one, given="", ended=" ".join(sorted(ended)))


def _person_of(ctx: Context[Staff | Actor]) -> str | None:
    return ctx.who.person_id if isinstance(ctx.who, Staff) else None


def _note(ctx: Context[Staff | Actor], action: Action, one: Device, **details: str) -> None:
    ctx.record(action=action, subject_kind="device", subject_id=one.id, details=details)


def _digest(title: str) -> bytes:
    return hashlib.sha256(title.encode()).digest()
