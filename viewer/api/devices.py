"""/api/devices: the register of devices, their last contacts, and callers whom nobody knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from reading.actions import Action
from reading.context import Context
from reading.errors import NotThere
from reading.register import device_register, organisations
from reading.register.device_contacts import Call
from reading.register.device_register import Register
from reading.register.devices import Device, Entry
from reading.register.organisations import Organisation
from reading.viewers import Staff
from storage.database import transaction
from viewer.http.callers import Acting, Looking
from viewer.http.office import Office, office_of
from viewer.http.on_record import going_in, in_snapshot
from viewer.views import devices
from viewer.views.devices import SiteDevice

router = APIRouter(prefix="/api/devices")


class DeviceEntry(BaseModel):
    """The fields of a device that may change; ``certificate`` is PEM: None keeps the present one, empty drops it."""

    model_config = ConfigDict(extra="forbid")

    network: str = Field(max_length=64)
    host: str = Field(default="", max_length=255)
    port: int | None = None
    issuer: str = Field(default="", max_length=64)
    character_set: str = Field(default="", max_length=16)
    certificate: str | None = Field(default=None, max_length=20_000)
    tls_required: bool = False
    call_by_tls: bool = False

    def entry(self, before: bytes | None = None) -> Entry:
        """The entry; ``before`` is the digest of the present certificate. Raises Invalid: this is no certificate."""
        digest = before
        if self.certificate is not None:
            text = self.certificate.strip()
            digest = device_register.certificate_digest(text.encode()) if text else None
        return Entry(
            network=self.network,
            host=self.host,
            port=self.port,
            issuer=self.issuer,
            character_set=self.character_set,
            certificate_digest=digest,
            tls_required=self.tls_required,
            call_by_tls=self.call_by_tls,
        )


class NewDevice(DeviceEntry):
    ae_title: str = Field(max_length=64)
    site: str = Field(max_length=40)
    """The site's code."""


class ChangedDevice(DeviceEntry):
    revision: int


@router.get("")
def list_devices(request: Request, staff: Looking) -> dict[str, Any]:
    with in_snapshot(office_of(request), staff) as ctx:
        found = devices.overview(ctx)
    return {
        "devices": [_device_json(each) for each in found.devices],
        "calls": [_call_json(each) for each in found.calls],
    }


@router.post("", status_code=201)
def add(request: Request, staff: Acting, body: NewDevice) -> dict[str, Any]:
    made = add_device(office_of(request), staff, ae_title=body.ae_title, site=body.site, entry=body.entry())
    return _one(request, staff, made.id)


@router.put("/{device_id}")
def change(request: Request, staff: Acting, device_id: str, body: ChangedDevice) -> dict[str, Any]:
    change_device(office_of(request), staff, device_id, body)
    return _one(request, staff, device_id)


@router.post("/{device_id}/end", status_code=204)
def end(request: Request, staff: Acting, device_id: str) -> None:
    end_device(office_of(request), staff, device_id)


def add_device(office: Office, staff: Staff, *, ae_title: str, site: str, entry: Entry) -> Device:
    """Register a device.

    Raises:
        NotThere: no such site, or it is not theirs to keep.
        Invalid: the entry breaks a rule of the register.

    """
    now = office.clock()
    with transaction(office.engine) as tx:
        owner = organisations.by_code(tx, site)
        if owner is None or owner.id not in device_register.oversight(tx, staff, now).keeps:
            raise NotThere
        return Register(office.audit, staff).add(tx, ae_title=ae_title, site_id=owner.id, entry=entry, now=now)


def change_device(office: Office, staff: Staff, device_id: str, body: ChangedDevice) -> Device:
    now = office.clock()
    with going_in(office, staff, Action.DEVICE_CHANGE, "device", device_id) as ctx:
        one = device_register.kept_by(ctx.tx, staff, device_id, now)
        entry = body.entry(one.certificate_digest)
        entry = replace(entry, issuer=entry.issuer or one.issuer)
        return Register(office.audit, staff).change(ctx.tx, one, entry, revision=body.revision, now=now)


def end_device(office: Office, staff: Staff, device_id: str) -> None:
    now = office.clock()
    with going_in(office, staff, Action.DEVICE_END, "device", device_id) as ctx:
        Register(office.audit, staff).end(ctx.tx, device_register.kept_by(ctx.tx, staff, device_id, now), now)


def kept_sites(ctx: Context[Staff]) -> list[Organisation]:
    """The sites whose devices somebody registers, in the order of their codes."""
    keeps = device_register.oversight(ctx.tx, ctx.who, ctx.now).keeps
    return sorted((one for one in organisations.list_all(ctx.tx) if one.id in keeps), key=lambda one: one.code)


def _one(request: Request, staff: Staff, device_id: str) -> dict[str, Any]:
    with in_snapshot(office_of(request), staff) as ctx:
        found = devices.overview(ctx)
    return next(_device_json(each) for each in found.devices if each.device.id == device_id)


def _device_json(own: SiteDevice) -> dict[str, Any]:
    one, contact = own.device, own.contact
    return {
        "id": one.id,
        "ae_title": one.ae_title,
        "site": own.site.code,
        "network": one.network,
        "host": one.host,
        "port": one.port,
        "issuer": one.issuer,
        "character_set": one.character_set,
        "certificate_sha256": one.certificate_digest.hex() if one.certificate_digest else None,
        "tls_required": one.tls_required,
        "call_by_tls": one.call_by_tls,
        "revision": one.revision,
        "heard_at": _moment(contact.heard_at),
        "stored_at": _moment(contact.stored_at),
        "refused_at": _moment(contact.refused_at),
        "refusal": contact.refusal,
        "refused_called": contact.refused_called,
        "refused_address": contact.refused_address,
        "instance_refused_at": _moment(contact.instance_refused_at),
        "instance_refusal": contact.instance_refusal,
        "last_day": {
            "associations": contact.associations,
            "refusals": contact.refusals,
            "stored": contact.stored,
            "instances_refused": contact.instances_refused,
        },
    }


def _call_json(one: Call) -> dict[str, Any]:
    return {
        "id": one.id,
        "ae_title": one.ae_title,
        "address": one.address,
        "reason": one.reason,
        "calls": one.calls,
        "first_at": _moment(one.first_at),
        "last_at": _moment(one.last_at),
    }


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
