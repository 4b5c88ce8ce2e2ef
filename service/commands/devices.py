"""The commands `device` (or `devices`): which devices may send, how they call, and whether they could."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.engine import Connection

from reading.audit import Audit
from reading.errors import Invalid
from reading.kinds import DeviceRight
from reading.register import device_contacts, device_register, device_rights, devices, organisations
from reading.register.devices import Device, Entry
from reading.register.import_columns import Kind
from service.commands.errors import cannot_read
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows, to_json
from service.commands.register_import import Preview, Table, import_table
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from storage.commitment import unsent_reports

commands = typer.Typer(help="Devices that may send, and their tokens for DICOMweb.", no_args_is_help=True)

Title = Annotated[str, typer.Argument(help="The device's application entity title.")]
CallAt = Annotated[
    str | None, typer.Option(help="Address or name where we call it, if not the one address that it calls from.")
]
CharacterSet = Annotated[
    str | None, typer.Option(help="What its text is written in when it does not say, such as GB18030.")
]
Certificate = Annotated[
    Path | None, typer.Option(help="File with the certificate (PEM or DER) that it must show; it calls by TLS then.")
]
TlsRequired = Annotated[bool | None, typer.Option("--tls-required/--no-tls-required", help="It may only call by TLS.")]
May = Annotated[
    str | None,
    typer.Option(help="What it may do, with commas: store, worklist, query, retrieve, reject. New: store,worklist."),
]
CallByTls = Annotated[bool | None, typer.Option("--call-by-tls/--no-call-by-tls", help="We call it by TLS.")]


@commands.command("add")
def add_device(
    ae_title: Annotated[str, typer.Argument(help="Its application entity title, at most 16 characters.")],
    *,
    host: Annotated[str, typer.Option(help="Address or network that it calls from, such as 10.1.2.3 or 10.1.2.0/24.")],
    site: Annotated[str, typer.Option(help="Code of the organisation that owns it.")],
    port: Annotated[int | None, typer.Option(help="Port where we call it.", min=1, max=65535)] = None,
    issuer: Annotated[
        str | None, typer.Option(help="Who issues the patient ids that it sends; the site's code by default.")
    ] = None,
    call_at: CallAt = None,
    character_set: CharacterSet = None,
    certificate: Certificate = None,
    tls_required: TlsRequired = None,
    call_by_tls: CallByTls = None,
    may: May = None,
    as_json: AsJson = False,
) -> None:
    """Add a device that may send.

    Queries, retrievals and rejections are otherwise allowed by a quality manager, at /office/devices.
    """
    more = _given(
        host=call_at,
        character_set=character_set,
        certificate_digest=_digest_in(certificate),
        tls_required=tls_required,
        call_by_tls=call_by_tls,
    )
    with open_registry() as ctx:
        entry = Entry(network=host, port=port, issuer=issuer or "", **more)
        rights = device_rights.USUAL if may is None else _rights(may)
        made = device_register.add(ctx, ae_title=ae_title, site_code=site, entry=entry, may=rights)
        answer(as_json, _of_device(ctx.tx, made, ctx.now), f"added {made.ae_title} at {made.network} for {site}")


@commands.command("import")
def import_devices(file: Table, *, preview: Preview = False, as_json: AsJson = False) -> None:
    """Add the devices of a table, all or none; each wrong line is named."""
    import_table(Kind.DEVICES, file, preview=preview, as_json=as_json)


@commands.command("set")
def set_device(
    ae_title: Title,
    *,
    host: Annotated[str | None, typer.Option(help="Address or network that it calls from.")] = None,
    port: Annotated[int | None, typer.Option(help="Port where we call it, 0 for nowhere.", min=0, max=65535)] = None,
    issuer: Annotated[str | None, typer.Option(help="Who issues the patient ids that it sends.")] = None,
    call_at: CallAt = None,
    character_set: CharacterSet = None,
    certificate: Certificate = None,
    no_certificate: Annotated[bool, typer.Option("--no-certificate", help="It need not show one any longer.")] = False,
    tls_required: TlsRequired = None,
    call_by_tls: CallByTls = None,
    may: May = None,
    as_json: AsJson = False,
) -> None:
    """Change a device's entry; what is not named stays. Its title and site never change: end it and add another."""
    changed = _given(
        network=host,
        issuer=issuer,
        host=call_at,
        character_set=character_set,
        certificate_digest=_digest_in(certificate),
        tls_required=tls_required,
        call_by_tls=call_by_tls,
    )
    if port is not None:
        changed["port"] = port or None
    if no_certificate:
        changed["certificate_digest"] = None
    with open_registry() as ctx:
        one = device_register.by_title(ctx.tx, ae_title, ctx.now)
        made = device_register.change(ctx, one.id, revision=one.revision, **changed)
        if may is not None:
            device_register.set_rights(ctx, one.id, _rights(may), revision=made.revision)
            made = devices.by_id(ctx.tx, one.id) or made
        answer(as_json, _of_device(ctx.tx, made, ctx.now), f"changed {made.ae_title}")


@commands.command("token")
def token(
    ae_title: Title,
    *,
    days: Annotated[
        int, typer.Option(help="Days that it holds.", min=1, max=device_register.LONGEST_TOKEN_DAYS)
    ] = device_register.TOKEN_DAYS,
    as_json: AsJson = False,
) -> None:
    """Make a token for DICOMweb, printed once: `Authorization: Bearer TOKEN`. The device's earlier one ends."""
    with open_registry() as ctx:
        one = device_register.by_title(ctx.tx, ae_title, ctx.now)
        made = device_register.make_token(ctx, one.id, days=days)
        until = devices.token_ends(ctx.tx, [one.id], ctx.now)[one.id]
        answer(as_json, {"ae_title": ae_title, "token": made, "until": until}, made)


@commands.command("list")
def list_devices(*, as_json: AsJson = False) -> None:
    """List the devices: what they may do, what they lately asked for without a right to it, their last contact.

    `token_until` is when the token for DICOMweb ends; `!` stands before it in the last thirty days.
    """
    with open_registry() as ctx:
        rows = [_of_device(ctx.tx, one, ctx.now) for one in devices.list_all(ctx.tx)]
    if not as_json:
        rows = [_as_line(each) for each in rows]
    shown = ("ae_title", "network", "port", "site", "issuer", "may", "lacks", "heard_at", "stored_at", "refusal")
    answer_rows(as_json, rows, (*shown, "token_until", "until"))


@commands.command("end")
def end_device(ae_title: Title, *, as_json: AsJson = False) -> None:
    """End a device: it is refused from now on; what it sent stays."""
    with open_registry() as ctx:
        ended = device_register.by_title(ctx.tx, ae_title, ctx.now)
        device_register.end(ctx, ended.id)
        answer(as_json, _of_device(ctx.tx, devices.by_id(ctx.tx, ended.id) or ended, ctx.now), f"ended {ae_title}")


@commands.command("check")
def check_device(ae_title: Title, *, as_json: AsJson = False) -> None:
    """Try what the device and this TierRead do with each other; it has to run here.

    An echo to the device, whether its calls would be known, and in its name a worklist query and a store of a
    test picture, which is checked and given up: nothing of it stays. Exit code 1: a step failed.
    """
    from service.commands import device_check  # noqa: PLC0415 the other commands start faster without the DICOM libraries
    from service.installation.certificates import certificates_of  # noqa: PLC0415

    settings = load(os.environ)
    make_folders(settings, demo=None)
    certificates = certificates_of(settings)
    engine = open_database(settings)
    done: list[device_check.Step] = []
    try:
        audit = Audit(f"{settings.node}/cli")
        for step in device_check.check(settings, engine, audit, certificates, ae_title=ae_title, now=datetime.now(UTC)):
            done.append(step)
            if not as_json:
                typer.echo(f"{step.result:<8} {step.name:<12} {step.said}")
                if step.remedy:
                    typer.echo(f"{'':<8} {'':<12} -> {step.remedy}")
    finally:
        engine.dispose()
    failed = any(step.result is device_check.Result.FAIL for step in done)
    if as_json:
        typer.echo(to_json({"ae_title": ae_title, "passed": not failed, "steps": [asdict(step) for step in done]}))
    raise typer.Exit(1 if failed else 0)


def _rights(text: str) -> frozenset[DeviceRight]:
    """Raises: Invalid, where a word is none of the rights."""
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    if not set(words) <= set(DeviceRight):
        raise Invalid("may", "unknown")
    return frozenset(DeviceRight(word) for word in words)


def _as_line(row: dict[str, Any]) -> dict[str, Any]:
    ends = "" if row["token_until"] is None else row["token_until"].astimezone().strftime("%Y-%m-%d")
    return {
        **row,
        "may": ",".join(row["may"]),
        "lacks": ",".join(row["lacks"]),
        "token_until": f"! {ends}" if row["token_ends_soon"] else ends,
    }


def _given(**values: Any) -> dict[str, Any]:
    """What was named on the command line."""
    return {name: value for name, value in values.items() if value is not None}


def _digest_in(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return device_register.certificate_digest(path.read_bytes())
    except OSError as unreadable:
        raise cannot_read(path, unreadable) from unreadable


def _of_device(tx: Connection, one: Device, now: datetime) -> dict[str, object]:
    site = organisations.by_id(tx, one.site_id)
    contact = device_contacts.of(tx, [one.id], now)[one.id]
    token_until = devices.token_ends(tx, [one.id], now).get(one.id)
    return {
        "id": one.id,
        "ae_title": one.ae_title,
        "network": one.network,
        "call_at": one.host,
        "port": one.port,
        "site": site.code if site else None,
        "issuer": one.issuer,
        "character_set": one.character_set,
        "certificate": one.certificate_digest.hex() if one.certificate_digest else None,
        "tls_required": one.tls_required,
        "call_by_tls": one.call_by_tls,
        "may": sorted(device_rights.of(tx, one.id, now)),
        "lacks": sorted(device_rights.lacking(tx, [one.id])[one.id]),
        "token_until": token_until,
        "token_ends_soon": token_until is not None and token_until - now < devices.TOKEN_ENDS_SOON,
        "heard_at": contact.heard_at,
        "stored_at": contact.stored_at,
        "refused_at": contact.refused_at,
        "refusal": contact.refusal,
        "commitments": _waiting_for(tx, one),
        "since": one.since,
        "until": one.until,
    }


def _waiting_for(tx: Connection, one: Device) -> dict[str, object] | None:
    """What a device was not told of its storage commitments, and why."""
    waiting = unsent_reports.backlog_of(tx, one.id)
    if waiting is None:
        return None
    return {"untold": waiting.reports, "since": waiting.since, "failure": waiting.failure}


# FIX
