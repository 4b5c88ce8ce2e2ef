"""The command `verify`: reads what is stored again, and names what is damaged."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.engine import Engine

from reading.anchors.check import AnchorFlaw, AuditCheck
from reading.audit_chains import Flaw
from reading.patients.keys import keys_in
from reading.reports.seal import Seal
from reading.reports.versions import SealFlaw
from service.commands.output import AsJson
from service.commands.progress import BYTES, progress
from service.installation.house import now
from service.installation.installation import KEY_FILES, CannotStart, Folders, make_folders, open_database
from service.installation.load_settings import load
from service.installation.nodes import holders_of
from service.installation.settings import Settings
from service.installation.stores import anchor_places, copy_store_of, object_store_of
from service.steps import verify
from service.steps.verify import NamedDamage, Scope, Verification
from storage.database import snapshot
from storage.nodes.other_nodes import Holders
from storage.objects.store import StoreAway, StoreRefuses
from storage.segments.inspection import Finding
from storage.upkeep.repair import Checker

DAMAGED: Final = 1
_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*%")


commands = typer.Typer()


@commands.command("verify")
def command(
    *,
    sample: Annotated[
        str | None, typer.Option(help="Read a part alone, drawn by chance: 5% of the instances, or 1000 of them.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Read only what was received since: 2026-03-01, or 2026-03-01T18:00.")
    ] = None,
    repair: Annotated[bool, typer.Option(help="Restore what is damaged where another copy is whole.")] = False,
    as_json: AsJson = False,
) -> None:
    """Read what is stored again, and check the audit and the signatures of reports. Exit code 1: damage was found.

    Images are compared with the digests that they had when they came. The chains of the audit and every signature of
    every report are checked whole, with --sample and --since too.
    """
    scope = _scope(sample, since)
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        checker = checker_of(settings, folders, engine)
        with snapshot(engine) as tx:
            size = verify.size_of(tx, scope)
        with progress("verifying", BYTES, size.bytes) as bar:
            found = verify.verify(
                engine,
                checker,
                scope,
                now,
                bar.advance,
                repair=repair,
                seal_key=seal_key(folders),
                anchors=anchor_places(settings, folders, engine),
            )
            bar.complete()
    except (StoreAway, StoreRefuses) as away:
        raise CannotStart(
            "the object store does not give what is stored",
            "mend it and verify again; nothing was marked as damaged because of it",
        ) from away
    finally:
        engine.dispose()
    typer.echo(json.dumps(asdict(found) | {"sound": found.sound}, default=str) if as_json else words(found))
    raise typer.Exit(0 if found.sound else DAMAGED)


def _scope(sample: str | None, since: str | None) -> Scope:
    """Raises: BadParameter."""
    try:
        drawn = sample_of(sample) if sample else {}
    except ValueError:
        raise typer.BadParameter(
            "expected a part such as 5%, or a number of instances", param_hint="--sample"
        ) from None
    try:
        begin = since_of(since) if since else None
    except ValueError:
        raise typer.BadParameter("expected a day or a moment such as 2026-03-01T18:00", param_hint="--since") from None
    return Scope(since=begin, **drawn)  # type: ignore[arg-type]


def sample_of(text: str) -> dict[str, float | int]:
    """What `--sample` says, as fields of a `Scope`.

    Raises:
        ValueError: neither a part such as 5% nor a number of instances.

    """
    percent = _PERCENT.fullmatch(text.strip())
    if percent is not None and 0 < float(percent[1]) <= 100:
        return {"percent": float(percent[1])}
    if text.strip().isascii() and text.strip().isdigit() and int(text) > 0:
        return {"instances": int(text)}
    raise ValueError(text)


def since_of(text: str) -> datetime:
    """A day or a moment; without a zone it is meant as the clock of this machine shows it.

    Raises:
        ValueError: it is none.

    """
    return datetime.fromisoformat(text).astimezone()


def checker_of(settings: Settings, folders: Folders, engine: Engine) -> Checker:
    return Checker(
        engine,
        folders.spool,
        object_store_of(settings),
        holders=_holders(folders, engine),
        copy=copy_store_of(settings),
    )


def _holders(folders: Folders, engine: Engine) -> Holders | None:
    """Reads the spools of the other nodes; None where the keys for it are lost, when verifying matters most."""
    return holders_of(engine, keys_in(folders.keys), now) if _has_keys(folders) else None


def seal_key(folders: Folders) -> Ed25519PublicKey | None:
    """Key that reports and anchors are compared with; None where the keys are lost."""
    return Seal.from_folder(folders.keys).public_key if _has_keys(folders) else None


def _has_keys(folders: Folders) -> bool:
    return all((folders.keys / name).exists() for name in KEY_FILES)


SENTENCES: Final = {
    Finding.CHANGED: "changed",
    Finding.MISSING: "missing",
    Finding.AWAY: "away, not known whether it is whole",
    Finding.ASTRAY: "not where the index says",
    Finding.LABEL: "a header or the table of contents is damaged, the images are not",
    Finding.SPOOL_COPY: "the copy in the spool is damaged, what is stored is whole",
    Finding.SECOND_COPY: "the second copy is damaged or missing, what is stored is whole",
}


FLAWS: Final = {
    Flaw.MISSING: "an event is missing",
    Flaw.CHANGED: "the event was changed",
    Flaw.OUT_OF_ORDER: "the event does not follow the one before",
}


SEAL_FLAWS: Final = {
    SealFlaw.UNSIGNED: "it carries no signature, or none of an author",
    SealFlaw.SIGNATURE: "a signature does not hold for what it says now",
    SealFlaw.UNREADABLE: "it cannot be read",
    SealFlaw.RELEASE: "it is final without the signatures that its rule asks for, or a newer version was released",
    SealFlaw.IDENTITY: "it is shown under another patient, name, sex, birth date or side than it was signed for",
}


ANCHOR_FLAWS: Final = {
    AnchorFlaw.MISSING: "it was written, and no object store has it",
    AnchorFlaw.FORGED: "it is not of this installation, or does not follow the one before",
    AnchorFlaw.ROW_MISSING: "the database does not know it",
    AnchorFlaw.ROW_CHANGED: "the database says something else of it than the object store",
}


def audit_words(found: AuditCheck) -> list[str]:
    """What the check of the audit found, a sentence a line."""
    lines = [f"audit chain {each.writer} breaks at event {each.number}: {FLAWS[each.flaw]}" for each in found.breaks]
    lines += [f"anchor {each.number} of the audit: {ANCHOR_FLAWS[each.flaw]}" for each in found.broken_anchors]
    lines += [f"signature {each}: it was anchored, and is gone or changed" for each in found.lost_signatures]
    lines += [
        f"a backup was restored at {each.at:%Y-%m-%d %H:%M} UTC: {each.events} events of the audit were lost"
        for each in found.restored
    ]
    if found.unanchored_restore:
        lines.append("a backup was restored here; the next start of TierRead writes the anchor that says what was lost")
    if found.unchecked:
        lines.append(f"{found.chains} audit chains; their anchors were NOT checked: the keys are missing")
    elif found.anchored_at is None:
        lines.append(f"{found.chains} audit chains hold together; nothing of them is anchored yet")
    else:
        lines.append(
            f"{found.chains} audit chains, {found.anchors} anchors, the last of {found.anchored_at:%Y-%m-%d %H:%M} UTC;"
            f" {found.after} events since are not anchored yet"
        )
    return lines


def words(found: Verification) -> str:
    lines = [
        f"{found.instances} instances, {found.bytes_read / 1e6:.1f} MB read",
        f"{found.reports} reports compared with their signatures",
    ]
    lines += [_named(each) for each in found.damages]
    if found.unnamed:
        lines.append(f"and {found.unnamed} more")
    lines += audit_words(found.audit)
    lines += [
        f"report version {each.version_id}: {', '.join(SEAL_FLAWS[flaw] for flaw in each.flaws)}"
        for each in found.broken_reports
    ]
    if found.seal_missing:
        lines.append("signatures of reports were NOT checked: the keys are missing")
    if found.sound:
        return "\n".join([*lines, "everything is as it came"])
    left = found.unnamed + sum(not each.repaired for each in found.damages)
    if found.damages and not left and found.audit.sound and not found.broken_reports and not found.seal_missing:
        return "\n".join([*lines, "DAMAGE was found, and repaired from another copy"])
    lines.append("DAMAGE was found")
    if left:
        lines.append(
            "  --repair restores what another copy has whole; what none has, let the device send again (/quality)"
        )
    return "\n".join(lines)


def _named(one: NamedDamage) -> str:
    where = f"segment {one.segment_id} at byte {one.offset}"
    more = f", {one.instances} instances" if one.instances > 1 else ""
    concerned = f", case {', '.join(one.cases)}" if one.cases else ""
    return f"{SENTENCES[one.finding]}: {where}{more}{concerned}{', repaired' if one.repaired else ''}"
