"""The register of devices in words: last contact, each refusal with what to do about it, unknown callers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.engine import Connection

from reading.context import Context
from reading.kinds import DeviceRight
from reading.register import device_contacts, device_register, device_rights, devices, organisations
from reading.register.device_contacts import Call, Contact
from reading.register.devices import Device
from reading.register.grants import reach
from reading.register.organisations import Organisation
from reading.viewers import Staff
from viewer.words import words
from viewer.words.catalogue import Language, catalogue, text

QUIET: Final = timedelta(days=2)
"""A device that has not called for so long is pointed out."""
SHOWN_CALLS: Final = 50


@dataclass(frozen=True, kw_only=True)
class SiteDevice:
    """A device with its site and its last contacts."""

    device: Device
    site: Organisation
    contact: Contact
    may: frozenset[DeviceRight]
    lacks: Mapping[DeviceRight, datetime]
    """What it lately asked for and has no right to, with the last time."""
    token_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The part of the register that somebody may see."""

    devices: list[SiteDevice]
    calls: list[Call]
    keeps: frozenset[str]
    """Ids of the sites whose entries they may change."""
    entrusts: frozenset[str]
    """Ids of the sites whose devices they may give every right."""
    strangers: bool
    """Whether they see callers that match no entry."""


def overview(ctx: Context[Staff], *, site_ids: frozenset[str] | None = None) -> Overview:
    """The devices that somebody looks after, ordered by site; only those of ``site_ids`` where that is given."""
    allowed = device_register.oversight(ctx.tx, ctx.who, ctx.now)
    sites = {one.id: one for one in organisations.list_all(ctx.tx)}
    sees = allowed.sees if site_ids is None else allowed.sees & site_ids
    found = [one for one in devices.list_all(ctx.tx) if one.site_id in sees and one.until is None]
    known = device_contacts.of(ctx.tx, [one.id for one in found], ctx.now)
    ids = [one.id for one in found]
    may, lacks = device_rights.of_each(ctx.tx, ids, ctx.now), device_rights.lacking(ctx.tx, ids)
    tokens = devices.token_ends(ctx.tx, ids, ctx.now)
    own = [
        SiteDevice(
            device=one,
            site=sites[one.site_id],
            contact=known[one.id],
            may=may[one.id],
            lacks=lacks[one.id],
            token_until=tokens.get(one.id),
        )
        for one in found
    ]
    return Overview(
        devices=sorted(own, key=lambda each: (each.site.code, each.device.ae_title, each.device.network)),
        calls=device_contacts.calls(ctx.tx, SHOWN_CALLS) if allowed.strangers else [],
        keeps=allowed.keeps,
        entrusts=reach(ctx.tx, ctx.who, ctx.now).managed,
        strangers=allowed.strangers,
    )


def token_day(tx: Connection, device_id: str, now: datetime) -> str:
    """The day on which a device's token ends; empty where it has none."""
    until = devices.token_ends(tx, [device_id], now).get(device_id)
    return "" if until is None else words.day(until, organisations.TIME_ZONE)


def row(
    own: SiteDevice, language: Language, ours: str, now: datetime, *, keeps: bool, entrusts: bool = False
) -> dict[str, Any]:
    """One device for a page; ``ours`` is our AE title."""
    one, contact, zone = own.device, own.contact, own.site.time_zone

    def at(moment: datetime | None) -> str:
        return "" if moment is None else words.moment_today(moment, zone, now)

    # A refusal is over once the device called again without one.
    over = contact.refused_at is not None and contact.heard_at is not None and contact.heard_at > contact.refused_at
    same = contact.refusal in {"wrong_called_title", "too_many"}  # these count as calls although they were refused
    mended = contact.stored_at is not None and contact.refused_at is not None and contact.stored_at > contact.refused_at
    return {
        "id": one.id,
        "ae_title": one.ae_title,
        "site": own.site.name,
        "network": shown_network(one.network),
        "heard": at(contact.heard_at),
        "quiet": contact.heard_at is None or now - contact.heard_at > QUIET,
        "stored": at(contact.stored_at),
        "refused": at(contact.refused_at),
        "refusal": reason(language, contact.refusal, contact, ours) if contact.refusal else "",
        "remedy": remedy(language, contact.refusal, contact, ours) if contact.refusal else "",
        "standing": contact.refused_at is not None and not mended and (same or not over),
        "instance_refused": at(contact.instance_refused_at),
        "instance_refusal": instance_reason(language, contact.instance_refusal) if contact.instance_refusal else "",
        "classes_refused": contact.classes_refused if _is_late(contact, now) else "",
        "today": text(language, "devices.counts", stored=contact.stored, associations=contact.associations),
        "failed": _failed(language, contact),
        "tls": one.tls_required or one.certificate_digest is not None,
        "keeps": keeps,
        "rights": keeps or entrusts,
        "may": [text(language, f"device-right.{right}") for right in DeviceRight if right in own.may],
        "lacks": [text(language, f"device-right.{right}") for right in DeviceRight if right in own.lacks],
        "token_ends": ""
        if own.token_until is None or own.token_until - now >= devices.TOKEN_ENDS_SOON
        else words.moment(own.token_until, zone),
    }


def _is_late(contact: Contact, now: datetime) -> bool:
    """Whether the device proposed what is not accepted within the days that are shown."""
    return contact.classes_refused_at is not None and now - contact.classes_refused_at < device_contacts.CLASSES_SHOWN


def call_row(one: Call, known: dict[str, SiteDevice], language: Language, ours: str, now: datetime) -> dict[str, Any]:
    """An unknown caller for a page; the device that it may be is named where the reader may see it."""
    likely = known.get(one.device_id or "")
    zone = likely.site.time_zone if likely else organisations.TIME_ZONE
    details = Contact(refused_address=one.address)
    return {
        "id": one.id,
        "who": text(language, "devices.stranger", title=one.ae_title, address=one.address)
        if one.ae_title
        else text(language, "devices.stranger-nameless", address=one.address),
        "reason": reason(language, one.reason, details, ours),
        "remedy": remedy(language, one.reason, details, ours),
        "last": words.moment_today(one.last_at, zone, now),
        "calls": one.calls,
        "device": f"{likely.device.ae_title} · {likely.site.name}" if likely else "",
        "device_id": likely.device.id if likely and likely.device.until is None else "",
        "can_register": bool(one.ae_title),
    }


def _failed(language: Language, contact: Contact) -> str:
    images = text(language, "devices.failed-images", n=contact.instances_refused) if contact.instances_refused else ""
    calls = text(language, "devices.failed-calls", n=contact.refusals) if contact.refusals else ""
    return text(language, "list-comma").join(part for part in (images, calls) if part)


def reason(language: Language, word: str, contact: Contact, ours: str) -> str:
    return _worded(language, "refusal", word, contact, ours)


def remedy(language: Language, word: str, contact: Contact, ours: str) -> str:
    return _worded(language, "refusal-advice", word, contact, ours)


def instance_reason(language: Language, word: str) -> str:
    return catalogue(language).get(f"instance-refusal.{word}", word)


def shown_network(network: str) -> str:
    """A network as people write it: a single address without its prefix length."""
    address, _, length = network.partition("/")
    return address if length == ("128" if ":" in address else "32") else network


def _worded(language: Language, group: str, word: str, contact: Contact, ours: str) -> str:
    pattern = catalogue(language).get(f"{group}.{word}")
    if pattern is None:
        return word if group == "refusal" else ""
    return pattern.format(called=contact.refused_called, ours=ours, address=contact.refused_address)
