"""The list of withheld examinations in words."""

from __future__ import annotations

from reading.context import Context
from reading.desk.withheld import withheld
from reading.viewers import Staff
from viewer.views.report_sheet import examination_with_side
from viewer.words import words
from viewer.words.catalogue import Language, text


def withheld_lines(ctx: Context[Staff], language: Language) -> list[dict[str, str | bool]]:
    """A line for each that somebody hears of, the latest first."""
    return [
        {
            "case_id": one.case_id,
            "name": one.name or text(language, "patient-unknown"),
            "number": one.number,
            "reason": one.reason,
            "examination": examination_with_side(one, language),
            "site": one.site,
            "examined_at": words.moment(one.examined_at, one.time_zone),
            "withheld_at": words.moment(one.withheld_at, one.time_zone),
            "withheld_by": one.withheld_by,
            "printed": text(language, "withheld.printed", n=one.printed) if one.printed else "",
            "just_now": one.just_now,
            "decides": one.decides,
        }
        for one in withheld(ctx)
    ]
