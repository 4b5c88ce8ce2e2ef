"""Organisations of the region and the dated agreements that say who reads for whom."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import identifiers
from reading.errors import Invalid, NotThere
from reading.kinds import Level, Tier
from reading.row_rules import open_at, taken_as, valid_at
from reading.tables import agreement, organisation
from reading.texts import checked, storable
from storage.database import once
from storage.ids import new_id

TIME_ZONE: Final = "Asia/Shanghai"
"""Where nobody says otherwise."""
READS_AT: Final = {Tier.COUNTY: (Level.COUNTY, Level.CITY), Tier.CITY: (Level.CITY,)}
"""Levels that read at a tier by default: the first one that occurs among the site and the organisations above it."""


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """A hospital, health centre or administration; a site where it owns devices."""

    id: str
    code: str
    name: str
    level: Level
    parent_id: str | None
    region_code: str | None
    time_zone: str
    telephone: str
    since: datetime
    until: datetime | None
    revision: int
    institution_number: str = ""
    """Unified social credit code, or the registration of the medical institution; empty where nobody entered one."""


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """``reader_id`` reads what ``site_id`` sends, at a tier."""

    id: str
    site_id: str
    reader_id: str
    tier: Tier
    since: datetime
    until: datetime | None


def add(
    tx: Connection,
    *,
    code: str,
    name: str,
    level: Level,
    now: datetime,
    parent_code: str | None = None,
    region_code: str | None = None,
    time_zone: str = TIME_ZONE,
    telephone: str = "",
    institution_number: str = "",
) -> Organisation:
    """A new organisation; agreements with the default readers among itself and those above it are made too.

    Raises:
        Invalid: the code is taken or malformed, the region code, the institution number or the time zone is not one,
            the parent is unknown.

    """
    problem = identifiers.organisation_code(code)
    if problem is not None:
        raise Invalid("code", problem)
    check_numbers(region_code, institution_number, time_zone)
    parent = None if parent_code is None else by_code(tx, parent_code)
    if parent_code is not None and (parent is None or parent.until is not None):
        raise Invalid("parent_code", "unknown")
    made = Organisation(
        id=new_id(),
        code=code,
        name=checked("name", name, longest=200, required=True),
        level=level,
        parent_id=parent.id if parent else None,
        region_code=region_code,
        time_zone=time_zone,
        telephone=checked("telephone", telephone, longest=40),
        since=now,
        until=None,
        revision=1,
        institution_number=institution_number,
    )
    with taken_as(tx, "code"):
        tx.execute(
            organisation.insert(),
            {
                "id": made.id,
                "code": made.code,
                "name": made.name,
                "level": made.level,
                "parent_id": made.parent_id,
                "region_code": made.region_code,
                "time_zone": made.time_zone,
                "telephone": made.telephone,
                "institution_number": made.institution_number,
                "since": made.since,
            },
        )
    line = [made, *_line_above(tx, made)]
    for tier, levels in READS_AT.items():
        reader = next((one for level_ in levels for one in line if one.level is level_), None)
        if reader is not None:
            agree(tx, site_id=made.id, reader_id=reader.id, tier=tier, now=now)
    return made


def by_code(tx: Connection, code: str) -> Organisation | None:
    return _one(tx, organisation.c.code == code)


def in_force(tx: Connection, code: str) -> Organisation:
    """The organisation that takes part under this code.

    Raises:
        NotThere: there is none, or it has ended.
        Invalid: characters that no code has and no database stores.

    """
    one = by_code(tx, storable("organisation", code, lines=False))
    if one is None or one.until is not None:
        raise NotThere("organisation", code)
    return one


def by_id(tx: Connection, organisation_id: str) -> Organisation | None:
    return _one(tx, organisation.c.id == organisation_id)


def by_ids(tx: Connection, organisation_ids: Iterable[str]) -> dict[str, Organisation]:
    wanted = set(organisation_ids)
    return {one.id: one for one in _all(tx, organisation.c.id.in_(wanted))} if wanted else {}


def list_all(tx: Connection) -> list[Organisation]:
    return _all(tx, sa.true())


def standing(tx: Connection) -> list[Organisation]:
    """Those that have not ended, by name: what somebody chooses from."""
    return sorted(_all(tx, organisation.c.until.is_(None)), key=lambda one: one.name)


def below(tx: Connection, organisation_ids: AbstractSet[str]) -> set[str]:
    """Every organisation under the given ones, at any depth, without themselves (unless one is under another)."""
    if not organisation_ids:
        return set()
    start = sa.select(organisation.c.id).where(organisation.c.parent_id.in_(organisation_ids)).cte(recursive=True)
    tree = start.union(sa.select(organisation.c.id).where(organisation.c.parent_id == start.c.id))
    return set(tx.scalars(sa.select(tree.c.id)))


def without_parent(tx: Connection, organisation_ids: AbstractSet[str]) -> set[str]:
    """Those among these that stand under no other."""
    if not organisation_ids:
        return set()
    top = organisation.c.id.in_(organisation_ids) & organisation.c.parent_id.is_(None)
    return set(tx.scalars(sa.select(organisation.c.id).where(top)))


def hold_still(tx: Connection) -> None:
    """Let nobody else move an organisation before the end of this transaction, so that two moves make no circle.

    All of them, in one order: which ones stand above another is known only once nobody moves one.
    """
    tx.execute(sa.select(organisation.c.id).order_by(organisation.c.id).with_for_update(key_share=True)).all()


def above(tx: Connection, organisation_id: str) -> list[str]:
    """The ids of the organisations above one, the nearest first."""
    return [*once(tx, ("above", organisation_id), lambda: _above(tx, organisation_id))]


def _above(tx: Connection, organisation_id: str) -> list[str]:
    here = by_id(tx, organisation_id)
    return [] if here is None else [one.id for one in _line_above(tx, here)]


def end(tx: Connection, organisation_id: str, now: datetime) -> None:
    """End an organisation with its agreements; what it sent and read stays.

    Raises:
        NotThere: there is no such organisation, or it has ended.

    """
    ended = tx.execute(
        organisation.update()
        .where(organisation.c.id == organisation_id, organisation.c.until.is_(None))
        .values(until=now, revision=organisation.c.revision + 1)
    )
    if ended.rowcount != 1:
        raise NotThere
    either = (agreement.c.site_id == organisation_id) | (agreement.c.reader_id == organisation_id)
    tx.execute(agreement.update().where(either, open_at(agreement, now)).values(until=now))


def agree(
    tx: Connection, site_id: str, reader_id: str, tier: Tier, now: datetime, *, until: datetime | None = None
) -> Agreement:
    """From ``now`` on ``reader_id`` reads for ``site_id`` at a tier; an agreement that stands already is returned."""
    valid = (agreement.c.reader_id == reader_id) & valid_at(agreement, now)
    row = tx.execute(
        sa.select(agreement).where(agreement.c.site_id == site_id, agreement.c.tier == tier, valid)
    ).one_or_none()
    if row is not None:
        return _agreement(row)
    made = Agreement(id=new_id(), site_id=site_id, reader_id=reader_id, tier=tier, since=now, until=until)
    values = {"site_id": site_id, "reader_id": reader_id, "tier": tier, "since": made.since, "until": until}
    tx.execute(agreement.insert(), {"id": made.id, **values})
    return made


def end_agreement(tx: Connection, agreement_id: str, now: datetime) -> None:
    """End an agreement at a time, which may be in the future; one that has not begun by then never held."""
    tx.execute(agreement.update().where(agreement.c.id == agreement_id, open_at(agreement, now)).values(until=now))


def agreements(tx: Connection, now: datetime) -> list[Agreement]:
    """The agreements that hold at a time, by site."""
    rows = tx.execute(
        sa.select(agreement)
        .join(organisation, organisation.c.id == agreement.c.site_id)
        .where(valid_at(agreement, now))
        .order_by(organisation.c.code, agreement.c.tier, agreement.c.id)
    )
    return [_agreement(row) for row in rows]


def all_agreements(tx: Connection) -> list[Agreement]:
    """Every agreement that holds, held or will hold, by site, the newest first."""
    return _agreements(tx, sa.true())


def agreement_by_id(tx: Connection, agreement_id: str) -> Agreement | None:
    row = tx.execute(sa.select(agreement).where(agreement.c.id == agreement_id)).one_or_none()
    return None if row is None else _agreement(row)


def agreements_between(tx: Connection, site_id: str, reader_id: str, tier: Tier) -> list[Agreement]:
    """Every agreement by which one reads for the other at a tier, those of the past and the future too."""
    same = (agreement.c.site_id == site_id) & (agreement.c.reader_id == reader_id) & (agreement.c.tier == tier)
    return [_agreement(row) for row in tx.execute(sa.select(agreement).where(same).order_by(agreement.c.id))]


def agreements_with(tx: Connection, organisation_id: str) -> list[Agreement]:
    """Every agreement in which an organisation is read for or reads, in the order of `all_agreements`."""
    return _agreements(tx, (agreement.c.site_id == organisation_id) | (agreement.c.reader_id == organisation_id))


def readers_of(tx: Connection, site_id: str, tier: Tier, now: datetime) -> set[str]:
    """The organisations that read for a site at a tier."""
    return set(
        tx.scalars(
            sa.select(agreement.c.reader_id).where(
                agreement.c.site_id == site_id, agreement.c.tier == tier, valid_at(agreement, now)
            )
        )
    )


def read_by(tx: Connection, organisation_ids: AbstractSet[str], now: datetime) -> dict[tuple[Tier, str], list[str]]:
    """The sites that each of the organisations reads, by tier and organisation."""
    found: dict[tuple[Tier, str], list[str]] = {}
    if organisation_ids:
        asked = sa.select(agreement.c.tier, agreement.c.reader_id, agreement.c.site_id)
        for tier, reader_id, site_id in tx.execute(
            asked.where(agreement.c.reader_id.in_(organisation_ids), valid_at(agreement, now))
        ):
            found.setdefault((Tier(tier), reader_id), []).append(site_id)
    return found


def check_numbers(region_code: str | None, institution_number: str, time_zone: str) -> None:
    """Raises: Invalid, where the region code, the institution number or the time zone is not one."""
    if region_code is not None:
        region = identifiers.region_code(region_code)
        if isinstance(region, identifiers.Problem):
            raise Invalid("region_code", region)
    if institution_number and (problem := identifiers.institution_number(institution_number)) is not None:
        raise Invalid("institution_number", problem)
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise Invalid("time_zone", "unknown") from unknown


def _line_above(tx: Connection, one: Organisation) -> list[Organisation]:
    line: list[Organisation] = []
    while one.parent_id is not None:
        one = _all(tx, organisation.c.id == one.parent_id)[0]
        line.append(one)
    return line


def _one(tx: Connection, condition: sa.ColumnElement[bool]) -> Organisation | None:
    row = tx.execute(sa.select(organisation).where(condition)).one_or_none()
    return None if row is None else _organisation(row)


def _all(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Organisation]:
    return [_organisation(row) for row in tx.execute(sa.select(organisation).where(condition).order_by("code"))]


def _organisation(row: sa.Row[tuple[object, ...]]) -> Organisation:
    return Organisation(
        id=row.id,
        code=row.code,
        name=row.name,
        level=Level(row.level),
        parent_id=row.parent_id,
        region_code=row.region_code,
        time_zone=row.time_zone,
        telephone=row.telephone,
        since=row.since,
        until=row.until,
        revision=row.revision,
        institution_number=row.institution_number,
    )


def _agreements(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Agreement]:
    rows = tx.execute(
        sa.select(agreement)
        .join(organisation, organisation.c.id == agreement.c.site_id)
        .where(condition)
        .order_by(organisation.c.code, agreement.c.tier, agreement.c.since.desc(), agreement.c.id)
    )
    return [_agreement(row) for row in rows]


def _agreement(row: sa.Row[tuple[object, ...]]) -> Agreement:
    return Agreement(
        id=row.id,
        site_id=row.site_id,
        reader_id=row.reader_id,
        tier=Tier(row.tier),
        since=row.since,
        until=row.until,
    )
