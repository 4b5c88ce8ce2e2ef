"""A device's entry as a form or a body brings it, and its way into the register."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from reading.actions import Action
from reading.context import Context
from reading.kinds import DeviceRight
from reading.register import device_register, organisations
from reading.register.devices import Device, Entry
from reading.register.organisations import Organisation
from reading.viewers import Staff
from viewer.http.office import Office
from viewer.http.on_record import acting, going_in
from viewer.http.plain_fields import Plain


class DeviceEntry(BaseModel):
    """What may be changed of a device; ``certificate`` is PEM, empty for none.

    A change without a certificate (None) or without an issuer keeps the ones that are there.
    """

    model_config = ConfigDict(extra="forbid")

    network: Annotated[str, Plain] = Field(max_length=64)
    host: Annotated[str, Plain] = Field(default="", max_length=255)
    port: Annotated[int | None, Plain] = None
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


class ChangedDevice(DeviceEntry):
    revision: int


class DeviceRights(BaseModel):
    """All that a device may do from now on."""

    model_config = ConfigDict(extra="forbid")

    may: set[DeviceRight]
    revision: int


def add_device(office: Office, staff: Staff, *, ae_title: str, site: str, body: DeviceEntry) -> Device:
    """Register a device.

    Raises:
        NotThere: no such site, or it is not theirs to keep.
        Invalid: the entry breaks a rule of the register.

    """
    entry = Entry(**body.fields())
    with acting(office, staff) as ctx:
        return device_register.add(ctx, ae_title=ae_title, site_code=site, entry=entry)


def change_device(office: Office, staff: Staff, device_id: str, body: ChangedDevice) -> Device:
    with going_in(office, staff, Action.DEVICE_CHANGE, "device", device_id) as ctx:
        device_register.kept_by(ctx.tx, staff, device_id, ctx.now)  # before the certificate is read: 404 comes first
        return device_register.change(ctx, device_id, revision=body.revision, **body.fields())


def set_device_rights(office: Office, staff: Staff, device_id: str, body: DeviceRights) -> None:
    with going_in(office, staff, Action.DEVICE_RIGHTS, "device", device_id) as ctx:
        device_register.set_rights(ctx, device_id, body.may, revision=body.revision)


def end_device(office: Office, staff: Staff, device_id: str, revision: int) -> None:
    with going_in(office, staff, Action.DEVICE_END, "device", device_id) as ctx:
        device_register.end(ctx, device_id, revision=revision)


def kept_sites(ctx: Context[Staff]) -> list[Organisation]:
    """The sites whose devices somebody registers, in the order of their codes."""
    keeps = device_register.oversight(ctx.tx, ctx.who, ctx.now).keeps
    return sorted((one for one in organisations.list_all(ctx.tx) if one.id in keeps), key=lambda one: one.code)
