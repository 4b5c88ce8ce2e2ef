"""The commands `share`: a study that another site may see until a day, for the operator."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from reading.sharing import shares
from reading.sharing.shares import Share
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows
from service.commands.verify import since_of

commands = typer.Typer(help="Studies that one site lets another one see.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why; the other site reads it.")]


@commands.command("add")
def add(
    study_uid: Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID.")],
    *,
    site: Annotated[str, typer.Option(help="Code of the organisation that is to see it.")],
    until: Annotated[str, typer.Option(help="When it ends: 2026-03-31, or 2026-03-31T18:00; at most a year ahead.")],
    reason: Reason,
    as_json: AsJson = False,
) -> None:
    """Let another site see a study, whole and with what comes later, and nothing else of its patient."""
    with open_registry() as ctx:
        made = shares.share_study(ctx, study_uid, site_code=site, until=_moment(until), reason=reason)
        answer(as_json, _row(made), f"{made.site_name} sees the study until {made.until:%Y-%m-%d %H:%M} UTC: {made.id}")


@commands.command("list")
def list_shares(*, as_json: AsJson = False) -> None:
    """List the shares that stand."""
    with open_registry(writing=False) as ctx:
        found = [_row(one) for one in shares.in_force(ctx)]
    answer_rows(as_json, found, ("id", "study_uid", "site_name", "until", "shared_by", "reason"))


@commands.command("end")
def end(
    share_id: Annotated[str, typer.Argument(metavar="ID", help="The share's id, as `share list` says it.")],
    *,
    reason: Annotated[str, typer.Option(help="Why it ends before its time.")],
    as_json: AsJson = False,
) -> None:
    """End a share: the other site sees the study no longer."""
    with open_registry() as ctx:
        ended = shares.end(ctx, share_id, reason=reason)
        answer(as_json, _row(ended), f"{ended.site_name} sees the study no longer")


def _row(one: Share) -> dict[str, Any]:
    return asdict(one)


def _moment(text: str) -> datetime:
    try:
        return since_of(text)
    except ValueError:
        raise typer.BadParameter("expected a day or a moment such as 2026-03-31T18:00", param_hint="--until") from None
