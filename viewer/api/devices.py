"""/api/devices: the register of devices, their last contacts, and callers whom nobody knows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from reading.register.device_contacts import Call
from reading.viewers import Staff
from viewer.api import bodies
from viewer.http.callers import Acting, Looking
from viewer.http.device_entry import (
    ChangedDevice,
    DeviceEntry,
    DeviceRights,
    add_device,
    change_device,
    end_device,
    set_device_rights,
)
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot
from viewer.http.plain_fields import Plain
from viewer.views import devices
from viewer.views.devices import SiteDevice

router = APIRouter(prefix="/api/devices")


class NewDevice(DeviceEntry):
    ae_title: Annotated[str, Plain] = Field(max_length=64)
    site: str = Field(max_length=40)
    """The site's code."""


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
    made = add_device(office_of(request), staff, ae_title=body.ae_title, site=body.site, body=body)
    return _one(request, staff, made.id)


@router.put("/{device_id}")
def change(request: Request, staff: Acting, device_id: str, body: ChangedDevice) -> dict[str, Any]:
    change_device(office_of(request), staff, device_id, body)
    return _one(request, staff, device_id)


@router.put("/{device_id}/rights")
def set_rights(request: Request, staff: Acting, device_id: str, body: DeviceRights) -> dict[str, Any]:
    set_device_rights(office_of(request), staff, device_id, body)
    return _one(request, staff, device_id)


@router.post("/{device_id}/end", status_code=204)
def end(request: Request, staff: Acting, device_id: str, body: bodies.Held) -> None:
    end_device(office_of(request), staff, device_id, body.revision)


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
        "may": sorted(own.may),
        "lacks": {str(right): _moment(at) for right, at in own.lacks.items()},
        "token_until": _moment(own.token_until),
        "heard_at": _moment(contact.heard_at),
        "stored_at": _moment(contact.stored_at),
        "refused_at": _moment(contact.refused_at),
        "refusal": contact.refusal,
        "refused_called": contact.refused_called,
        "refused_address": contact.refused_address,
        "instance_refused_at": _moment(contact.instance_refused_at),
        "instance_refusal": contact.instance_refusal,
        "classes_refused_at": _moment(contact.classes_refused_at),
        "classes_refused": contact.classes_refused,
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
