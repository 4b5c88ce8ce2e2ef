"""Figures of a period for those who manage or review: each indicator beside the period before and the region."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.moves import HELD, WAITING, State
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.numbers.indicators import GROUPS, INDICATORS, Figure, Indicator, figure
from reading.numbers.national import NATIONAL, National
from reading.numbers.periods import Period
from reading.numbers.scope import Scope, scope_of, works
from reading.numbers.sums import NOTHING, By, Sums, Which, kinds, sums
from reading.register import organisations
from reading.reports import releases
from reading.review.agreement import FEWEST
from reading.tables import case, organisation, person
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody asks for: a period, and of what; empty: of all that they see."""

    period: Period
    organisation_id: str = ""
    """Its site, or all those under it."""
    modality: str = ""
    body_part: str = ""
    reader_id: str = ""
    """The organisation that reads."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One indicator: now, in the period before, and in the whole region."""

    indicator: Indicator
    now: Figure
    before: Figure
    region: Figure


@dataclass(frozen=True, kw_only=True)
class Overview:
    groups: Mapping[str, Sequence[Line]]
    open_late: int
    """Cases that are open and past their due time at this moment."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One row of a table: a piece of the period, a site, a modality, a body part, an organisation or a person."""

    key: str
    """The first day of the piece, an id, or a word."""
    name: str = field(repr=False)
    now: Figure


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What can be asked for."""

    organisations: Sequence[tuple[str, str]]
    """Id and name."""
    modalities: Sequence[str]
    body_parts: Sequence[str]
    readers: Sequence[tuple[str, str]]


@without_door("It counts cases of the sites that they manage or review, and names no patient and no case.")
def overview(ctx: Context[Staff], asked: Asked) -> Overview:
    """Every indicator of a period.

    Raises:
        NotThere: they are neither quality manager nor reviewer, or the organisation is none of theirs.

    """
    which = _which(ctx, asked)
    now = _all(ctx.tx, which, ctx.now)
    before = _all(ctx.tx, replace(which, period=asked.period.before()), ctx.now)
    region = _all(ctx.tx, replace(which, sites=None, organisation_id=""), ctx.now)
    return Overview(
        groups={
            name: [
                Line(indicator=one, now=figure(one, now), before=figure(one, before), region=figure(one, region))
                for one in each
            ]
            for name, each in GROUPS.items()
        },
        open_late=_open_late(ctx.tx, which, ctx.now),
    )


@without_door("It counts cases of the sites that they manage or review, and names no patient and no case.")
def parts(ctx: Context[Staff], asked: Asked, name: str, by: By) -> list[Part]:
    """An indicator set apart by something; by person only for quality managers, and only of sites that they manage.

    Of people with fewer than `FEWEST` only the number is told.

    Raises:
        NotThere: they may not see that, or there is no such indicator.

    """
    one = _indicator(name)
    scope = scope_of(ctx)
    which = _which(ctx, asked)
    if by is By.PERSON:
        if not one.of_people or not scope.managed:
            raise NotThere
        which = replace(which, sites=(which.sites or frozenset()) & scope.managed)
    found = sums(ctx.tx, which, ctx.now.date(), by=by, counts=one.counts, times=_times(one))
    if by is By.PERIOD:
        return [
            Part(key=first.isoformat(), name="", now=figure(one, found.get(first, NOTHING)))
            for first in asked.period.pieces()
        ]
    names = named(ctx.tx, by, [key for key in found if key])
    listed = [Part(key=key, name=names.get(key, key), now=figure(one, each)) for key, each in found.items()]
    shown = [part for part in listed if part.now.of or part.now.count]
    if by is By.PERSON:
        shown = [part if part.now.of >= FEWEST else replace(part, now=_counted(part.now)) for part in shown]
    return sorted(shown, key=lambda part: (-part.now.of, part.name, part.key))


@without_door("It counts cases of the sites that they manage or review, and names no patient and no case.")
def national(ctx: Context[Staff], asked: Asked) -> list[tuple[National, Figure | None]]:
    """The national indicators in their order; None where one cannot be computed.

    Raises:
        NotThere: they are neither quality manager nor reviewer, or the organisation is none of theirs.

    """
    counts = frozenset[str]().union(*(one.indicator.counts for one in NATIONAL.values()))
    found = sums(ctx.tx, _which(ctx, asked), ctx.now.date(), by=By.ALL, counts=counts, times=()).get(None, NOTHING)
    return [(one, one.figure(found)) for one in NATIONAL.values()]


@without_door("It counts what they did themselves, and names no patient and no case.")
def own(ctx: Context[Staff], period: Period) -> dict[str, list[tuple[Indicator, Figure, Figure]]]:
    """The indicators of somebody's own work, now and in the period before.

    Raises:
        NotThere: they neither read nor verify nor review.

    """
    if not works(ctx.who):
        raise NotThere
    which = Which(period=period, person_id=ctx.who.person_id)
    now, before = (_all(ctx.tx, replace(which, period=one), ctx.now) for one in (period, period.before()))
    return {
        name: [(one, figure(one, now), figure(one, before)) for one in each if one.of_people]
        for name, each in GROUPS.items()
        if any(one.of_people for one in each)
    }


@without_door("It names organisations and kinds of examinations, and no patient.")
def choices(ctx: Context[Staff], period: Period) -> Choices:
    """What they can ask for: organisations above sites of theirs, and what was examined at these in a period.

    Raises:
        NotThere: they are neither quality manager nor reviewer.

    """
    scope = scope_of(ctx)
    every = organisations.list_all(ctx.tx)
    parent = {one.id: one.parent_id for one in every}
    theirs = set(scope.sites)
    for site in scope.sites:
        above = parent.get(site)
        while above is not None and above not in theirs:
            theirs.add(above)
            above = parent.get(above)
    seen = kinds(ctx.tx, Which(period=period, sites=scope.sites), ctx.now.date())
    words = [sorted({one[place] for one in seen} - {""}) for place in range(3)]
    names = named(ctx.tx, By.ORGANISATION, words[2])
    return Choices(
        organisations=[(one.id, one.name) for one in every if one.id in theirs],
        modalities=words[0],
        body_parts=words[1],
        readers=sorted(((key, names.get(key, key)) for key in words[2]), key=lambda pair: pair[1]),
    )


def every(tx: Connection, which: Which, now: datetime) -> list[tuple[Indicator, Figure]]:
    """Every indicator of what is named, for whoever runs the installation."""
    found = _all(tx, which, now)
    return [(one, figure(one, found)) for one in INDICATORS.values()]


def _which(ctx: Context[Staff], asked: Asked) -> Which:
    scope = scope_of(ctx)
    return Which(
        period=asked.period,
        sites=sites_of(ctx.tx, scope, asked.organisation_id),
        modality=asked.modality,
        body_part=asked.body_part,
        organisation_id=asked.reader_id,
    )


def sites_of(tx: Connection, scope: Scope, organisation_id: str) -> frozenset[str]:
    """The sites of an organisation that somebody sees; all of theirs where none is named.

    Raises:
        NotThere: none of its sites is theirs.

    """
    if not organisation_id:
        return scope.sites
    found = scope.sites & {organisation_id, *organisations.below(tx, {organisation_id})}
    if not found:
        raise NotThere
    return frozenset(found)


def _indicator(name: str) -> Indicator:
    if name not in INDICATORS:
        raise NotThere
    return INDICATORS[name]


def _times(one: Indicator) -> Collection[str]:
    return [one.time] if one.time else []


def _all(tx: Connection, which: Which, now: datetime) -> Sums:
    counts = frozenset[str]().union(*(one.counts for one in INDICATORS.values()))
    times = {one.time for one in INDICATORS.values()} - {""}
    return sums(tx, which, now.date(), by=By.ALL, counts=counts, times=times).get(None, NOTHING)


def _counted(one: Figure) -> Figure:
    return Figure(count=0, of=one.of)


def named(tx: Connection, by: By, keys: Sequence[str]) -> Mapping[str, str]:
    """The names of organisations or people; other keys stand for themselves."""
    match by:
        case By.SITE | By.ORGANISATION:
            table = organisation
        case By.PERSON:
            table = person
        case _:
            return {}
    return {row.id: row.name for row in tx.execute(sa.select(table.c.id, table.c.name).where(table.c.id.in_(keys)))}


def _open_late(tx: Connection, which: Which, now: datetime) -> int:
    released = releases.was_released(case.c.id)
    asked = (
        sa.select(sa.func.count())
        .select_from(case)
        .where(
            case.c.site_id.in_(which.sites or ()),
            case.c.state.in_(WAITING | HELD | {State.PROVISIONAL, State.CONFERRING}),
        )
        .where(case.c.due_at < now, ~released)
    )
    for name in ("modality", "body_part"):
        if getattr(which, name):
            asked = asked.where(case.c[name] == getattr(which, name))
    return tx.scalar(asked) or 0
