"""The journeys of a month: patients whose examination another institution read, and what they were spared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.numbers.facts import Kind
from reading.register import organisations, region_clock
from reading.statements import journey_terms, months, rights
from reading.statements.counting import within
from reading.statements.journeys import Terms, kilometres, spared_fen, terms_of
from reading.tables import case, number_fact
from reading.tables.numbers import NOBODY
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Spared:
    """What the patients of a site were spared in a month, by one row of parameters."""

    site_id: str
    site: str
    terms: Terms | None
    """None: no parameters are known, so no money."""
    examinations: int
    journeys: int
    """A patient travels once on a day, however many examinations there are."""
    km: int
    fen: int


@dataclass(frozen=True, kw_only=True)
class Journeys:
    first: date
    spared: Sequence[Spared]
    terms: Sequence[Terms]
    """The rows that hold or will hold, of the sites that they see, the general ones first."""
    may_change: bool


@without_door("It counts journeys, and names no patient and no case.")
def of_month(ctx: Context[Staff | Actor], first: date) -> Journeys:
    """The journeys of a month that patients were spared, of the institutions that somebody sees.

    As the facts say now, also of a closed month: nobody is billed for it.

    Raises:
        NotThere: they are no quality manager, or the month has not begun.

    """
    scope = rights.scope_of(ctx)
    zone = region_clock.zone(ctx.tx)
    month = months.month_of(first, zone)
    if month.starts_at > ctx.now:
        raise NotThere
    every = journey_terms.all_terms(ctx.tx)
    fact = number_fact.c
    rows = ctx.tx.execute(
        sa.select(fact.site_id, fact.organisation_id, fact.at, fact.case_id, case.c.patient_id)
        .join(case, case.c.id == fact.case_id)
        .where(
            fact.kind == Kind.RELEASED,
            within(ctx.tx, number_fact, month),
            fact.organisation_id.not_in([NOBODY, fact.site_id]),
        )
    )
    examinations: defaultdict[tuple[str, Terms | None], int] = defaultdict(int)
    travelling: defaultdict[tuple[str, Terms | None], set[tuple[str, date]]] = defaultdict(set)
    for row in rows:
        if scope.sees(row.site_id, row.organisation_id):
            day = row.at.astimezone(zone).date()
            place = (row.site_id, terms_of(every, row.site_id, day))
            examinations[place] += 1
            travelling[place].add((row.patient_id or row.case_id, day))
    sites = organisations.by_ids(ctx.tx, {site_id for site_id, _ in examinations})
    spared = [
        Spared(
            site_id=site_id,
            site=sites[site_id].name,
            terms=terms,
            examinations=number,
            journeys=len(travelling[site_id, terms]),
            km=0 if terms is None else kilometres(len(travelling[site_id, terms]), terms),
            fen=0 if terms is None else spared_fen(len(travelling[site_id, terms]), terms),
        )
        for (site_id, terms), number in examinations.items()
    ]
    return Journeys(
        first=first,
        spared=sorted(spared, key=lambda one: (one.site, one.site_id, one.terms.first_day if one.terms else date.min)),
        terms=[
            one
            for one in every
            if (one.site_id is None or scope.managed is None or one.site_id in scope.managed) and one.ever_holds
        ],
        may_change=rights.keeps(ctx),
    )
