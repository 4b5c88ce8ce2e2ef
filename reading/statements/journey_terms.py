"""Acts on what journeys cost: dated rows, of a site or of every site without one of its own."""

from __future__ import annotations

from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.register import organisations
from reading.roster.rights import author
from reading.statements import months, rights
from reading.statements.journeys import Terms
from reading.statements.prices import must_end
from reading.tables import statement_journey
from reading.viewers import Staff
from storage.ids import new_id

FARTHEST: Final = 2000
MOST_PEOPLE: Final = 500


@without_door("What journeys cost; nothing of a patient is in it.")
def add(
    ctx: Context[Staff | Actor],
    *,
    site_code: str = "",
    km: int,
    fare_fen: int,
    wage_fen: int,
    people: int,
    first_day: date,
    last_day: date | None = None,
) -> Terms:
    """A row of parameters: of a site, or of every site without one of its own.

    Raises:
        NotThere: they are no quality manager, or there is no such organisation.
        NotAllowed: they are none of a top organisation.
        Invalid: a distance or a number of people that none is, days that are none, or those of another row.

    """
    rights.must_keep(ctx)
    months.one_at_a_time(ctx.tx)
    if not 0 <= km <= FARTHEST:
        raise Invalid("km", "range")
    if not 0 <= people <= MOST_PEOPLE:
        raise Invalid("people", "range")
    if not months.EARLIEST <= first_day <= months.LATEST:
        raise Invalid("first_day", "date")
    if last_day is not None and last_day < first_day:
        raise Invalid("last_day", "before_first_day")
    made = Terms(
        id=new_id(),
        site_id=organisations.in_force(ctx.tx, site_code).id if site_code else None,
        km=km,
        fare_fen=fare_fen,
        wage_fen=wage_fen,
        people=people,
        first_day=first_day,
        last_day=last_day,
    )
    if any(one.overlaps(made) for one in all_terms(ctx.tx)):
        raise Invalid("first_day", "price_overlap")
    ctx.tx.execute(
        sa.insert(statement_journey),
        {
            "id": made.id,
            "site_id": made.site_id,
            "km": km,
            "fare_fen": fare_fen,
            "wage_fen": wage_fen,
            "people": people,
            "first_day": first_day,
            "last_day": last_day,
            "made_at": ctx.now,
            "made_by": author(ctx.who),
        },
    )
    _record(ctx, made.id, {"km": km, "first_day": first_day.isoformat()})
    return made


@without_door("What journeys cost; nothing of a patient is in it.")
def end(ctx: Context[Staff | Actor], terms_id: str, last_day: date) -> None:
    """End a row with a day; with the day before its first one it never held.

    Raises:
        NotThere: they are no quality manager, or there is no such row.
        NotAllowed: they are none of a top organisation.
        Invalid: it ends earlier already, or would end before it begins.

    """
    rights.must_keep(ctx)
    months.one_at_a_time(ctx.tx)
    found = [one for one in all_terms(ctx.tx) if one.id == terms_id]
    if not found:
        raise NotThere("journey", terms_id)
    must_end(found[0].first_day, found[0].last_day, last_day, None)
    this = statement_journey.c.id == terms_id
    ctx.tx.execute(sa.update(statement_journey).where(this).values(last_day=last_day, ended_by=author(ctx.who)))
    _record(ctx, terms_id, {"last_day": last_day.isoformat()})


def all_terms(tx: Connection) -> list[Terms]:
    """Every row, also those that ended."""
    columns = statement_journey.c
    order = (sa.func.coalesce(columns.site_id, ""), columns.first_day.desc(), columns.id)
    return [
        Terms(
            id=row.id,
            site_id=row.site_id,
            km=row.km,
            fare_fen=row.fare_fen,
            wage_fen=row.wage_fen,
            people=row.people,
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row in tx.execute(sa.select(statement_journey).order_by(*order))
    ]


def _record(ctx: Context[Staff | Actor], terms_id: str, details: dict[str, str | int]) -> None:
    ctx.record(action=Action.STATEMENT_JOURNEY, subject_kind="journey", subject_id=terms_id, details=details)
