"""The cases behind a figure, through the door: those that somebody may see, without their patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from reading.access import door, visibility
from reading.actions import Action
from reading.context import Context
from reading.errors import NotThere
from reading.kinds import Priority
from reading.numbers import ratios
from reading.numbers.figures import Asked, sites_of
from reading.numbers.measures import MEASURES, Measure
from reading.numbers.scope import scope_of
from reading.tables import case, number_fact, organisation
from reading.viewers import Staff

AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True)
class Opened:
    """One fact that a figure counts."""

    case_id: str
    at: datetime
    zone: str
    site: str
    modality: str
    body_part: str
    priority: Priority
    minutes: int | None
    examined_minutes: int | None
    reader: str
    """The organisation that read; empty: none."""


@dataclass(frozen=True, kw_only=True)
class Page:
    cases: Sequence[Opened]
    more: bool


def cases_of(
    ctx: Context[Staff], asked: Asked, measure: str, *, ratio_id: str = "", person_id: str = "", skip: int = 0
) -> Page:
    """The cases that a measure counts in a period, the latest first; of a person only where they manage the site.

    With ``ratio_id`` the measure is ``part`` or ``whole`` of a ratio that a manager defined.

    Raises:
        NotThere: they may not see that, or there is no such measure.

    """
    scope = scope_of(ctx)
    sites = sites_of(ctx.tx, scope, asked.organisation_id)
    found_measure = _measure(ctx, measure, ratio_id)
    if found_measure is None or (person_id and not scope.managed):
        raise NotThere
    door.open_list(ctx, Action.NUMBERS_CASES)
    reader = organisation.alias("reader")
    f = number_fact.c
    found = (
        sa.select(number_fact, organisation.c.name, organisation.c.time_zone, reader.c.name.label("reader"))
        .join(case, case.c.id == f.case_id)
        .join(organisation, organisation.c.id == f.site_id)
        .outerjoin(reader, reader.c.id == f.organisation_id)
        .where(
            f.site_id.in_(sites & scope.managed if person_id else sites),
            f.day >= asked.period.since,
            f.day <= asked.period.until,
            found_measure.holds(),
            visibility.visible_cases(ctx.tx, ctx.who, ctx.now),
        )
        .order_by(f.at.desc(), f.case_id, f.number)
    )
    wanted = {
        "modality": asked.modality,
        "body_part": asked.body_part,
        "organisation_id": asked.reader_id,
        "person_id": person_id,
    }
    for name, value in wanted.items():
        if value:
            found = found.where(f[name] == value)
    rows = ctx.tx.execute(found.offset(skip).limit(AT_ONCE + 1)).all()
    return Page(
        cases=[
            Opened(
                case_id=row.case_id,
                at=row.at,
                zone=row.time_zone,
                site=row.name,
                modality=row.modality,
                body_part=row.body_part,
                priority=Priority(row.priority),
                minutes=row.minutes,
                examined_minutes=row.examined_minutes,
                reader=row.reader or "",
            )
            for row in rows[:AT_ONCE]
        ],
        more=len(rows) > AT_ONCE,
    )


def _measure(ctx: Context[Staff], name: str, ratio_id: str) -> Measure | None:
    if not ratio_id:
        return MEASURES.get(name)
    ratio = ratios.version(ctx, ratio_id).ratio
    return {"part": ratio.part, "whole": ratio.whole}[name]() if name in {"part", "whole"} else None
