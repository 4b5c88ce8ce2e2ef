"""Examinations that somebody withheld: that there are any, for their site and for whoever has to decide about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import State
from reading.context import Context, without_door
from reading.patients.names import person_name
from reading.register.grants import reach
from reading.signing.printing import Means
from reading.tables import case, case_move, case_study, organisation, person, printing, report_version
from reading.viewers import Staff
from storage.tables import study

MOST: Final = 100
JUST_NOW: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Withheld:
    """One of them, as far as whoever calls its paper back or decides about it has to know; nothing of its report."""

    case_id: str
    name: str = field(repr=False)
    """Whom its images name, corrections applied."""
    number: str = field(repr=False)
    """Its accession number; empty where it has none."""
    reason: str = field(repr=False)
    site: str
    time_zone: str
    modality: str
    body_part: str
    laterality: str
    examined_at: datetime
    withheld_at: datetime
    withheld_by: str
    printed: int
    """How often its report was printed: that paper has to come back."""
    just_now: bool
    """The viewer withheld it themselves, minutes ago."""
    decides: bool
    """Whether the viewer manages the site's quality, and decides about it."""


@without_door("The page records the look at the list first; the rows are of sites where they work or that they manage.")
def withheld(ctx: Context[Staff]) -> list[Withheld]:
    """Those of somebody's own sites and of the sites that they manage, the latest first, at most `MOST`."""
    reached = reach(ctx.tx, ctx.who, ctx.now)
    moves = case_move.alias("moves")
    newest = (
        sa.select(sa.func.max(moves.c.number)).where(moves.c.case_id == case.c.id).correlate(case).scalar_subquery()
    )
    on_paper = (
        sa.select(sa.func.count())
        .select_from(printing)
        .join(report_version, report_version.c.id == printing.c.version_id)
        .where(report_version.c.case_id == case.c.id, printing.c.means == Means.PAPER)
        .correlate(case)
        .scalar_subquery()
    )
    rows = ctx.tx.execute(
        sa.select(
            case.c.id,
            case.c.site_id,
            case.c.modality,
            case.c.body_part,
            case.c.laterality,
            case.c.examined_at,
            organisation.c.name.label("site"),
            organisation.c.time_zone,
            case_move.c.at,
            case_move.c.person_id,
            case_move.c.why,
            person.c.name.label("who"),
            on_paper.label("printed"),
        )
        .join(organisation, organisation.c.id == case.c.site_id)
        .join(case_move, (case_move.c.case_id == case.c.id) & (case_move.c.number == newest))
        .outerjoin(person, person.c.id == case_move.c.person_id)
        .where(case.c.state == State.WITHHELD, case.c.site_id.in_(reached.own | reached.managed))
        .order_by(case_move.c.at.desc(), case.c.id)
        .limit(MOST)
    ).all()
    named = _named(ctx.tx, [row.id for row in rows])
    return [
        Withheld(
            case_id=row.id,
            name=named[row.id][0],
            number=named[row.id][1],
            reason=row.why,
            site=row.site,
            time_zone=row.time_zone,
            modality=row.modality,
            body_part=row.body_part,
            laterality=row.laterality,
            examined_at=row.examined_at,
            withheld_at=row.at,
            withheld_by=row.who or "",
            printed=row.printed,
            just_now=row.person_id == ctx.who.person_id and ctx.now - row.at < JUST_NOW,
            decides=row.site_id in reached.managed,
        )
        for row in rows
    ]


def _named(tx: Connection, case_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Whom the first study of each case names, and its accession number; of hidden ones, too."""
    rows = tx.execute(
        sa.select(case_study.c.case_id, study.c.patient_name, study.c.accession_number)
        .join(study, study.c.study_uid == case_study.c.study_uid)
        .where(case_study.c.case_id.in_(case_ids))
        .order_by(case_study.c.joined_at.desc(), case_study.c.study_uid.desc())
    )
    return {row.case_id: (person_name(row.patient_name), row.accession_number) for row in rows}


@without_door("A number; nothing of a patient is in it.")
def to_decide(ctx: Context[Staff]) -> int:
    """How many wait for somebody's decision."""
    return _count(ctx, reach(ctx.tx, ctx.who, ctx.now).managed)


@without_door("A number; nothing of a patient is in it.")
def at_own_sites(ctx: Context[Staff]) -> int:
    """How many of somebody's own sites are in no list of theirs."""
    return _count(ctx, reach(ctx.tx, ctx.who, ctx.now).own)


def _count(ctx: Context[Staff], site_ids: frozenset[str]) -> int:
    waiting = sa.select(sa.func.count()).where(case.c.state == State.WITHHELD, case.c.site_id.in_(site_ids))
    return (ctx.tx.scalar(waiting) or 0) if site_ids else 0
