"""The monthly bulletin as PDF/A-2b: indicators of a month beside the month before and the region, without people."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import typst
from starlette.responses import Response

from reading.numbers.figures import Asked, Line, Overview
from reading.numbers.indicators import Shape
from storage.open_transactions import outside_transaction
from viewer.folders import TYPST
from viewer.views import numbers
from viewer.views.glyphs import families, printed
from viewer.views.report_pdf import each_text, fonts
from viewer.words.catalogue import Language, text

TEMPLATE = TYPST / "bulletin.typ"
COLUMNS = ("indicator", "now", "share", "before", "region")


def bulletin(found: Overview, asked: Asked, organisation: str, language: Language, made_at: datetime) -> Response:
    """The bulletin of a month; ``organisation``: whose it is, empty for all that somebody sees."""
    outside_transaction("setting a bulletin")
    month = f"{asked.period.since:%Y-%m}"
    sheet: dict[str, Any] = {
        "language": language.tag.partition("-")[0],
        "title": text(language, "numbers.bulletin.title", month=month),
        "lead": organisation or text(language, "numbers.bulletin.all"),
        "note": text(language, "numbers.bulletin.note"),
        "footer": f"{text(language, 'brand')} · {text(language, 'numbers.title')}",
        "page": text(language, "numbers.bulletin.page", n="{n}", m="{m}"),
        "parts": [
            {
                "title": text(language, f"numbers.group.{name}"),
                "head": [text(language, f"numbers.bulletin.{column}") for column in COLUMNS],
                "rows": [_row(line, language) for line in lines],
            }
            for name, lines in found.groups.items()
        ],
    }
    pdf = typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        sys_inputs={"sheet": json.dumps(each_text(sheet, printed) | {"fonts": families()}, ensure_ascii=False)},
        font_paths=fonts(),
        pdf_standards=["a-2b"],
        timestamp=made_at.replace(microsecond=0),
    )
    assert isinstance(pdf, bytes)  # noqa: S101 -- one PDF, since no output path was named
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="numbers-{month}.pdf"',
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _row(line: Line, language: Language) -> dict[str, Any]:
    one, now = line.indicator, line.now
    share = now.share.value if now.share is not None and one.shape in {Shape.SHARE, Shape.TIME} else None
    few = f"{text(language, 'numbers.few')} " if one.shape is not Shape.COUNT and now.of > 0 and now.few else ""
    moved = numbers.change(one, now, line.before, language)
    return {
        "name": numbers.title(one, language),
        "value": numbers.short(one, now, language),
        "beside": few + numbers.beside(one, now, language),
        "share": share,
        "before": f"{numbers.short(one, line.before, language)} {moved}".strip(),
        "region": numbers.short(one, line.region, language),
    }
