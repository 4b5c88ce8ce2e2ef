"""`tierread security`: what the security administrator looks at."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import typer

from reading.sessions.failed_proofs import Kind
from reading.sessions.failures import Failures, overview
from service.commands.output import AsJson, answer_rows
from service.installation.installation import keys_of, make_folders, open_database
from service.installation.load_settings import load
from storage.database import snapshot

commands = typer.Typer(help="What the security administrator looks at.", no_args_is_help=True)


@commands.callback()
def security() -> None:
    """What the security administrator looks at."""


@commands.command("failures")
def list_failures(*, as_json: AsJson = False) -> None:
    """List failed attempts to sign in: against whom, from where, how many, and who has to wait until when."""
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        keys, _ = keys_of(folders, engine)
        with snapshot(engine) as tx:
            found = overview(tx, keys, datetime.now(UTC))
    finally:
        engine.dispose()
    everybody: dict[str, object] = {
        "kind": "everybody",
        "about": "the brake is on" if found.brake_is_on else "",
        "failures": found.within_an_hour,
        "since": None,
        "last_failed_at": None,
        "closed_until": None,
    }
    columns = ("kind", "about", "failures", "since", "last_failed_at", "closed_until")
    answer_rows(as_json, [everybody, *(_row(one) for one in found.counters)], columns)


def _row(one: Failures) -> dict[str, object]:
    return {
        "kind": one.kind,
        "about": one.about or ("a card, or a username that is nobody's" if one.kind is Kind.ACCOUNT else ""),
        "failures": one.failures,
        "since": one.since,
        "last_failed_at": one.last_failed_at,
        "closed_until": one.closed_until,
    }
