"""The commands `org`: organisations, and who reads for whom."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Final

import typer
from sqlalchemy.engine import Connection

from reading.administrators import endings
from reading.kinds import Level, Tier
from reading.register import agreements as reading_agreements
from reading.register import organisation_changes, organisations, registry
from reading.register.import_columns import Kind
from reading.register.organisations import Agreement, Organisation
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows
from service.commands.register_import import Preview, Table, import_table
from service.commands.terms import Since, Until, agreement_end, term_at

commands = typer.Typer(help="Organisations: who takes pictures, who reads for whom.", no_args_is_help=True)
agreements = typer.Typer(help="Agreements: which organisation reads for which site.", no_args_is_help=True)
commands.add_typer(agreements, name="agreement")

NUMBER: Final = "Unified social credit code, or the registration of the medical institution."
Code = Annotated[str, typer.Argument(help="Its code.")]
Region = Annotated[str | None, typer.Option(help="GB/T 2260 code of its region.")]
Number = Annotated[str, typer.Option(help=NUMBER)]
Telephone = Annotated[str, typer.Option(help="Where it is called.")]


@commands.command("add")
def add_org(
    code: Annotated[str, typer.Argument(help="A short code of yours, such as T01; it stays for ever.")],
    name: Annotated[str, typer.Argument(help="Its name as it stands on reports.")],
    *,
    level: Annotated[Level, typer.Option(help="Where it stands in the region.")],
    parent: Annotated[
        str | None,
        typer.Option(help="Code of the organisation above it; by default the county above reads, the city reviews."),
    ] = None,
    region: Region = None,
    number: Number = "",
    telephone: Telephone = "",
    as_json: AsJson = False,
) -> None:
    """Add an organisation."""
    with open_registry() as ctx:
        made = registry.add_organisation(
            ctx,
            code=code,
            name=name,
            level=level,
            parent_code=parent,
            region_code=region,
            institution_number=number,
            telephone=telephone,
        )
        answer(as_json, _of_organisation(ctx.tx, made), f"added {made.level} {made.code} {made.name}")


@commands.command("list")
def list_orgs(*, as_json: AsJson = False) -> None:
    """List the organisations."""
    with open_registry() as ctx:
        rows = [_of_organisation(ctx.tx, one) for one in organisations.list_all(ctx.tx)]
    answer_rows(as_json, rows, ("code", "name", "level", "parent", "region", "since", "until"))


@commands.command("set")
def set_org(
    code: Code,
    *,
    name: Annotated[str | None, typer.Option(help="Its name as it stands on reports.")] = None,
    region: Region = None,
    number: Annotated[str | None, typer.Option(help=NUMBER)] = None,
    telephone: Annotated[str | None, typer.Option(help="Where it is called.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is known of an organisation; what is not named stays, and so do its code and its level."""
    with open_registry() as ctx:
        one = organisations.in_force(ctx.tx, code)
        after = organisation_changes.change(
            ctx,
            code,
            revision=one.revision,
            name=one.name if name is None else name,
            region_code=one.region_code if region is None else region or None,
            institution_number=one.institution_number if number is None else number,
            telephone=one.telephone if telephone is None else telephone,
            time_zone=one.time_zone,
        )
        answer(as_json, _of_organisation(ctx.tx, after), f"changed {code}")


@commands.command("move")
def move_org(
    code: Code,
    *,
    parent: Annotated[str, typer.Option(help="Code of the organisation that it stands under; empty for none.")],
    as_json: AsJson = False,
) -> None:
    """Put an organisation under another one; who reads for whom stays as it is."""
    with open_registry() as ctx:
        one = organisations.in_force(ctx.tx, code)
        after = organisation_changes.move(ctx, code, parent or None, revision=one.revision)
        answer(as_json, _of_organisation(ctx.tx, after), f"moved {code} under {parent or 'none'}")


@commands.command("import")
def import_orgs(file: Table, *, preview: Preview = False, as_json: AsJson = False) -> None:
    """Add the organisations of a table, all or none; each wrong line is named."""
    import_table(Kind.ORGANISATIONS, file, preview=preview, as_json=as_json)


@agreements.command("import")
def import_agreements(file: Table, *, preview: Preview = False, as_json: AsJson = False) -> None:
    """Add the agreements of a table, all or none; each wrong line is named."""
    import_table(Kind.AGREEMENTS, file, preview=preview, as_json=as_json)


@commands.command("end")
def end_org(code: Code, *, as_json: AsJson = False) -> None:
    """End an organisation and its agreements; what it sent and read stays. What is left behind is named."""
    with open_registry() as ctx:
        left = endings.of_organisation(ctx, organisations.in_force(ctx.tx, code).id)
        registry.end_organisation(ctx, code)
        ended = organisations.by_code(ctx.tx, code)
        words = f"ended {code}"
        if left.anything:
            words += (
                f"; left behind: {left.cases} unfinished cases, {left.devices} devices, "
                f"{left.people} people with roles, {left.sites} sites that it read for"
            )
        values = _of_organisation(ctx.tx, ended) if ended else {}
        answer(as_json, values | {"left_behind": asdict(left)}, words)


@agreements.command("add")
def add_agreement(
    site: Annotated[str, typer.Argument(help="Code of the organisation that takes the pictures.")],
    reader: Annotated[str, typer.Argument(help="Code of the organisation that reads them.")],
    *,
    tier: Annotated[
        Tier, typer.Option(help="county: it reads; city: it reviews; neighbour: it takes what waits too long.")
    ],
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Let an organisation read for a site, from now on where no day is named."""
    with open_registry() as ctx:
        begins, ends = term_at(ctx.tx, site, since, until)
        made = reading_agreements.agree(ctx, site, reader, tier, since=begins, until=ends)
        answer(as_json, _of_agreement(ctx.tx, made), f"{reader} reads for {site} at the tier {tier}")


@agreements.command("list")
def list_agreements(
    *,
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended or not begun yet.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the agreements that hold now."""
    with open_registry() as ctx:
        found = organisations.all_agreements(ctx.tx) if every else organisations.agreements(ctx.tx, ctx.now)
        rows = [_of_agreement(ctx.tx, one) for one in found]
    answer_rows(as_json, rows, ("id", "site", "reader", "tier", "since", "until"))


@agreements.command("end")
def end_agreement(
    agreement: Annotated[str, typer.Argument(help="Its id, as `org agreement list` shows it.")],
    *,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """End an agreement: what the site takes from now on is not read there; what was read stays."""
    with open_registry() as ctx:
        ended = reading_agreements.end(ctx, agreement, at=agreement_end(ctx.tx, agreement, until))
        values = _of_agreement(ctx.tx, ended)
        answer(as_json, values, f"{values['reader']} reads no longer for {values['site']} at the tier {ended.tier}")


def _of_agreement(tx: Connection, one: Agreement) -> dict[str, object]:
    found = organisations.by_ids(tx, (one.site_id, one.reader_id))
    return {
        "id": one.id,
        "site": found[one.site_id].code,
        "reader": found[one.reader_id].code,
        "tier": one.tier,
        "since": one.since,
        "until": one.until,
    }


def _of_organisation(tx: Connection, one: Organisation) -> dict[str, object]:
    parent = organisations.by_id(tx, one.parent_id) if one.parent_id else None
    return {
        "id": one.id,
        "code": one.code,
        "name": one.name,
        "level": one.level,
        "parent": parent.code if parent else None,
        "region": one.region_code,
        "number": one.institution_number,
        "telephone": one.telephone,
        "since": one.since,
        "until": one.until,
    }
