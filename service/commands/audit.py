"""The commands `audit`: the audit searched, exported, and checked."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, TextIO
from zoneinfo import ZoneInfo

import typer

from reading.administrators import audit_reading, audit_search, audit_subjects
from reading.administrators.audit_search import Search
from reading.audit import SYSTEM, Actor, Audit, Outcome
from reading.context import Acts, Context
from reading.register.organisations import TIME_ZONE
from service.commands.errors import cannot_write
from service.commands.open_registry import open_registry, register_acts
from service.commands.output import AsJson, answer_rows, to_json
from service.commands.verify import audit_words, seal_key, since_of
from service.installation.house import now
from service.installation.installation import CannotStart, make_folders, open_database
from service.installation.load_settings import load
from service.installation.stores import anchor_places
from storage.objects.store import StoreAway, StoreRefuses
from viewer.views import csv_cells
from viewer.views.audit import COLUMNS, CSV_COLUMNS, csv_row, event_row

REGION: Final = ZoneInfo(TIME_ZONE)
commands = typer.Typer(help="The audit: who did what, about what, and when.", no_args_is_help=True)

BROKEN: Final = 1


class Format(StrEnum):
    JSON_LINES = "jsonl"
    CSV = "csv"


Since = Annotated[
    str | None, typer.Option(help="Only events since this day or moment: 2026-03-01, or 2026-03-01T18:00.")
]
Until = Annotated[str | None, typer.Option(help="Only events before this day or moment.")]
Who = Annotated[str | None, typer.Option("--person", help="Only what this member of staff did: their username.")]
ActorId = Annotated[str | None, typer.Option("--actor", help="Only what this device or patient did: its id.")]
SubjectKind = Annotated[
    str | None, typer.Option(help="Only events about this kind of thing: case, study, report, patient, person, ...")
]
SubjectId = Annotated[str | None, typer.Option("--subject", help="Only events about this thing: its id.")]
Word = Annotated[str | None, typer.Option("--action", help="Only this word of docs/audit.md, such as report.read.")]
How = Annotated[Outcome | None, typer.Option(help="Only what was done, or only what was refused.")]
Whence = Annotated[str | None, typer.Option(help="Only what was done from this network address.")]


@commands.command("list")
def list_events(
    *,
    since: Since = None,
    until: Until = None,
    person: Who = None,
    actor: ActorId = None,
    subject_kind: SubjectKind = None,
    subject: SubjectId = None,
    action: Word = None,
    outcome: How = None,
    address: Whence = None,
    limit: Annotated[int, typer.Option(min=1, max=audit_search.MOST, help="How many events at most.")] = 100,
    after: Annotated[str | None, typer.Option(help="What the page before said at its end.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show events, the latest first; the look itself is on record."""
    with register_acts() as acts:
        with acts.look() as ctx:
            search = _search(ctx, since, until, person, actor, subject_kind, subject, action, outcome, address)
        if after is not None:
            search = replace(search, after=audit_search.after(after))
        found = audit_reading.find(acts, search, limit=limit)
        with acts.look() as ctx:
            _say_what_lacks(ctx, search)
    more = audit_search.next_page(search, found).after if len(found) == limit else None
    rows = [event_row(each) for each in found]
    if as_json:
        typer.echo(to_json({"events": rows, "after": more.written() if more else None}))
        return
    answer_rows(False, [{**row, "at": each.at} for row, each in zip(rows, found, strict=True)], COLUMNS[:9])
    if more is not None:
        typer.echo(f"more: --after {more.written()}")


@commands.command("export")
def export(
    *,
    since: Since = None,
    until: Until = None,
    person: Who = None,
    actor: ActorId = None,
    subject_kind: SubjectKind = None,
    subject: SubjectId = None,
    action: Word = None,
    outcome: How = None,
    address: Whence = None,
    form: Annotated[Format, typer.Option("--format", help="One JSON object a line, or CSV.")] = Format.JSON_LINES,
    output: Annotated[Path | None, typer.Option(help="File to write; standard output otherwise.")] = None,
) -> None:
    """Write all events of a search, the latest first; the export itself is on record."""
    with ExitStack() as stack:
        to = sys.stdout if output is None else stack.enter_context(_opened(output))
        with open_registry() as ctx:
            search = _search(ctx, since, until, person, actor, subject_kind, subject, action, outcome, address)
            audit_reading.begin_export(ctx, search)
        write = _csv(to) if form is Format.CSV else _json_lines(to)
        with open_registry(writing=False) as ctx:
            _say_what_lacks(ctx, search)
            for found in audit_reading.exported(ctx.tx, search):
                ids = [each for one in found for each in (one.actor.id, one.subject_id)]
                names = audit_subjects.names_of(ctx.tx, ids) if form is Format.CSV else None
                for each in found:
                    write(event_row(each) if names is None else csv_row(each, names, REGION))


@commands.command("verify")
def verify(*, as_json: AsJson = False) -> None:
    """Check the audit's chains and anchors, as `tierread verify` does. Exit code 1: something does not hold."""
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    acts = Acts(engine, Audit(f"{settings.node}/cli"), now, SYSTEM)
    try:
        found = audit_reading.verify(acts, anchor_places(settings, folders, engine), seal_key(folders))
    except (StoreAway, StoreRefuses) as away:
        raise CannotStart(
            "the object store does not give the anchors of the audit", "mend it and check again"
        ) from away
    finally:
        engine.dispose()
    if as_json:
        typer.echo(to_json(asdict(found) | {"sound": found.sound}))
    else:
        typer.echo("\n".join([*audit_words(found), "the audit holds" if found.sound else "the audit DOES NOT HOLD"]))
    raise typer.Exit(0 if found.sound else BROKEN)


def _search(  # noqa: PLR0917 -- what is asked
    ctx: Context[Actor],
    since: str | None,
    until: str | None,
    person: str | None,
    actor: str | None,
    subject_kind: str | None,
    subject: str | None,
    action: str | None,
    outcome: Outcome | None,
    address: str | None,
) -> Search:
    """Raises: BadParameter, Invalid."""
    if person is not None and actor is not None:
        raise typer.BadParameter("name either a member of staff or an id", param_hint="--actor")
    return Search(
        since=_moment(since, "--since"),
        until=_moment(until, "--until"),
        actor_id=actor if person is None else audit_reading.person_id(ctx, person),
        subject_kind=subject_kind,
        subject_id=subject,
        action=action,
        outcome=outcome,
        address=address,
    )


def _say_what_lacks(ctx: Context[Actor], search: Search) -> None:
    if not audit_reading.is_whole(ctx.tx, search):
        most = audit_subjects.MOST_THINGS
        typer.echo(
            f"more than {most} orders, cases, reports and studies belong to it: only the latest are here", err=True
        )


def _moment(text: str | None, option: str) -> datetime | None:
    try:
        return None if text is None else since_of(text)
    except ValueError:
        raise typer.BadParameter("expected a day or a moment such as 2026-03-01T18:00", param_hint=option) from None


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as refused:
        raise cannot_write(path, refused) from refused


def _json_lines(to: TextIO) -> Callable[[Mapping[str, Any]], None]:
    return lambda row: print(to_json(row), file=to)


def _csv(to: TextIO) -> Callable[[Mapping[str, Any]], None]:
    writer = csv.DictWriter(to, CSV_COLUMNS, lineterminator="\n")
    writer.writeheader()
    return lambda row: writer.writerow({name: _cell(row[name]) for name in CSV_COLUMNS})


def _cell(value: object) -> str:
    text = to_json(value) if isinstance(value, Mapping) else str(value)
    return csv_cells.safe(text)
