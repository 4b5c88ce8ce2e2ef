"""Reports on paper and as PDF: the code that each bears, and what whoever holds one learns of it.

They learn whether it was issued here, whether it counts still, and whether words that they read on it are those of the
report: never a word that they did not bring (docs/adr/0035-paper-that-can-be-checked.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from reading.access.report_seals import checked
from reading.actions import Action
from reading.audit import Actor, Outcome
from reading.cases import cases
from reading.cases.moves import HIDDEN
from reading.context import Context, Who, without_door
from reading.errors import Invalid, TooManyAttempts
from reading.patients import patients
from reading.patients.keys import Keys
from reading.patients.names import bare, person_name
from reading.register import organisations
from reading.reports import issues, versions
from reading.reports.paper_code import code_of, read_code
from reading.reports.seal import said
from reading.reports.versions import ReportVersion, Status
from reading.sessions import attempts
from reading.sessions.attempts import Attempt, Caller
from reading.signing.signed_as import signed_as
from reading.tables import paper_code, paper_file
from storage.database import insert_new

ACCESSION_SHOWN: Final = 4
"""So many characters of the accession number, its last, are shown beside the answer."""
FIELDS: Final = ("name", "impression", "findings")
"""What may be compared with the paper."""
_SAME_MARK: Final = str.maketrans("。、“”‘’", ".,\"\"''")
_TELLING: Final = ("<super>", "<sub>", "<fraction>")
"""Compatibility forms that say something else than the letters they are made of (Unicode, UAX #44)."""


class Standing(StrEnum):
    """What a report counts that somebody holds."""

    CURRENT = "current"
    PRELIMINARY = "preliminary"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    """Withheld, entered in error, or not what was signed: it must not be used."""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What the holder of a report is told: nothing of the person, and nothing that the paper does not say itself."""

    version_id: str
    standing: Standing
    number: int | None
    """As people count (`reading.reports.issues`)."""
    reported_at: datetime
    replaced_at: datetime | None
    """When the version that counts now came; None where none took its place."""
    accession_end: str
    site: str
    time_zone: str
    """Of the site."""
    signers: tuple[tuple[str, str], ...]
    """As what and under which names it was signed (`signed_as`), the oldest signature first."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    paper: Paper
    agrees: Mapping[str, bool]
    """Of each field that was typed, whether it says what the report says."""


@without_door("The caller has opened the version; its code says nothing.")
def code_for(ctx: Context[Who], keys: Keys, version: ReportVersion) -> str:
    """The code that the paper of a version bears, always the same."""
    code = code_of(keys.digest("paper_code", version.id))
    fresh = insert_new(ctx.tx, paper_code)
    ctx.tx.execute(fresh.values(version_id=version.id, code_digest=_digest(keys, code), made_at=ctx.now))
    return code


@without_door("It notes a file that the caller was given.")
def note_file(ctx: Context[Who], version_id: str, file_digest: bytes) -> None:
    """Keep the SHA-256 of a PDF that goes out."""
    fresh = insert_new(ctx.tx, paper_file)
    ctx.tx.execute(fresh.values(file_digest=file_digest, version_id=version_id, made_at=ctx.now))


@without_door("Whoever holds the paper has its code, and is told nothing that does not stand on it.")
def check(ctx: Context[Actor], keys: Keys, typed: str, caller: Caller) -> Paper | TooManyAttempts | None:
    """What the report with this code counts; None where no report has it. A refusal is returned, and counted.

    Raises:
        Invalid: it cannot be a code; nothing was looked for.

    """
    code = _read(typed)
    attempt = attempts.of_secret(ctx.tx, keys, caller, ctx.now)
    return _told(ctx, attempt, _by_code(keys, code))


@without_door("Whoever holds the file has its digest, and is told nothing that does not stand in it.")
def check_file(ctx: Context[Actor], keys: Keys, file_digest: bytes, caller: Caller) -> Paper | TooManyAttempts | None:
    """What the report in a PDF counts that was given out with this SHA-256; None where none was."""
    attempt = attempts.of_secret(ctx.tx, keys, caller, ctx.now)
    given = sa.select(paper_file.c.version_id).where(paper_file.c.file_digest == file_digest)
    return _told(ctx, attempt, given)


@without_door("Whoever holds the paper has its code, and is told nothing but whether their words are its.")
def compare(
    ctx: Context[Actor], keys: Keys, typed: str, words: Mapping[str, str], caller: Caller
) -> Compared | TooManyAttempts | None:
    """Whether words of a paper are those of the report with its code: `FIELDS` to texts, of which blank ones are left.

    Raises:
        Invalid: it cannot be a code, or there are no words.

    """
    code = _read(typed)
    read = {name: words[name] for name in FIELDS if words.get(name, "").strip()}
    if not read:
        raise Invalid("paper", "empty")
    attempt = attempts.of_words(ctx.tx, keys, code, caller, ctx.now)
    closed = _begin(ctx, attempt)
    if closed is not None:
        return closed
    found = _version(ctx, _by_code(keys, code))
    if found is None:
        return _unknown(ctx, Action.PAPER_COMPARE)
    paper = _paper(ctx, found)
    agrees = dict.fromkeys(read, False) if paper.standing is Standing.WITHDRAWN else _agrees(ctx, found, read)
    if all(agrees.values()):
        attempts.half_succeeded(ctx.tx, attempt, ctx.now)
    ctx.record(action=Action.PAPER_COMPARE, subject_kind="report", subject_id=found.id, details=dict(agrees))
    return Compared(paper=paper, agrees=agrees)


def _read(typed: str) -> str:
    code = read_code(typed)
    if not code:
        raise Invalid("code", "mistyped")
    return code


def _by_code(keys: Keys, code: str) -> sa.Select[str]:
    return sa.select(paper_code.c.version_id).where(paper_code.c.code_digest == _digest(keys, code))


def _told(ctx: Context[Actor], attempt: Attempt, which: sa.Select[str]) -> Paper | TooManyAttempts | None:
    closed = _begin(ctx, attempt)
    if closed is not None:
        return closed
    found = _version(ctx, which)
    if found is None:
        return _unknown(ctx, Action.PAPER_CHECK)
    attempts.half_succeeded(ctx.tx, attempt, ctx.now)
    paper = _paper(ctx, found)
    details = {"standing": paper.standing.value}
    ctx.record(action=Action.PAPER_CHECK, subject_kind="report", subject_id=found.id, details=details)
    return paper


def _begin(ctx: Context[Actor], attempt: Attempt) -> TooManyAttempts | None:
    try:
        attempts.begin(ctx.tx, attempt, ctx.now)
    except TooManyAttempts as closed:
        return closed
    return None


def _unknown(ctx: Context[Actor], action: Action) -> None:
    ctx.record(action=action, subject_kind="report", subject_id="", outcome=Outcome.REFUSED)


def _version(ctx: Context[Actor], which: sa.Select[str]) -> ReportVersion | None:
    version_id = ctx.tx.scalar(which)
    return None if version_id is None else checked(ctx, [versions.by_id(ctx.tx, version_id)])[0]


def _paper(ctx: Context[Actor], version: ReportVersion) -> Paper:
    case = cases.by_id(ctx.tx, version.case_id)
    site = organisations.by_id(ctx.tx, version.identity["site_id"])
    assert site is not None  # noqa: S101 -- it had a case
    standing = _standing(version, hidden=case.state in HIDDEN)
    now = versions.valid(ctx.tx, case.id) if standing is Standing.SUPERSEDED else None
    signatures = versions.signatures_for(ctx.tx, version)
    names = [str(said(one)["name"]) for one in signatures]
    return Paper(
        version_id=version.id,
        standing=standing,
        number=issues.number_of(ctx.tx, version),
        reported_at=version.released_at or version.created_at,
        replaced_at=None if now is None else now.released_at or now.created_at,
        accession_end=_accession(version)[-ACCESSION_SHOWN:],
        site=site.name,
        time_zone=site.time_zone,
        signers=tuple(zip(signed_as(signatures), names, strict=True)),
    )


def _standing(version: ReportVersion, *, hidden: bool) -> Standing:
    if hidden or version.flaws:
        return Standing.WITHDRAWN
    known = {
        Status.FINAL: Standing.CURRENT,
        Status.PRELIMINARY: Standing.PRELIMINARY,
        Status.SUPERSEDED: Standing.SUPERSEDED,
    }
    return known.get(version.status, Standing.WITHDRAWN)


def _accession(version: ReportVersion) -> str:
    studies = version.identity["studies"]
    return str(studies[0]["accession_number"]) if studies else ""


def _agrees(ctx: Context[Actor], version: ReportVersion, read: Mapping[str, str]) -> dict[str, bool]:
    expected: Mapping[str, Callable[[], set[str]]] = {
        "name": lambda: _names(ctx, version),
        "impression": lambda: {_folded(version.content.impression)},
        "findings": lambda: {_folded(version.content.findings)},
    }
    return {name: (_bare if name == "name" else _folded)(text) in expected[name]() for name, text in read.items()}


def _names(ctx: Context[Actor], version: ReportVersion) -> set[str]:
    """The writings of the person's name that stand on a sheet: the register's, and those of the images."""
    in_images = [str(one["patient_name"]) for one in version.identity["studies"]]
    patient_id = version.identity["patient_id"] or cases.by_id(ctx.tx, version.case_id).patient_id
    registered = patients.by_id(ctx.tx, patient_id) if patient_id else None
    names = [*map(person_name, in_images), registered.name if registered else ""]
    return {_bare(name) for name in names} - {""}


def _bare(name: str) -> str:
    return bare(unicodedata.normalize("NFKC", name))


def _folded(text: str) -> str:
    """Letters and marks alone, as somebody types them who reads them: widths, spaces and line ends say nothing.

    A raised or lowered figure and a fraction stay what they are: 10² is not 102.
    """
    alike = "".join(each if _tells(each) else unicodedata.normalize("NFKC", each) for each in text)
    return "".join(unicodedata.normalize("NFC", alike.translate(_SAME_MARK)).split()).casefold()


def _tells(character: str) -> bool:
    return unicodedata.decomposition(character).startswith(_TELLING)


def _digest(keys: Keys, code: str) -> bytes:
    return keys.digest("paper", code)
