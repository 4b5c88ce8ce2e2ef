"""Terms: how long an assigned case waits for its person, and how many wait for each; by organisation, dated."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import Invalid
from reading.register import organisations
from reading.roster import rights
from reading.row_rules import valid_at
from reading.tables import organisation, roster_terms
from reading.viewers import Staff
from storage.ids import new_id

LONGEST_MINUTES: Final = 240
MOST_AHEAD: Final = 20


@dataclass(frozen=True, kw_only=True)
class Terms:
    take_minutes: int = 10
    """So long a routine case waits for whom it is assigned to; then it is open to everybody."""
    urgent_minutes: int = 3
    away_minutes: int = 5
    """After so long signed out, what waits for somebody is passed on."""
    ahead: int = 2
    """Most cases that wait for somebody at once."""

    def take_within(self, *, urgent: bool) -> timedelta:
        return timedelta(minutes=self.urgent_minutes if urgent else self.take_minutes)


DEFAULT: Final = Terms()


def of_organisations(tx: Connection, organisation_ids: Collection[str], now: datetime) -> dict[str, Terms]:
    """The terms of organisations; `DEFAULT` where nobody said any."""
    asked = sa.select(roster_terms).where(roster_terms.c.organisation_id.in_(organisation_ids))
    said = {row.organisation_id: _terms(row) for row in tx.execute(asked.where(valid_at(roster_terms, now)))}
    return {one: said.get(one, DEFAULT) for one in organisation_ids}


@without_door("Terms of a roster; nothing of a patient is in them.")
def say(ctx: Context[Staff | Actor], *, organisation_code: str, terms: Terms) -> None:
    """Set the terms of an organisation, in the place of what was set before.

    Raises:
        NotThere: no such organisation.
        NotAllowed: they do not keep this roster.
        Invalid: minutes or cases out of range.

    """
    place = organisations.in_force(ctx.tx, organisation_code)
    rights.must_keep(ctx, place.id)
    for minutes in (terms.take_minutes, terms.urgent_minutes, terms.away_minutes):
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise Invalid("minutes", "roster_range")
    if not 1 <= terms.ahead <= MOST_AHEAD:
        raise Invalid("ahead", "range")
    # Locked, so that two terms said at once come one after the other.
    ctx.tx.execute(sa.select(organisation.c.id).where(organisation.c.id == place.id).with_for_update(key_share=True))
    standing = (roster_terms.c.organisation_id == place.id) & roster_terms.c.until.is_(None)
    ctx.tx.execute(sa.update(roster_terms).where(standing).values(until=ctx.now, ended_by=rights.author(ctx.who)))
    said = {
        "take_minutes": terms.take_minutes,
        "urgent_minutes": terms.urgent_minutes,
        "away_minutes": terms.away_minutes,
        "ahead": terms.ahead,
    }
    ctx.tx.execute(
        sa.insert(roster_terms),
        {"id": new_id(), "organisation_id": place.id, "since": ctx.now, "made_by": rights.author(ctx.who), **said},
    )
    ctx.record(action=Action.ROSTER_TERMS, subject_kind="organisation", subject_id=place.id, details=said)


def _terms(row: sa.Row[Any]) -> Terms:
    return Terms(
        take_minutes=row.take_minutes,
        urgent_minutes=row.urgent_minutes,
        away_minutes=row.away_minutes,
        ahead=row.ahead,
    )
