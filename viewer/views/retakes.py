"""Retakes that nothing proves: the returned examinations that images without a name may answer, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from reading.cases.cases import Case
from reading.context import Context
from reading.intake import retakes
from reading.viewers import Staff
from viewer.views.report_sheet import examination_with_side
from viewer.words import words
from viewer.words.catalogue import Language, text


def proposed(ctx: Context[Staff], case: Case, zone: str, language: Language) -> list[dict[str, Any]]:
    """What an opened case may be the retake of, and why it was not joined by itself."""
    return [
        {
            "case_id": one.case.id,
            "examination": _named(one.case, zone, language, ctx.now),
            "why": [text(language, f"retake.{reason}") for reason in one.unproven],
        }
        for one in retakes.proposed(ctx.tx, ctx.who, case, ctx.now)
    ]


def waiting(ctx: Context[Staff], returned: Case, zone: str, language: Language) -> Sequence[tuple[str, str]]:
    """The cases without a name that may be the retake of an opened one: id and examination."""
    found = retakes.waiting_for(ctx.tx, ctx.who, returned, ctx.now)
    return [(one.id, _named(one, zone, language, ctx.now)) for one in found]


def _named(case: Case, zone: str, language: Language, now: datetime) -> str:
    return f"{examination_with_side(case, language)} · {words.moment_today(case.examined_at, zone, now)}"
