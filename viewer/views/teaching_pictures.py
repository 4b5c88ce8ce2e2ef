"""The pictures of a case from which somebody chooses for a teaching entry: those with marks first, then each series."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from reading.access import visibility
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.reports.versions import ReportVersion
from reading.viewers import Staff
from storage.index import queries
from storage.index.queries import Instance
from viewer.words.catalogue import Language, text

AT_ONCE: Final = 6
"""Pictures of a series that are seen before somebody asks for all."""
MOST: Final = 400
"""Pictures of a series without marks that are offered; those with marks are all offered."""
FRAMES: Final = 120
"""Frames of one object that are offered."""


def offered(ctx: Context[Staff], version: ReportVersion, language: Language) -> list[dict[str, Any]]:
    """The series of a case that the caller has opened, each with its pictures: some at once, the rest on demand."""
    scope = visibility.scope(ctx.tx, ctx.who, ctx.now, Action.CASE_OPEN)
    marked = {(one.instance_uid, one.frame) for one in version.content.marks}
    found: list[dict[str, Any]] = []
    for study_uid in cases.study_uids(ctx.tx, version.case_id):
        received = [one for one in queries.series_in(ctx.tx, scope, study_uid) if not one.made_here]
        for place, series in enumerate(received, start=1):
            inside = queries.instances_in(ctx.tx, scope, study_uid, series.series_uid)
            pictures = list(_frames(inside, marked))
            if not pictures:
                continue
            first = [one for one in pictures if one["marked"]]
            others = [one for one in pictures if not one["marked"]][:MOST]
            some = others[:: max(1, -(-len(others) // AT_ONCE))]
            shown = [*first, *some]
            found.append(
                {
                    "title": series.series_description
                    or text(language, "case.series", n=series.series_number or place),
                    "shown": shown,
                    "rest": [one for one in others if one not in some],
                }
            )
    return found


def value_of(sop_instance_uid: str, frame: int) -> str:
    """A picture as the form names it."""
    return f"{sop_instance_uid}_{frame}"


def chosen(values: Sequence[str]) -> list[tuple[str, int]]:
    """What a form chose, in its order, each once; what is no picture is left out."""
    found: dict[tuple[str, int], None] = {}
    for value in values:
        uid, _, frame = value.partition("_")
        if uid and frame.isascii() and frame.isdecimal() and len(frame) < 7:
            found[uid, int(frame)] = None
    return list(found)


def _frames(inside: Sequence[Instance], marked: set[tuple[str, int]]) -> Iterator[dict[str, Any]]:
    for one in inside:
        place = f"/dicomweb/studies/{one.study_uid}/series/{one.series_uid}/instances/{one.sop_instance_uid}"
        step = max(1, -(-one.frames // FRAMES))
        asked = {*range(1, one.frames + 1, step), *(frame for uid, frame in marked if uid == one.sop_instance_uid)}
        for frame in sorted(each for each in asked if each <= one.frames):
            yield {
                "value": value_of(one.sop_instance_uid, frame),
                "address": place if one.frames == 1 else f"{place}/frames/{frame}",
                "number": one.instance_number or frame,
                "marked": (one.sop_instance_uid, frame) in marked,
            }
