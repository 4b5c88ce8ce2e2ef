"""Acts on the price list: rows are added and ended, their amounts never changed; and who reads for whom beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.cases.examination_codes import body_part_of, modality_of
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere
from reading.numbers.periods import EARLIEST
from reading.register import organisations
from reading.register.organisations import Agreement
from reading.roster.rights import author
from reading.statements import months, rights
from reading.statements.money import Per
from reading.statements.price_list import Price
from reading.statements.work import Service
from reading.tables import statement_price
from reading.viewers import Staff
from storage.ids import new_id

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class PriceList:
    """What stands in the price list, and between whom it is used."""

    rows: Sequence[Price]
    """General ones first, then by pair; of the same work the newest first. Those that never held are left out."""
    agreements: Sequence[Agreement]
    """Who reads for whom now, of what they see."""
    may_change: bool
    from_day: date | None
    """The first day that is in no closed month; None where none is closed."""


@without_door("Prices between institutions; nothing of a patient is in them.")
def price_list(ctx: Context[Staff | Actor]) -> PriceList:
    """The general rows, and those of pairs that they see.

    Raises:
        NotThere: they are no quality manager.

    """
    scope = rights.scope_of(ctx)
    every = all_prices(ctx.tx)
    return PriceList(
        rows=[
            one
            for one in every
            if one.ever_holds
            and (one.site_id is None or one.reader_id is None or scope.sees(one.site_id, one.reader_id))
        ],
        agreements=[
            one
            for one in organisations.agreements(ctx.tx, ctx.now)
            if one.site_id != one.reader_id and scope.sees(one.site_id, one.reader_id)
        ],
        may_change=rights.keeps(ctx),
        from_day=months.next_open(months.closed(ctx.tx)),
    )


@without_door("Prices between institutions; nothing of a patient is in them.")
def add(
    ctx: Context[Staff | Actor],
    *,
    site_code: str = "",
    reader_code: str = "",
    service: Service | None = None,
    modality: str = "",
    body_part: str = "",
    per: Per = Per.CASE,
    fen: int,
    first_day: date,
    last_day: date | None = None,
) -> Price:
    """A row of the price list: of a pair, or of every pair without one of its own.

    Raises:
        NotThere: they are no quality manager, or there is no organisation of one of the codes.
        NotAllowed: they are none of a top organisation.
        Invalid: one of the pair is named without the other, both are the same, a code that examinations do not have, a
            body part without its modality, the days are none, lie in a closed month, or are those of another row for
            the same.

    """
    rights.must_keep(ctx)
    months.one_at_a_time(ctx.tx)
    if bool(site_code) != bool(reader_code):
        raise Invalid("reader" if site_code else "site", "price_pair")
    site = organisations.in_force(ctx.tx, site_code) if site_code else None
    reader = organisations.in_force(ctx.tx, reader_code) if reader_code else None
    if site is not None and site == reader:
        raise Invalid("reader", "price_itself")
    made = Price(
        id=new_id(),
        site_id=None if site is None else site.id,
        reader_id=None if reader is None else reader.id,
        service=service,
        modality=modality_of(modality),
        body_part=body_part_of(body_part),
        per=per,
        fen=fen,
        first_day=first_day,
        last_day=last_day,
    )
    if made.body_part and not made.modality:
        raise Invalid("modality", "price_modality")
    _must_be_open(first_day, last_day, months.next_open(months.closed(ctx.tx)))
    if any(one.overlaps(made) for one in all_prices(ctx.tx)):
        raise Invalid("first_day", "price_overlap")
    ctx.tx.execute(
        sa.insert(statement_price),
        {
            "id": made.id,
            "site_id": made.site_id,
            "reader_id": made.reader_id,
            "service": made.service or "",
            "modality": made.modality,
            "body_part": made.body_part,
            "per": made.per,
            "fen": made.fen,
            "first_day": made.first_day,
            "last_day": made.last_day,
            "made_at": ctx.now,
            "made_by": author(ctx.who),
        },
    )
    details = {"fen": made.fen, "first_day": made.first_day.isoformat()}
    ctx.record(action=Action.STATEMENT_PRICE, subject_kind="price", subject_id=made.id, details=details)
    return made


@without_door("Prices between institutions; nothing of a patient is in them.")
def end(ctx: Context[Staff | Actor], price_id: str, last_day: date) -> Price:
    """End a row with a day; with the day before its first one it never held.

    Raises:
        NotThere: they are no quality manager, or there is no such row.
        NotAllowed: they are none of a top organisation.
        Invalid: it ends earlier already, or would end before it begins or in a closed month.

    """
    rights.must_keep(ctx)
    months.one_at_a_time(ctx.tx)
    found = [one for one in all_prices(ctx.tx) if one.id == price_id]
    if not found:
        raise NotThere("price", price_id)
    must_end(found[0].first_day, found[0].last_day, last_day, months.next_open(months.closed(ctx.tx)))
    this = statement_price.c.id == price_id
    ctx.tx.execute(sa.update(statement_price).where(this).values(last_day=last_day, ended_by=author(ctx.who)))
    details = {"last_day": last_day.isoformat()}
    ctx.record(action=Action.STATEMENT_PRICE, subject_kind="price", subject_id=price_id, details=details)
    return next(one for one in all_prices(ctx.tx) if one.id == price_id)


def must_end(first_day: date, stands: date | None, last_day: date, from_day: date | None) -> None:
    """Raises: Invalid, where a row cannot end with a day; ``from_day`` is the first one that may be changed."""
    if last_day < first_day - _DAY:
        raise Invalid("last_day", "before_first_day")
    if from_day is not None and last_day < from_day - _DAY:
        raise Invalid("last_day", "closed_month")
    if stands is not None and last_day > stands:
        raise Invalid("last_day", "ends_before")


def all_prices(tx: Connection) -> list[Price]:
    """Every row, also those that ended."""
    columns = statement_price.c
    rows = tx.execute(
        sa.select(statement_price).order_by(
            sa.func.coalesce(columns.site_id, ""),
            sa.func.coalesce(columns.reader_id, ""),
            *(columns.service, columns.modality, columns.body_part, columns.first_day.desc(), columns.id),
        )
    )
    return [
        Price(
            id=row.id,
            site_id=row.site_id,
            reader_id=row.reader_id,
            service=Service(row.service) if row.service else None,
            modality=row.modality,
            body_part=row.body_part,
            per=Per(row.per),
            fen=row.fen,
            first_day=row.first_day,
            last_day=row.last_day,
        )
        for row in rows
    ]


def _must_be_open(first_day: date, last_day: date | None, from_day: date | None) -> None:
    if not EARLIEST <= first_day <= months.LATEST:
        raise Invalid("first_day", "date")
    if from_day is not None and first_day < from_day:
        raise Invalid("first_day", "closed_month")
    if last_day is not None and last_day < first_day:
        raise Invalid("last_day", "before_first_day")
