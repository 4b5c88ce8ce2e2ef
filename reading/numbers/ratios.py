"""Ratios that managers define: a typed document in versions, counted from the same facts as every indicator."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.context import Context, without_door
from reading.errors import Invalid, NotThere, Stale
from reading.kinds import Role
from reading.numbers import ratio_rows, rollup
from reading.numbers.figures import Asked, Part, named, sites_of
from reading.numbers.indicators import Better, Figure, Indicator, Shape, figure
from reading.numbers.ratio_document import plain, read_ratio
from reading.numbers.ratio_rows import RatioVersion
from reading.numbers.scope import scope_of
from reading.numbers.sums import NOTHING, By, Sums, Which, ratio_sums
from reading.register import organisations
from reading.register.grants import may_act
from reading.tables import number_ratio
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
MOST: Final = 50
"""Ratios in force of one organisation: each is counted for every day."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A ratio with its figure."""

    version: RatioVersion
    now: Figure
    may_change: bool


@without_door("It counts cases of the sites that they manage or review, and names no patient and no case.")
def ratios(ctx: Context[Staff], asked: Asked) -> list[Counted]:
    """The ratios of organisations whose sites they see, each with its figure of a period.

    Raises:
        NotThere: they are neither quality manager nor reviewer, or the organisation is none of theirs.

    """
    return [
        Counted(
            version=one,
            now=figure(indicator_of(one), _sums(ctx, one, asked, By.ALL).get(None, NOTHING)),
            may_change=_grant(ctx, one.organisation_id) is not None,
        )
        for one in _seen(ctx, ratio_rows.in_force(ctx.tx))
    ]


@without_door("It counts cases of the sites that they manage or review, and names no patient and no case.")
def parts(ctx: Context[Staff], asked: Asked, ratio_id: str, by: By) -> tuple[RatioVersion, list[Part]]:
    """A ratio set apart by something; never by people.

    Raises:
        NotThere: there is no such version of a ratio of theirs.

    """
    one = version(ctx, ratio_id)
    found = _sums(ctx, one, asked, by)
    indicator = indicator_of(one)
    if by is By.PERIOD:
        pieces = asked.period.pieces()
        return one, [Part(key=str(at), name="", now=figure(indicator, found.get(at, NOTHING))) for at in pieces]
    names = named(ctx.tx, by, [key for key in found if key])
    listed = [Part(key=key, name=names.get(key, key), now=figure(indicator, each)) for key, each in found.items()]
    return one, sorted(listed, key=lambda part: (-part.now.of, part.name, part.key))


@without_door("It writes down what is counted, and looks at nobody.")
def define(ctx: Context[Staff], organisation_id: str, code: str, document: str, *, seen: int) -> RatioVersion:
    """Define a ratio or a new version of it; ``seen`` is the newest version that was on view, 0: none.

    Its past is counted anew by the worker.

    Raises:
        NotThere: they do not manage the organisation's quality.
        Invalid: the code or the document is none, or there are too many.
        Stale: another version was made meanwhile.

    """
    if _grant(ctx, organisation_id) is None:
        raise NotThere
    if not CODE.fullmatch(code):
        raise Invalid("ratio_code", "characters")
    ratio = read_ratio(document)
    theirs = number_ratio.c.organisation_id == organisation_id
    newest = ctx.tx.scalar(sa.select(sa.func.max(number_ratio.c.version)).where(theirs, number_ratio.c.code == code))
    if (newest or 0) != seen:
        raise Stale(newest or 0)
    _end(ctx, theirs & (number_ratio.c.code == code))
    standing = sa.select(sa.func.count()).select_from(number_ratio).where(theirs, number_ratio.c.until.is_(None))
    if (ctx.tx.scalar(standing) or 0) >= MOST:
        raise Invalid("ratio_code", "too_many")
    made = new_id()
    ctx.tx.execute(
        sa.insert(number_ratio),
        {
            "id": made,
            "code": code,
            "version": seen + 1,
            "organisation_id": organisation_id,
            "document": plain(ratio),
            "made_by": ctx.who.person_id,
            "since": ctx.now,
        },
    )
    rollup.mark_all(ctx.tx)
    ctx.record(action=Action.NUMBERS_RATIO, subject_kind="ratio", subject_id=made, details={"version": seen + 1})
    return ratio_rows.select(ctx.tx, number_ratio.c.id == made)[0]


@without_door("It ends what is counted, and looks at nobody.")
def end(ctx: Context[Staff], ratio_id: str) -> None:
    """End a ratio; its versions stay.

    Raises:
        NotThere: there is no such ratio in force, or they do not manage its organisation.

    """
    found = ratio_rows.select(ctx.tx, (number_ratio.c.id == ratio_id) & number_ratio.c.until.is_(None))
    if not found or _grant(ctx, found[0].organisation_id) is None:
        raise NotThere
    _end(ctx, number_ratio.c.id == ratio_id)
    ctx.record(action=Action.NUMBERS_RATIO, subject_kind="ratio", subject_id=ratio_id, details={"ended": True})


@without_door("It counts days, and names nobody.")
def still_counting(ctx: Context[Staff]) -> int:
    """How many days of sites are still to be summed anew."""
    return rollup.waiting(ctx.tx)


def indicator_of(one: RatioVersion) -> Indicator:
    better = Better(one.ratio.better)
    return Indicator(name=one.code, shape=Shape.SHARE, better=better, part="part", whole="whole")


def managed(tx: Connection, staff: Staff) -> Sequence[tuple[str, str]]:
    """The organisations for which somebody defines ratios: id and name."""
    held = {grant.organisation_id for grant in staff.grants if grant.role is Role.QUALITY_MANAGER}
    return [(one.id, one.name) for one in organisations.list_all(tx) if one.id in held]


@without_door("It is a definition, and names nobody.")
def version(ctx: Context[Staff], ratio_id: str) -> RatioVersion:
    """A version of a ratio of theirs.

    Raises:
        NotThere: there is none.

    """
    found = _seen(ctx, ratio_rows.select(ctx.tx, number_ratio.c.id == ratio_id))
    if not found:
        raise NotThere
    return found[0]


def _seen(ctx: Context[Staff], found: Sequence[RatioVersion]) -> list[RatioVersion]:
    scope = scope_of(ctx)
    return [
        one for one in found if scope.sites & {one.organisation_id, *organisations.below(ctx.tx, {one.organisation_id})}
    ]


def _sums(ctx: Context[Staff], one: RatioVersion, asked: Asked, by: By) -> dict[Any, Sums]:
    which = Which(
        period=asked.period,
        sites=sites_of(ctx.tx, scope_of(ctx), asked.organisation_id),
        modality=asked.modality,
        body_part=asked.body_part,
        organisation_id=asked.reader_id,
    )
    return ratio_sums(ctx.tx, one.id, which, ctx.now.date(), by=by)


def _grant(ctx: Context[Staff], organisation_id: str) -> RoleGrant | None:
    return may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, organisation_id, ctx.now)


def _end(ctx: Context[Staff], condition: sa.ColumnElement[bool]) -> None:
    ctx.tx.execute(sa.update(number_ratio).where(condition, number_ratio.c.until.is_(None)).values(until=ctx.now))
