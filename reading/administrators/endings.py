"""Endings in the register: what would be left behind is counted before, and compared when it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.audit import Actor
from reading.cases.moves import UNFINISHED
from reading.context import Context, without_door
from reading.errors import Stale
from reading.kinds import Tier
from reading.register import administered, agreements, organisations, registry
from reading.register.organisations import Agreement, Organisation
from reading.row_rules import open_at
from reading.tables import case, device, role_grant
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Stranded:
    """What is left behind when something ends."""

    cases: int = 0
    """Cases that are not finished."""
    devices: int = 0
    people: int = 0
    """People who hold a role there."""
    sites: int = 0
    """Other organisations for which it reads."""

    @property
    def anything(self) -> bool:
        return bool(self.cases or self.devices or self.people or self.sites)


@without_door("It counts cases of a site, and shows none of them.")
def of_organisation(ctx: Context[Staff | Actor], organisation_id: str) -> Stranded:
    """What the end of an organisation leaves behind.

    Raises:
        NotAllowed, NotThere: as `administered.must_keep`.

    """
    administered.must_keep(ctx, organisation_id)
    here = role_grant.c.organisation_id == organisation_id
    return Stranded(
        cases=_unfinished(ctx.tx, organisation_id, None),
        devices=_number(ctx.tx, device.c.id, (device.c.site_id == organisation_id) & open_at(device, ctx.now)),
        people=_number(ctx.tx, role_grant.c.person_id, here & open_at(role_grant, ctx.now)),
        sites=len(
            {
                one.site_id
                for one in organisations.agreements(ctx.tx, ctx.now)
                if one.reader_id == organisation_id and one.site_id != organisation_id
            }
        ),
    )


@without_door("It counts cases of a site, and shows none of them.")
def of_agreement(ctx: Context[Staff | Actor], agreement_id: str) -> Stranded:
    """What the end of an agreement leaves without a reader: nothing where another one holds at the same tier.

    Raises:
        NotAllowed, NotThere: as `administered.must_keep`, and where there is no such agreement.

    """
    found = [one for one in organisations.agreements(ctx.tx, ctx.now) if one.id == agreement_id]
    if not found:
        return Stranded()  # it has not begun
    one = found[0]
    administered.must_keep(ctx, one.site_id)
    if organisations.readers_of(ctx.tx, one.site_id, one.tier, ctx.now) - {one.reader_id}:
        return Stranded()
    return Stranded(cases=_unfinished(ctx.tx, one.site_id, one.tier))


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_organisation(ctx: Context[Staff | Actor], code: str, *, seen: Stranded) -> Organisation:
    """End an organisation by somebody who was told what it leaves behind.

    Raises:
        Stale: it is something else by now.
        NotAllowed, NotThere: as `registry.end_organisation`.

    """
    if of_organisation(ctx, organisations.in_force(ctx.tx, code).id) != seen:
        raise Stale
    return registry.end_organisation(ctx, code)


@without_door("The register of organisations and people; nothing of a patient is in it.")
def end_agreement(
    ctx: Context[Staff | Actor], agreement_id: str, *, seen: Stranded, at: datetime | None = None
) -> Agreement:
    """End an agreement by somebody who was told what it leaves without a reader.

    Raises:
        Stale: it is something else by now.
        Invalid, NotAllowed, NotThere: as `agreements.end`.

    """
    if of_agreement(ctx, agreement_id) != seen:
        raise Stale
    return agreements.end(ctx, agreement_id, at=at)


def _unfinished(tx: Connection, site_id: str, tier: Tier | None) -> int:
    """Cases of a site that are not finished; of a tier, those that it may still have to read: the city, any of them."""
    theirs = (case.c.site_id == site_id) & case.c.state.in_(UNFINISHED)
    if tier is not None and tier is not Tier.CITY:
        theirs &= case.c.tier == tier
    return _number(tx, case.c.id, theirs)


def _number(tx: Connection, column: sa.Column[str], where: sa.ColumnElement[bool]) -> int:
    return tx.scalar(sa.select(sa.func.count(sa.distinct(column))).where(where)) or 0
