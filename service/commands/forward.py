"""The commands `forward`: rules that send studies on, and how far each study has come."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import Connection

from reading.forwarding import jobs, rules
from reading.forwarding.addresses import is_allowed
from reading.forwarding.jobs import Job, JobState
from reading.forwarding.rules import Moment, Rule
from reading.register import device_register, devices, organisations
from service.commands.errors import Refused
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows
from service.installation.load_settings import load

commands = typer.Typer(help="Rules that send studies on to other archives.", no_args_is_help=True)


@commands.command("add")
def add(
    *,
    site: Annotated[str, typer.Option(help="Code of the organisation whose studies go out.")],
    to: Annotated[str | None, typer.Option(help="AE title of a device with a port.")] = None,
    url: Annotated[str | None, typer.Option(help="Base address of a STOW-RS server that the settings allow.")] = None,
    token_file: Annotated[Path | None, typer.Option(help="File that holds the bearer token for the address.")] = None,
    modality: Annotated[str, typer.Option(help="Only studies with a series of this modality, such as CT.")] = "",
    when: Annotated[
        Moment, typer.Option(help="When nothing more came for a while, or when the report is final.")
    ] = Moment.QUIET,
    as_json: AsJson = False,
) -> None:
    """Send on what arrives from now on."""
    with open_registry() as ctx:
        origins = load(os.environ).forward_origins
        if url is not None and not is_allowed(url, origins):
            raise Refused(f"{url} is not among the addresses of TIERREAD_FORWARD_ORIGINS", "add its origin there")
        made = rules.add(
            ctx,
            site_id=organisations.in_force(ctx.tx, site).id,
            moment=when,
            modality=modality,
            device_id=None if to is None else device_register.by_title(ctx.tx, to, ctx.now).id,
            url=url or "",
            token_file="" if token_file is None else str(token_file.absolute()),
            origins=origins,
        )
        answer(as_json, _of_rule(ctx.tx, made), f"added {made.id}")


@commands.command("list")
def list_rules(*, as_json: AsJson = False) -> None:
    """List the rules."""
    with open_registry() as ctx:
        rows = [_of_rule(ctx.tx, one) for one in rules.list_all(ctx.tx)]
    answer_rows(as_json, rows, ("id", "site", "modality", "when", "to", "since", "until"))


@commands.command("end")
def end(rule: Annotated[str, typer.Argument(help="The rule's id.")], *, as_json: AsJson = False) -> None:
    """End a rule: nothing goes out by it any more."""
    with open_registry() as ctx:
        ended = rules.end(ctx, rule)
        answer(as_json, _of_rule(ctx.tx, ended), f"ended {rule}")


@commands.command("jobs")
def list_jobs(
    *,
    state: Annotated[JobState | None, typer.Option(help="Only these; `dead` ones need a person.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the latest studies that were sent on, or are to be."""
    with open_registry() as ctx:
        rows = [_of_job(one) for one in jobs.latest(ctx.tx, 200, state=state)]
    answer_rows(as_json, rows, ("id", "rule", "state", "instances", "attempts", "failure", "next_at"))


@commands.command("retry")
def retry(job: Annotated[str, typer.Argument(help="The job's id.")], *, as_json: AsJson = False) -> None:
    """Let a job that has failed begin anew; what was delivered is not sent again."""
    with open_registry() as ctx:
        jobs.retry(ctx, job)
        answer(as_json, {"id": job}, f"begins anew: {job}")


def _of_rule(tx: Connection, one: Rule) -> dict[str, object]:
    site = organisations.by_id(tx, one.site_id)
    device = None if one.device_id is None else devices.by_id(tx, one.device_id)
    return {
        "id": one.id,
        "site": site.code if site else None,
        "modality": one.modality,
        "when": one.moment,
        "to": one.url or (device.ae_title if device else ""),
        "since": one.since,
        "until": one.until,
    }


def _of_job(one: Job) -> dict[str, object]:
    """Without the study: its UID is no more for a terminal's history than a name is."""
    return {
        "id": one.id,
        "rule": one.rule_id,
        "state": one.state,
        "instances": one.instances,
        "attempts": one.attempts,
        "failure": one.failure,
        "next_at": one.next_at if one.state is JobState.WAITING else None,
    }
