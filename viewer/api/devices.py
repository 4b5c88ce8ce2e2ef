"""/api/devices: the register of devices, their last contacts, and callers whom nobody knows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.engine import Connection
from starlette.requests import Request

from reading.actions import Action
from reading.register import device_register, organisations
from reading.register.device_contacts import Call
from reading.register.devices import Device, Entry
from reading.register.organisations import Organisation
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Acting, Looking
from viewer.http.office import Office, office_of
from viewer.http.on_record import acting, going_in
from viewer.views import devices
from viewer.views.devices import Seen

router = APIRouter(prefix="/api/devices")


class DeviceEntry(BaseModel):
    """What may be changed of a device; ``certificate`` is PEM, empty for none.

    A change without a certificate (None) or without an issuer keeps the ones that are there.
    """

    model_config = ConfigDict(extra="forbid")

    network: str = Field(max_length=64)
    host: str = Field(default="", max_length=255)
    port: int | None = None
    issuer: str = Field(default="", max_length=64)
    character_set: str = Field(default="", max_length=16)
    certificate: str | None = Field(default=None, max_length=20_000)
    tls_required: bool = False
    call_by_tls: bool = False

    def fields(self) -> dict[str, Any]:
        """The fields of an `Entry` that are given.

        Raises:
            Invalid: the certificate is none.

        """
        given: dict[str, Any] = {
            "network": self.network,
            "host": self.host,
            "port": self.port,
            "character_set": self.character_set,
            "tls_required": self.tls_required,
            "call_by_tls": self.call_by_tls,
        }
        if self.issuer:
            given["issuer"] = self.issuer
        if self.certificate is not None:
            pem = self.certificate.strip()
            given["certificate_digest"] = device_register.certificate_digest(pem.encode()) if pem else None
        return given


class NewDevice(DeviceEntry):
    ae_title: str = Field(max_length=64)
    site: str = Field(max_length=40)
    """Its code."""


class ChangedDevice(DeviceEntry):
    revision: int


@router.get("")
def listed(request: Request, staff: Looking) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with snapshot(office.engine) as tx:
        found = devices.overview(tx, staff, now)
    return {
        "devices": [_shown(each) for each in found.devices],
        "calls": [_shown_call(each) for each in found.calls],
    }


@router.post("", status_code=201)
def add(request: Request, staff: Acting, body: NewDevice) -> dict[str, Any]:
    made = add_device(office_of(request), staff, ae_title=body.ae_title, site=body.site, body=body)
    return _one(request, staff, made.id)


@router.put("/{device_id}")
def change(request: Request, staff: Acting, device_id: str, body: ChangedDevice) -> dict[str, Any]:
    change_device(office_of(request), staff, device_id, body)
    return _one(request, staff, device_id)


@router.post("/{device_id}/end", status_code=204)
def end(request: Request, staff: Acting, device_id: str) -> None:
    end_device(office_of(request), staff, device_id)


def add_device(office: Office, staff: Staff, *, ae_title: str, site: str, body: DeviceEntry) -> Device:
    """Register a device.

    Raises:
        NotThere: no such site, or it is not theirs to keep.
        Invalid: the entry cannot be.

    """
    entry = Entry(**body.fields())
    with acting(office, staff) as ctx:
        return device_register.add(ctx, ae_title=ae_title, site_code=site, entry=entry)


def change_device(office: Office, staff: Staff, device_id: str, body: ChangedDevice) -> Device:
    with going_in(office, staff, Action.DEVICE_CHANGE, "device", device_id) as ctx:
        return device_register.change(ctx, device_id, revision=body.revision, **body.fields())


def end_device(office: Office, staff: Staff, device_id: str) -> None:
    with going_in(office, staff, Action.DEVICE_END, "device", device_id) as ctx:
        device_register.end(ctx, device_id)


def kept_sites(tx: Connection, staff: Staff, now: datetime) -> list[Organisation]:
    """The sites whose devices somebody registers, in the order of their codes."""
    keeps = device_register.oversight(tx, staff, now).keeps
    return sorted((one for one in organisations.list_all(tx) if one.id in keeps), key=lambda one: one.code)


def _one(request: Request, staff: Staff, device_id: str) -> dict[str, Any]:
    office, now = office_of(request), office_of(request).clock()
    with snapshot(office.engine) as tx:
        found = devices.overview(tx, staff, now)
    return next(_shown(each) for each in found.devices if each.device.id == device_id)


def _shown(seen: Seen) -> dict[str, Any]:
    one, contact = seen.device, seen.contact
    return {
        "id": one.id,
        "ae_title": one.ae_title,
        "site": seen.site.code,
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


def _shown_call(one: Call) -> dict[str, Any]:
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
