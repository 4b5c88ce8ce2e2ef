"""The commands `erase`, `hold` and `retention`: images erased for good, and kept from being erased."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.retention import holds, requests, retention
from reading.retention.requests import NamedBy
from reading.retention.retention import Expired
from service.commands import erase_run
from service.commands.errors import Refused
from service.commands.output import AsJson, answer, answer_rows
from service.installation.installation import Folders, make_folders, open_database
from service.installation.load_settings import load
from service.installation.settings import Settings
from storage.database import snapshot, transaction
from storage.index.queries import Study

DAYS_A_YEAR = 365.25
MOST = 1000

Name = Annotated[
    str | None,
    typer.Argument(
        help="The id of a case, as in the address of its page, or a Study Instance UID. "
        "Left out, it is a line of standard input and in no shell's history."
    ),
]
Reason = Annotated[str, typer.Option(help="Why, in words that stay with the decision. No names.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True, kw_only=True)
class _Here:
    settings: Settings
    folders: Folders
    engine: Engine
    audit: Audit


commands = typer.Typer()


@commands.command("erase")
def erase(
    name: Name = None,
    *,
    reason: Reason,
    yes: Yes = False,
    open_too: Annotated[bool, typer.Option("--open-too", help="Also when its reading is not over.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase the images of a case or study for good: nobody sees them again, and nobody can send them again.

    Reports, orders and the audit stay. It cannot be undone.
    """
    why = retention.reason(reason)
    with _opened() as here:
        name = _named(name)
        studies, images = erase_run.named(here.engine, name, open_too=open_too)
        _ask(yes, f"{images} images of {len(studies)} studies go for good; the reports stay. Erase them?")
        named_by = NamedBy.CASE if len(studies) != 1 or studies[0].study_uid != name else NamedBy.STUDY
        _erase(here, studies, why, named_by, open_too=open_too, as_json=as_json)


@commands.command("hold")
def hold(
    name: Name = None,
    *,
    reason: Annotated[str, typer.Option(help="Why the images have to stay. No names.")] = "",
    end: Annotated[bool, typer.Option("--end", help="They need not stay any longer.")] = False,
    as_json: AsJson = False,
) -> None:
    """Keep the images of a case or study from being erased, whatever their age; `--end` takes it back."""
    why = retention.reason(reason or "ended by the operator") if end else retention.reason(reason)
    with _opened() as here, transaction(here.engine) as tx:
        ctx = Context(tx, here.audit, datetime.now(UTC), SYSTEM)
        studies = retention.studies_named(tx, _named(name))
        for one in studies:
            if not end:
                holds.set_hold(ctx, one, why)
            elif one.hold:
                holds.lift_hold(ctx, one, why)
    answer(as_json, {"studies": len(studies), "held": not end}, f"{len(studies)} studies {'may go' if end else 'stay'}")


@commands.command("retention")
def keep(
    *,
    erase_them: Annotated[bool, typer.Option("--erase", help="Erase what is older and need not stay.")] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show studies whose images are older than TIERREAD_RETENTION_YEARS; with --erase, erase them.

    What is under a hold, or belongs to a case that is not over, stays. A thousand at a time, the oldest first.
    """
    with _opened() as here:
        years = here.settings.retention_years
        if not years:
            raise Refused("TIERREAD_RETENTION_YEARS is not set: images are kept for ever", "set it, and ask again")
        before = datetime.now(UTC) - timedelta(days=years * DAYS_A_YEAR)
        with snapshot(here.engine) as tx:
            found = retention.expired(tx, before, MOST)
        if not erase_them:
            answer_rows(as_json, [_values(one) for one in found], ("last_received_at", "images", "held", "open"))
            return
        studies = [one.study for one in found if one.erasable]
        _ask(yes, f"the images of {len(studies)} studies go for good; the reports stay. Erase them?")
        if not studies:
            answer(as_json, {"studies": 0, "instances": 0}, "nothing is to be erased")
        else:
            _erase(here, studies, f"older than {years:g} years", NamedBy.AGE, as_json=as_json)


def _erase(
    here: _Here, studies: Sequence[Study], reason: str, named_by: NamedBy, *, open_too: bool = False, as_json: bool
) -> None:
    made, waiting = erase_run.carry_out(
        here.settings,
        here.folders,
        here.engine,
        here.audit,
        studies,
        reason,
        named_by=named_by,
        open_too=open_too,
    )
    gone = sum(one.outcome == requests.ERASED for one in made.items)
    values = {
        "request": made.id,
        "studies": gone,
        "studies_kept": len(made.items) - gone,
        "instances": made.erased,
        "segments_waiting": waiting,
        "refused_copies_elsewhere": made.copies_elsewhere,
    }
    words = f"erased {made.erased} images of {gone} studies; the reports stay"
    if waiting:
        words += f"\n{waiting} segments still hold bytes of them: the worker writes them out when they are stored"
    if made.copies_elsewhere:
        words += (
            f"\n{made.copies_elsewhere} refused copies lie in the spools of other nodes, in their folder quarantine"
        )
    answer(as_json, values, words)


def _values(one: Expired) -> dict[str, object]:
    return {
        "study_uid": one.study.study_uid,
        "last_received_at": one.study.last_received_at.isoformat(),
        "images": one.study.instances,
        "held": one.held,
        "open": one.open,
    }


def _named(name: str | None) -> str:
    """Raises: Refused: nothing was named."""
    typed = (name if name is not None else sys.stdin.readline()).strip()
    if not typed:
        raise Refused("no case or study is named", "name it, or write it as a line to standard input")
    return typed


def _ask(yes: bool, question: str) -> None:  # noqa: FBT001 # what the option said
    if not yes:
        typer.confirm(question, abort=True, err=True)


@contextmanager
def _opened() -> Generator[_Here]:
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        yield _Here(settings=settings, folders=folders, engine=engine, audit=Audit(f"{settings.node}/cli"))
    finally:
        engine.dispose()
