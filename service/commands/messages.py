"""The commands `messages`: what waits to be sent, what failed and why; tried again, or given up."""

from __future__ import annotations

from typing import Annotated

import typer

from reading.messages import oversight
from reading.messages.moves import OPEN, State
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="Messages to patients, staff and other systems.", no_args_is_help=True)

MESSAGE = Annotated[str, typer.Argument(help="The message's id.")]


@commands.command("list")
def list_messages(
    *,
    state: Annotated[State | None, typer.Option(help="Only these. Without it: what waits and what failed.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the newest messages; nothing says whom they are for."""
    with open_registry(writing=False) as ctx:
        found = oversight.latest(ctx, states=OPEN if state is None else {state}, limit=200)
    rows = [
        {
            "id": one.id,
            "event": one.kind,
            "to": one.audience,
            "org": one.organisation_name,
            "state": one.state,
            "attempts": one.attempts,
            "failure": one.failure,
            "next_at": one.next_at if one.state is State.WAITING else None,
            "ended_at": one.ended_at,
        }
        for one in found
    ]
    answer_rows(as_json, rows, ("id", "event", "to", "org", "state", "attempts", "failure", "next_at"))


@commands.command("retry")
def retry(message: MESSAGE, *, as_json: AsJson = False) -> None:
    """Send a message that waits or failed now."""
    with open_registry() as ctx:
        oversight.retry(ctx, message)
        answer(as_json, {"id": message}, f"is sent again: {message}")


@commands.command("give-up")
def give_up(message: MESSAGE, *, as_json: AsJson = False) -> None:
    """Let a message that waits or failed never go out."""
    with open_registry() as ctx:
        oversight.give_up(ctx, message)
        answer(as_json, {"id": message}, f"given up: {message}")
