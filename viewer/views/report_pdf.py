"""The report as PDF/A-2b with its glyphs embedded; texts enter typst as data, never as markup."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import structlog
import typst
from starlette.responses import Response

from reading.reports.versions import ReportVersion
from storage.open_transactions import outside_transaction
from viewer.folders import TYPST
from viewer.views.glyphs import CHINESE, OTHERS, families, printed, runs_from_the_right

TEMPLATE: Final = TYPST / "report.typ"
_log: Final = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What on a sheet lets anybody ask whether it counts."""

    code: str
    """In groups of four."""
    said: str
    """Where and how to ask."""
    qr: str
    """The address of the question as a QR code, an SVG that we drew."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One report as it stands on paper, every word in one language."""

    language: str
    title: str
    heading: str
    hospital: str
    """The site that issues the report: it stands large at the head."""
    centres: Sequence[tuple[str, str]]
    """Who read and reviewed: (part, name)."""
    watermark: str
    """Empty on a final report."""
    caution: str
    """That the identity of the person is not confirmed; empty where it is."""
    facts: Sequence[tuple[str, str]]
    """(label, value) of the patient and the examination, two pairs a line."""
    sections: Sequence[tuple[str, str]]
    """(heading, text); line breaks are kept."""
    signatures: Sequence[tuple[str, str, str, str]]
    """(part, name, organisation, time)."""
    note: str
    footer: str
    page: str
    """The page number with the places {n} and {m}."""
    proof: Proof | None = None
    """None on a screen, where nobody has to ask."""
    copy: str = ""
    """That it was printed before; empty on the first paper."""


def render(sheet: Sheet, made_at: datetime) -> bytes:
    """The sheet as PDF/A-2b; the same sheet and time give the same bytes."""
    outside_transaction("setting a report")
    try:
        return _set(sheet, made_at, printed)
    except typst.TypstError:
        # Marks that no font can place on their letter: what was signed is printed all the same, with their codes.
        _log.warning("report_set_plainly", exc_info=True)
        return _set(sheet, made_at, partial(printed, plain=True))


def _set(sheet: Sheet, made_at: datetime, printed_as: Callable[[str], str]) -> bytes:
    said = each_text(asdict(sheet), printed_as)
    said["sections"] = [
        (heading, [{"text": line, "from_right": runs_from_the_right(line)} for line in text.split("\n")])
        for heading, text in said["sections"]
    ]
    pdf = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        sys_inputs={"sheet": json.dumps(said | {"fonts": families()}, ensure_ascii=False)},
        font_paths=fonts(),
        pdf_standards=["a-2b"],
        timestamp=made_at.replace(microsecond=0),  # typst refuses parts of a second
    )
    assert isinstance(pdf, bytes)  # noqa: S101 -- one PDF, since no output path was named
    return pdf


def as_pdf(body: bytes, version: ReportVersion) -> Response:
    """The PDF as an answer that no cache keeps."""
    # The name of the file says nothing of the person.
    return Response(
        body,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="report-{version.id}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@cache
def fonts() -> typst.Fonts:
    """The fonts of every sheet that is set."""
    # Kept, because reading the 19 MB collection takes longer than setting a page. System fonts are left out, so that
    # the PDF is the same on every machine.
    folders = [CHINESE.parent, *filter(Path.exists, [OTHERS])]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


def each_text(value: Any, printed_as: Callable[[str], str]) -> Any:
    """The same value with each of its texts as it can be printed."""
    # What no font has, typst would draw as boxes, and PDF/A refuses those.
    if isinstance(value, str):
        return printed_as(value)
    if isinstance(value, dict):
        return {key: each_text(item, printed_as) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [each_text(item, printed_as) for item in value]
    return value
