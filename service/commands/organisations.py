"""The commands `org`: organisations, and who reads for whom."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy.engine import Connection

from reading.kinds import Level, Tier
from reading.register import organisations, registry
from reading.register.organisations import Agreement, Organisation
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="Organisations: who takes pictures, who reads for whom.", no_args_is_help=True)
agreements = typer.Typer(help="Agreements: which organisation reads for which site.", no_args_is_help=True)
commands.add_typer(agreements, name="agreement")


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
    region: Annotated[str | None, typer.Option(help="GB/T 2260 code of its region.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an organisation."""
    with open_registry() as ctx:
        made = registry.add_organisation(ctx, code=code, name=name, level=level, parent_code=parent, region_code=region)
        answer(as_json, _of_organisation(ctx.tx, made), f"added {made.level} {made.code} {made.name}")


@commands.command("list")
def list_orgs(*, as_json: AsJson = False) -> None:
    """List the organisations."""
    with open_registry() as ctx:
        rows = [_of_organisation(ctx.tx, one) for one in organisations.list_all(ctx.tx)]
    answer_rows(as_json, rows, ("code", "name", "level", "parent", "region", "since", "until"))


@commands.command("end")
def end_org(code: Annotated[str, typer.Argument(help="Its code.")], *, as_json: AsJson = False) -> None:
    """End an organisation and its agreements; what it sent and read stays."""
    with open_registry() as ctx:
        registry.end_organisation(ctx, code)
        ended = organisations.by_code(ctx.tx, code)
        answer(as_json, _of_organisation(ctx.tx, ended) if ended else {}, f"ended {code}")


@agreements.command("add")
def add_agreement(
    site: Annotated[str, typer.Argument(help="Code of the organisation that takes the pictures.")],
    reader: Annotated[str, typer.Argument(help="Code of the organisation that reads them.")],
    *,
    tier: Annotated[
        Tier, typer.Option(help="county: it reads; city: it reviews; neighbour: it takes what waits too long.")
    ],
    as_json: AsJson = False,
) -> None:
    """Let an organisation read for a site from now on."""
    with open_registry() as ctx:
        made = registry.agree(ctx, site, reader, tier)
        answer(as_json, _of_agreement(ctx.tx, made), f"{reader} reads for {site} at the tier {tier}")


@agreements.command("list")
def list_agreements(*, as_json: AsJson = False) -> None:
    """List the agreements that hold now."""
    with open_registry() as ctx:
        rows = [_of_agreement(ctx.tx, one) for one in organisations.agreements(ctx.tx, ctx.now)]
    answer_rows(as_json, rows, ("id", "site", "reader", "tier", "since"))


@agreements.command("end")
def end_agreement(
    agreement: Annotated[str, typer.Argument(help="Its id, as `org agreement list` shows it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End an agreement: what the site takes from now on is not read there; what was read stays."""
    with open_registry() as ctx:
        ended = registry.end_agreement(ctx, agreement)
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
        "since": one.since,
        "until": one.until,
    }
