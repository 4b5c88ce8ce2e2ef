"""The command `import`: receives files, and says what became of them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pacs.arriving.media import SOURCE
from pacs.arriving.outcome import Reason
from pacs.arriving.receive import Receiver, Sender
from reading.audit import SYSTEM
from reading.context import Context
from reading.register import device_register, organisations, registry
from reading.register.organisations import Organisation
from service.commands import import_run
from service.commands.errors import Refused
from service.commands.import_names import NamesToLookAt, forget_old_names, names_of
from service.commands.import_run import FileOutcome, ImportRecord, ImportResult
from service.commands.import_sources import Source, Unfit, source_of
from service.commands.output import AsJson
from service.commands.progress import BYTES, progress
from service.installation.house import House, house_of, sender_of
from service.installation.installation import count_into, make_folders
from service.installation.load_settings import load
from service.installation.nodes import ships
from service.installation.signals import stopped_by_signals
from service.telemetry import logs
from storage.database import transaction
from storage.keeping.shipping import ship

NOT_WELL: Final = 1
_WRITER: Final = "cli"


commands = typer.Typer()


@commands.command("import")
def command(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder, a DICOMDIR, a zip, or one file.", exists=True)
    ],
    *,
    site: Annotated[str, typer.Option(help="Code of the organisation whose images they are.")],
    device: Annotated[str | None, typer.Option(help="AE title of the device of the site that made them.")] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            help="Issuer of patient numbers whose images name none; by default the device's, or the site's code. "
            "Name another for a CD from another hospital."
        ),
    ] = None,
    afresh: Annotated[bool, typer.Option(help="Read also what an earlier run has finished.")] = False,
    as_json: AsJson = False,
) -> None:
    """Receive files as though a device had sent them. Interrupted and called again, it goes on where it was.

    Exit code 1: something was refused, is held, could not be read or is missing of what a DICOMDIR names, or there was
    no DICOM file.
    """
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    count_into(folders, afresh=False)
    from service.processes.receiving import receiving  # noqa: PLC0415
    from service.telemetry.metrics import INSTANCES  # noqa: PLC0415 which counts from its import on

    def count(outcome: str) -> None:
        INSTANCES.labels(SOURCE, outcome).inc()

    logs.configure("import", "warning")

    memory = import_run.memory_of(folders.data / "imports", source, site, device or "", issuer or "")
    forget_old_names(memory.parent)
    with house_of(settings, folders, _WRITER) as house:
        with transaction(house.engine) as tx:
            where = organisations.in_force(tx, site)
        sender = _sender(house, where, device, issuer)
        try:
            with source_of(source) as files, stopped_by_signals() as stop:
                if afresh:
                    memory.unlink(missing_ok=True)
                with transaction(house.engine) as tx:
                    registry.begin_import(Context(tx, house.audit, house.clock(), SYSTEM), where, files.kind)
                with receiving(house) as here:
                    receiver = Receiver(here.spool, here.index, house.clock)
                    imported = _with_progress(receiver, sender, files, memory, stop, count)
                with transaction(house.engine) as tx:
                    ctx = Context(tx, house.audit, house.clock(), SYSTEM)
                    registry.end_import(ctx, where, imported.outcomes, stopped=imported.stopped)
        except Unfit as unfit:
            raise typer.BadParameter(f"{source}: {unfit.why}", param_hint="SOURCE") from unfit
        shipped = _ship(house)
    values = _values(imported) | {"shipped_by": "this command" if shipped else "tierread serve"}
    typer.echo(json.dumps(values) if as_json else _words(source, imported, memory, shipped=shipped))
    raise typer.Exit(0 if imported.well else NOT_WELL)


def _sender(house: House, site: Organisation, ae_title: str | None, issuer: str | None) -> Sender:
    if ae_title is None:
        return Sender(device_id="", site_id=site.id, issuer=issuer or site.code)
    with transaction(house.engine) as tx:
        device = device_register.by_title(tx, ae_title, house.clock())
    if device.site_id != site.id:
        raise Refused(f"the device {ae_title} belongs to another site than {site.code}", "name its own site")
    sender = sender_of(device)
    return replace(sender, issuer=issuer) if issuer else sender


def _with_progress(  # noqa: PLR0917 - what an import is made of
    receiver: Receiver,
    sender: Sender,
    source: Source,
    memory: Path,
    stop: threading.Event,
    count: Callable[[str], None],
) -> ImportResult:
    with progress("importing", BYTES, sum(item.size for item in source.items())) as bar:

        def tell(size: int, outcome: str | None) -> None:
            bar.advance(size)
            if outcome is not None:
                count(outcome)

        record, names = ImportRecord(memory), NamesToLookAt(memory)
        return import_run.run(receiver, sender, source, record, names, tell=tell, stop=stop)


def _ship(house: House) -> bool:
    """Where nobody else ships: take to the object store what was sealed. False: `tierread serve` does so."""
    claim = ships(house)
    if not claim.held():
        return False
    try:
        while ship(house.engine, house.folders.spool, house.object_store, house.clock()):
            pass
    finally:
        claim.release()
    return True


_REFUSED: Final = tuple(
    reason
    for reason in Reason
    if reason not in {Reason.STORED, Reason.ALREADY_HERE, Reason.HELD} and reason not in import_run.AGAIN
)
_UNREAD: Final = (
    FileOutcome.MISSING,
    FileOutcome.BROKEN_DICOMDIR,
    FileOutcome.UNNAMED,
    FileOutcome.NOT_AS_NAMED,
    FileOutcome.FILE_UNREADABLE,
    FileOutcome.UNSAFE_NAME,
    FileOutcome.TOO_LARGE,
)
SENTENCES: Final = {
    Reason.TRUNCATED: "cut short",
    Reason.UNREADABLE: "cannot be understood",
    Reason.NO_UIDS: "without UIDs",
    Reason.BAD_UID: "with a UID that is none",
    Reason.UID_MISMATCH: "named otherwise by their own header",
    Reason.NO_PIXELS: "with fewer pixels than promised",
    Reason.ERASED: "erased here for good",
    Reason.NO_RIGHT: "from a device without the right to store",
    FileOutcome.MISSING: "named by the DICOMDIR and not there",
    FileOutcome.BROKEN_DICOMDIR: "called DICOMDIR and not readable, so that nobody knows what is missing",
    FileOutcome.FILE_UNREADABLE: "not readable from the disk or the zip",
    FileOutcome.UNNAMED: "not named by the DICOMDIR, and not read: name the folder to import them too",
    FileOutcome.NOT_AS_NAMED: "named as DICOM, and none",
    FileOutcome.UNSAFE_NAME: "with a name that leads out of the folder or the zip",
    FileOutcome.TOO_LARGE: "larger than may be unpacked",
}


def _values(imported: ImportResult) -> dict[str, Any]:
    counts = imported.outcomes
    return {
        "stored": counts[Reason.STORED],
        "already_here": counts[Reason.ALREADY_HERE],
        "held": counts[Reason.HELD],
        "refused": {str(reason): counts[reason] for reason in _REFUSED if counts[reason]},
        "no_dicom": counts[FileOutcome.NO_DICOM],
        "unread": {str(one): counts[one] for one in _UNREAD if counts[one]},
        "not_named_by_dicomdir": imported.beside,
        "earlier": imported.earlier,
        "stopped": imported.stopped,
    }


def _words(source: Path, imported: ImportResult, memory: Path, *, shipped: bool) -> str:
    counts = imported.outcomes
    if not imported.has_dicom and not imported.stopped:
        files = counts[FileOutcome.NO_DICOM]
        return f"{source} holds no DICOM file{f', {files} others' if files else ''}: nothing was imported."
    here = f"{counts[Reason.STORED]} instances stored, {counts[Reason.ALREADY_HERE]} were here already"
    lines = [f"{here}, {counts[FileOutcome.NO_DICOM]} files are no DICOM."]
    if imported.earlier:
        lines.append(f"{imported.earlier} of them were done by an earlier run.")
    if counts[Reason.HELD]:
        lines.append(f"{counts[Reason.HELD]} instances are held: they contradict what is here, see /quality.")
    refused = [(reason, counts[reason]) for reason in _REFUSED if counts[reason]]
    for reason, number in refused:
        kept = "" if reason in {Reason.ERASED, Reason.NO_RIGHT} else ": see /quality"
        lines.append(f"{number} instances refused, {SENTENCES[reason]}{kept}.")
    lines += [f"{counts[one]} files {SENTENCES[one]}." for one in _UNREAD if counts[one]]
    if imported.beside:
        lines.append(f"{imported.beside} of the files read lie beside a DICOMDIR that does not name them.")
    if (imported.beside or not imported.well) and not imported.stopped:
        lines.append(f"Which files: {names_of(memory)}")
    if imported.stopped:
        lines.append("It was stopped, or the disk or the database took nothing more. Run it again, and it goes on.")
    elif not shipped:
        lines.append("`tierread serve` takes what was stored to the object store.")
    return "\n".join(lines)
