"""/office/devices: the register of devices, for administrators and quality managers; /t/devices: a site's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import Role
from reading.register import device_contacts, device_register
from reading.register import devices as devices_of
from reading.register.devices import CHARACTER_SETS, Device, Entry
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http.callers import Looking, Submitting
from viewer.http.device_entry import ChangedDevice, DeviceEntry, add_device, change_device, end_device, kept_sites
from viewer.http.office import office_of
from viewer.http.on_record import ULID, going_in, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.slips import hand_over, handed_over, shown
from viewer.pages.sign_in import words_for
from viewer.views import devices, meanwhile

router = APIRouter()

FIELDS: Final = ("network", "host", "port", "issuer", "character_set", "certificate", "tls_required", "call_by_tls")
BLANK: Final = {**dict.fromkeys((*FIELDS, "ae_title", "site"), "")}
READABLE: Final = ("", "GB18030", "GBK", "ISO_IR 192", "ISO_IR 100", "ISO 2022 IR 58")
"""The character sets that the form offers first: those of devices in China."""

Field = Annotated[str, Form(max_length=255)]
Pem = Annotated[str, Form(max_length=20_000)]


@router.get("/office/devices")
def show(request: Request, staff: Looking, done: Annotated[str, Query(max_length=16)] = "") -> Response:
    office, language = office_of(request), language_of(request)
    with in_snapshot(office, staff) as ctx:
        found = devices.overview(ctx)
        now = ctx.now
    if not found.strangers:
        raise NotThere  # they look after no devices
    known = {each.device.id: each for each in found.devices}
    return staff_page(
        request,
        staff,
        "devices.html",
        ours=office.ae_title,
        rows=[
            devices.row(
                each,
                language,
                office.ae_title,
                now,
                keeps=each.site.id in found.keeps,
                entrusts=each.site.id in found.entrusts,
            )
            for each in found.devices
        ],
        calls=[devices.call_row(each, known, language, office.ae_title, now) for each in found.calls],
        keeps=bool(found.keeps),
        acts=bool(found.keeps or found.entrusts),
        done=done if done in {"added", "changed", "ended", "rights", "token", "imported"} else "",
    )


@router.get("/office/devices/new")
def show_new(request: Request, staff: Looking, call: Annotated[str, Query(max_length=26)] = "") -> Response:
    with snapshot(office_of(request).engine) as tx:
        caller = device_contacts.call_by_id(tx, call) if ULID.fullmatch(call) else None
    typed = BLANK if caller is None else {**BLANK, "ae_title": caller.ae_title, "network": caller.address}
    return _form(request, staff, typed)


@router.post("/office/devices/new")
def add(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    ae_title: Annotated[Field, Plain],
    site: Field,
    network: Annotated[Field, Plain],
    host: Annotated[Field, Plain] = "",
    port: Annotated[Field, Plain] = "",
    issuer: Field = "",
    character_set: Field = "",
    certificate: Pem = "",
    tls_required: Field = "",
    call_by_tls: Field = "",
) -> Response:
    typed = _typed(network, host, port, issuer, character_set, certificate, tls_required, call_by_tls)
    try:
        body = DeviceEntry(**_values(typed))
        add_device(office_of(request), staff, ae_title=ae_title, site=site, body=body)
    except Invalid as wrong:
        others = [*devices_of.title_problems(ae_title), *_problems(typed)]
        return _form(request, staff, {**typed, "ae_title": ae_title, "site": site}, wrong=wrong, others=others)
    return RedirectResponse("/office/devices?done=added", status_code=303)


@router.get("/office/devices/{device_id}")
def show_one(request: Request, staff: Looking, device_id: str) -> Response:
    office = office_of(request)
    with going_in(office, staff, Action.DEVICE_OPEN, "device", device_id) as ctx:
        one = device_register.kept_by(ctx.tx, staff, device_id, office.clock())
    return _form(request, staff, _of(one), one=one)


@router.post("/office/devices/{device_id}")
def change(  # noqa: PLR0917
    request: Request,
    staff: Submitting,
    device_id: str,
    network: Annotated[Field, Plain],
    revision: Annotated[int, Form()],
    host: Annotated[Field, Plain] = "",
    port: Annotated[Field, Plain] = "",
    issuer: Field = "",
    character_set: Field = "",
    certificate: Pem = "",
    no_certificate: Field = "",
    tls_required: Field = "",
    call_by_tls: Field = "",
    was: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    office = office_of(request)
    typed = _typed(network, host, port, issuer, character_set, certificate, tls_required, call_by_tls)
    with going_in(office, staff, Action.DEVICE_CHANGE, "device", device_id) as ctx:
        one = device_register.kept_by(ctx.tx, staff, device_id, office.clock())
    shown: Mapping[str, str] = {}
    try:
        shown = meanwhile.as_shown(was)
        values = _values(typed)
        if no_certificate:
            values["certificate"] = ""
        change_device(office, staff, device_id, ChangedDevice(**values, revision=revision))
    except (Invalid, Stale) as wrong:
        form = {**_of(one), **meanwhile.changed(shown, typed)}
        newer = [field for field, value in _of(one).items() if shown.get(field, value) != value]
        return _form(
            request,
            staff,
            form,
            one=one,
            wrong=wrong,
            others=_problems(typed, None if no_certificate else one.certificate_digest),
            newer=newer,
        )
    return RedirectResponse("/office/devices?done=changed", status_code=303)


@router.post("/office/devices/{device_id}/end")
def end(request: Request, staff: Submitting, device_id: str, revision: Annotated[int, Form()]) -> Response:
    end_device(office_of(request), staff, device_id, revision)
    return RedirectResponse("/office/devices?done=ended", status_code=303)


@router.post("/office/devices/{device_id}/token")
def make_token(
    request: Request, staff: Submitting, device_id: str, days: Annotated[Annotated[str, Form(max_length=4)], Plain] = ""
) -> Response:
    """A token for DICOMweb; the answer is a slip with it, which is shown once. The one before ends."""
    office = office_of(request)
    try:
        with going_in(office, staff, Action.DEVICE_TOKEN, "device", device_id) as ctx:
            wanted = int(days) if days.isascii() and days.isdigit() else 0
            token = device_register.make_token(ctx, device_id, days=wanted)
            until = devices.token_day(ctx.tx, device_id, ctx.now)
    except Invalid as wrong:
        with going_in(office, staff, Action.DEVICE_OPEN, "device", device_id) as ctx:
            one = device_register.kept_by(ctx.tx, staff, device_id, ctx.now)
        return _form(request, staff, _of(one), one=one, wrong=wrong)
    return hand_over(request, staff, f"/office/devices/{device_id}/token", {"token": token, "until": until})


@router.get("/office/devices/{device_id}/token")
def show_token(request: Request, staff: Looking, device_id: str) -> Response:
    slip = handed_over(request, staff)
    with going_in(office_of(request), staff, Action.DEVICE_OPEN, "device", device_id) as ctx:
        one = device_register.kept_by(ctx.tx, staff, device_id, ctx.now)
    if slip is None:
        return RedirectResponse("/office/devices?done=token", status_code=303)
    return shown(
        request, staff_page(request, staff, "device_token.html", one=one, token=slip["token"], until=slip["until"])
    )


@router.get("/t/devices")
def show_own(request: Request, staff: Looking) -> Response:
    """The devices of the sites where the technician works, with what helps on the telephone."""
    office, language = office_of(request), language_of(request)
    own = frozenset(grant.organisation_id for grant in staff.grants if grant.role is Role.TECHNICIAN)
    with in_snapshot(office, staff) as ctx:
        found = devices.overview(ctx, site_ids=own)
        now = ctx.now
    rows = [devices.row(each, language, office.ae_title, now, keeps=False) for each in found.devices]
    return staff_page(request, staff, "township_devices.html", rows=rows, ours=office.ae_title)


def _form(
    request: Request,
    staff: Staff,
    form: Mapping[str, str],
    *,
    one: Device | None = None,
    wrong: Invalid | Stale | None = None,
    others: Sequence[Invalid] = (),
    newer: Sequence[str] = (),
) -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        sites = kept_sites(ctx)
    if not sites:
        raise NotThere  # they may change no site's devices
    first = wrong.field if isinstance(wrong, Invalid) else ""
    told = ([wrong] if wrong else []) + [one for one in others if one.field != first]
    return staff_page(
        request,
        staff,
        "device.html",
        ours=office_of(request).ae_title,
        status=problem_of(wrong).status if wrong else 200,
        form=form,
        one=one,
        was=json.dumps(_of(one), ensure_ascii=False) if one else "",
        newer=[(field, _of(one)[field]) for field in newer] if one else [],
        sites=sites,
        character_sets=[*READABLE, *sorted(CHARACTER_SETS - set(READABLE))],
        wrong={one.field for one in told if isinstance(one, Invalid)},
        problems=[words_for(request, one) for one in told],
    )


def _typed(*values: str) -> dict[str, str]:
    return dict(zip(FIELDS, values, strict=True))


def _problems(typed: Mapping[str, str], bound: bytes | None = None) -> list[Invalid]:
    """All that is wrong with the form, a fault a field, so that nobody mends them one by one.

    ``bound``: the digest of the certificate that the device has and keeps.
    """
    found, pem = _form_problems(typed), typed["certificate"].strip()
    try:
        digest = device_register.certificate_digest(pem.encode()) if pem else bound
    except Invalid as wrong:
        found.append(wrong)
        digest = hashlib.sha256(b"").digest()  # that there is none is no fault besides
    port = typed["port"].strip()
    entry = Entry(
        network=typed["network"],
        port=int(port) if port.isdecimal() else None,
        certificate_digest=digest,
        character_set=typed["character_set"].strip(),
        host=typed["host"],
    )
    found += devices_of.entry_problems(entry)
    return list({one.field: one for one in reversed(found)}.values())[::-1]


def _form_problems(typed: Mapping[str, str]) -> list[Invalid]:
    port = typed["port"].strip()
    found = [Invalid("port", "range")] if port and not port.isdecimal() else []
    longest = (("network", 64), ("issuer", 64), ("character_set", 16))
    return found + [Invalid(name, "length") for name, most in longest if len(typed[name]) > most]


def _values(typed: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the form as the body of the API has them.

    Raises:
        Invalid: the port is no number, or a text is too long.

    """
    for wrong in _form_problems(typed):
        raise wrong
    port = typed["port"].strip()
    return {
        **{name: typed[name].strip() for name in ("network", "host", "issuer", "character_set")},
        "port": int(port) if port else None,
        "certificate": typed["certificate"].strip() or None,
        "tls_required": bool(typed["tls_required"]),
        "call_by_tls": bool(typed["call_by_tls"]),
    }


def _of(one: Device) -> dict[str, str]:
    return {
        "ae_title": one.ae_title,
        "site": "",
        "network": devices.shown_network(one.network),
        "host": one.host,
        "port": "" if one.port is None else str(one.port),
        "issuer": one.issuer,
        "character_set": one.character_set,
        "certificate": "",
        "tls_required": "1" if one.tls_required else "",
        "call_by_tls": "1" if one.call_by_tls else "",
    }
