"""The report as PDF/A-2b with its Chinese glyphs embedded; texts enter typst as data, never as markup."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import typst
from noto_cjk_sans_otc import FONT_PATH
from starlette.responses import Response

from reading.reports.versions import ReportVersion
from storage.open_transactions import outside_transaction
from viewer.folders import TYPST

TEMPLATE: Final = TYPST / "report.typ"


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One report as it stands on paper, every word in one language."""

    language: str
    title: str
    heading: str
    organisations: Sequence[tuple[str, str]]
    """Who reads and who issues: (part, name)."""
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


def render(sheet: Sheet, made_at: datetime) -> bytes:
    """The sheet as PDF/A-2b; the same sheet and time give the same bytes."""
    outside_transaction("setting a report")
    pdf = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        sys_inputs={"sheet": json.dumps(_without_controls(asdict(sheet)), ensure_ascii=False)},
        font_paths=_fonts(),
        pdf_standards=["a-2b"],
        timestamp=made_at.replace(microsecond=0),  # typst refuses parts of a second
    )
    assert isinstance(pdf, bytes)  # noqa: S101 -- one PDF, since no output path was named
    return pdf


def as_pdf(sheet: Sheet, version: ReportVersion) -> Response:
    """The PDF as an answer that no cache keeps."""
    # The name of the file says nothing of the person.
    return Response(
        render(sheet, version.released_at or version.created_at),
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="report-{version.id}.pdf"',
            "Cache-Control": "private, no-store",
        },
    )


@cache
def _fonts() -> typst.Fonts:
    # Kept, because reading the 19 MB collection takes longer than setting a page. System fonts are left out, so that
    # the PDF is the same on every machine.
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[Path(str(FONT_PATH)).parent]
    )


def _without_controls(value: object) -> object:
    # Control characters have no glyph: typst would draw boxes, and PDF/A refuses them.
    if isinstance(value, str):
        return "".join(char for char in value.replace("\r\n", "\n") if char == "\n" or char.isprintable())
    if isinstance(value, dict):
        return {key: _without_controls(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_controls(item) for item in value]
    return value
