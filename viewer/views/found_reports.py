"""Reports that a search found, in words: whose, of what, and the place of the words that were sought."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from reading.cases import cases
from reading.context import Context
from reading.desk.entries import entries_of
from reading.reports.versions import ReportVersion
from reading.viewers import Staff
from viewer.views.report_sheet import examination_with_side, patient_age, patient_name, patient_sex, zone_of
from viewer.words import words
from viewer.words.catalogue import Language, text

BEFORE: Final = 24
"""Characters that stand before the first word that was sought."""
LONGEST: Final = 160


def lines(
    ctx: Context[Staff], found: Sequence[ReportVersion], sought: Sequence[str], language: Language
) -> list[dict[str, Any]]:
    """The reports in their order; the search has put the looks at them on record."""
    known = cases.by_ids(ctx.tx, {one.case_id for one in found})
    entries = {one.case.id: one for one in entries_of(ctx.tx, ctx.who, list(known.values()), ctx.now)}
    made: list[dict[str, Any]] = []
    for version in found:
        entry = entries[version.case_id]
        zone = zone_of(ctx.tx, entry)
        positive = version.content.positive
        made.append(
            {
                "case_id": version.case_id,
                "version_id": version.id,
                "patient": patient_name(entry, language),
                "detail": " · ".join(filter(None, (patient_sex(entry, language), patient_age(entry, zone, language)))),
                "examination": examination_with_side(entry.case, language),
                "site": entry.site.name,
                "released_at": words.moment(version.released_at or version.created_at, zone),
                "result": ""
                if positive is None
                else text(language, f"report.{'positive' if positive else 'negative'}"),
                "positive": bool(positive),
                "critical": version.content.critical_class is not None,
                "broken": version.broken,
                "parts": place_of(version, sought),
            }
        )
    return made


def place_of(version: ReportVersion, sought: Sequence[str]) -> list[tuple[str, bool]]:
    """The impression, or the part of the findings that has the first word; what was sought is marked."""
    content = version.content
    said = next(
        (part for part in (content.impression, content.findings, content.recommendation) if _first(part, sought)),
        content.impression,
    )
    first = _first(said, sought)
    start = max(0, first.start() - BEFORE) if first is not None and len(said) > LONGEST else 0
    shown = ("…" if start else "") + said[start : start + LONGEST] + ("…" if start + LONGEST < len(said) else "")
    return marked(shown, sought)


def marked(said: str, sought: Sequence[str]) -> list[tuple[str, bool]]:
    """A text in pieces, each with whether it is one of the words that were sought."""
    pattern = _pattern(sought)
    if pattern is None:
        return [(said, False)]
    pieces = re.split(f"({pattern.pattern})", said, flags=re.IGNORECASE)
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]


def _first(said: str, sought: Sequence[str]) -> re.Match[str] | None:
    pattern = _pattern(sought)
    return None if pattern is None else pattern.search(said)


def _pattern(sought: Sequence[str]) -> re.Pattern[str] | None:
    """The words as a text may write them, with spaces between the characters."""
    longest_first = sorted(sought, key=len, reverse=True)
    each = (r"\s*".join(map(re.escape, word)) for word in longest_first)
    return re.compile("|".join(each), re.IGNORECASE) if sought else None
