"""The import of a table by a command: organisations, people, agreements or devices, as the page takes it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

from reading.errors import NotDone
from reading.register import csv_text, import_columns, import_run, passwords
from reading.register.import_columns import Kind
from service.commands.errors import Refused, cannot_read
from service.commands.open_registry import register_acts
from service.commands.output import answer
from viewer.views.import_lines import sentence
from viewer.words.catalogue import Language, text

Table = Annotated[Path, typer.Argument(help="A CSV file; docs/office.md names its columns.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only say what it would add.")]


def import_table(kind: Kind, file: Path, *, preview: bool, as_json: bool) -> None:
    """Add the lines of a table, or say what they would add.

    Raises:
        Refused: the file cannot be read, or lines are wrong, which are named; nothing was added.

    """
    try:
        read = import_columns.read(kind, csv_text.lines_of(csv_text.decoded(file.read_bytes())))
    except OSError as error:
        raise cannot_read(file, error) from error
    except NotDone as wrong:
        raise Refused(sentence(Language.EN, wrong), "nothing was added") from wrong
    seed = secrets.token_urlsafe(32)
    with register_acts() as acts:
        done = import_run.preview(acts, kind, read) if preview else import_run.save(acts, kind, read, seed=seed)
    wrong_lines = [
        f"line {one.line.number}: {sentence(Language.EN, one.problem)}"
        for one in done.outcomes
        if one.problem is not None
    ]
    if wrong_lines:
        raise Refused("\n".join(wrong_lines), "nothing was added")
    people = [one.added for one in done.outcomes if one.is_person]
    first = {} if preview else {username: passwords.derived(seed, username) for username in people}
    said = [f"{len(done.outcomes)} lines {'would be' if preview else 'were'} added"]
    said.extend(
        f"line {one.line.number}: {text(Language.EN, 'import.namesake', username=one.namesake)}"
        for one in done.outcomes
        if one.namesake
    )
    if first:
        said.append("first passwords (shown once, changed at sign-in):")
        said.extend(f"{username}  {password}" for username, password in first.items())
    answer(as_json, {"lines": len(done.outcomes), "saved": not preview, "passwords": first}, "\n".join(said))
