"""The figures of second readings for those who manage quality: by site, modality, reader and result, of no patient."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases.history import moved_since
from reading.cases.moves import Move, SigningRole
from reading.context import Context, without_door
from reading.double_reading.discordance import Difference
from reading.errors import Invalid, NotThere
from reading.kinds import Role
from reading.register.grants import reach
from reading.reports.content import Content
from reading.reports.opinion import Result
from reading.review import arbitration, review
from reading.review.agreement import FEWEST, Share, kappa, share
from reading.review.discrepancy_moves import State
from reading.review.scores import MATTERS, Score, settled
from reading.tables import case, case_move, discrepancy, double_reading, organisation, person, report_version, signature
from reading.tables import review as review_table
from reading.viewers import Staff

LONGEST: Final = timedelta(days=366)


class Stratum(StrEnum):
    """By what the figures are set apart."""

    ALL = "all"
    SITE = "site"
    MODALITY = "modality"
    READER = "reader"
    """Whoever read first."""
    POSITIVE = "positive"
    """The result of the first reading."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """One part of a stratum: a site by its name, a modality, a reader by their name, ``yes`` or ``no``."""

    stratum: Stratum
    name: str


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Blind readings that were compared; of fewer than `FEWEST` only their number is told."""

    compared: int
    arbitrated: int | None
    differ: Share | None
    kappa: float | None


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Released reports that were drawn for review; shares of fewer than `FEWEST` are not told."""

    drawn: int
    done: int
    differ: Share | None
    """Those scored above 1, of those whose score counts."""


@dataclass(frozen=True, kw_only=True)
class Raised:
    """Final reports that clinicians said do not fit, by when they said so; those taken back do not count."""

    raised: int
    judged: int
    confirmed: Share | None
    """Those scored above 1, of those that are judged; of fewer than `FEWEST` it is not told."""
    serious: int | None
    """Those scored 2b or 3b."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    pairs: Mapping[Group, Pairs]
    sampled: Mapping[Group, Sampled]
    raised: Mapping[Group, Raised]


@dataclass(frozen=True, kw_only=True)
class _Pair:
    first: Result
    second: Result
    differ: bool
    arbitrated: bool


@dataclass(frozen=True, kw_only=True)
class _Drawn:
    score: Score | None
    done: bool


@without_door("It counts readings of the sites that they manage, and names no patient and no case.")
def figures(ctx: Context[Staff], *, since: datetime, until: datetime) -> Figures:
    """What was compared and what was drawn from ``since`` until before ``until``, of the sites that they manage.

    Raises:
        NotThere: they manage no quality.
        Invalid: the period is empty or longer than a year.

    """
    if not ctx.who.holds(Role.QUALITY_MANAGER):
        raise NotThere
    if not timedelta() < until - since <= LONGEST:
        raise Invalid("since", "range")
    sites = case.c.site_id.in_(reach(ctx.tx, ctx.who, ctx.now).managed)
    # Whose readings wait for an arbiter is not told, not by a count of one either.
    row = double_reading.c
    decided = row.arbitration.is_(None) | row.arbiter_version_id.is_not(None) | row.consensus_version_id.is_not(None)
    compared = (double_reading.c.compared_at >= since) & (double_reading.c.compared_at < until)
    pairs = _pairs(ctx.tx, sites & compared & decided)
    said = (discrepancy.c.raised_at >= since) & (discrepancy.c.raised_at < until)
    raised = _raised(ctx.tx, sites & said)
    drawn = _drawn(ctx.tx, sites & moved_since(since) & (case_move.c.at < until))
    return Figures(
        pairs={group: _told_pairs(found) for group, found in pairs.items()},
        sampled={group: _told_sampled(found) for group, found in drawn.items()},
        raised={group: _told_raised(found) for group, found in raised.items()},
    )


def _told_pairs(found: Sequence[_Pair]) -> Pairs:
    few = len(found) < FEWEST
    return Pairs(
        compared=len(found),
        arbitrated=None if few else sum(one.arbitrated for one in found),
        differ=None if few else share(sum(one.differ for one in found), len(found)),
        kappa=None if few else kappa([(one.first, one.second) for one in found]),
    )


def _told_sampled(found: Sequence[_Drawn]) -> Sampled:
    scores = [one.score for one in found if one.score is not None]
    return Sampled(
        drawn=len(found),
        done=sum(one.done for one in found),
        differ=None if len(scores) < FEWEST else share(sum(one is not Score.CONCUR for one in scores), len(scores)),
    )


def _told_raised(found: Sequence[Score | None]) -> Raised:
    scores = [score for score in found if score is not None]
    few = len(scores) < FEWEST
    return Raised(
        raised=len(found),
        judged=len(scores),
        confirmed=None if few else share(sum(one is not Score.CONCUR for one in scores), len(scores)),
        serious=None if few else sum(one in MATTERS for one in scores),
    )


def _pairs(tx: Connection, condition: sa.ColumnElement[bool]) -> dict[Group, list[_Pair]]:
    first, second = report_version.alias("first"), report_version.alias("second")
    rows = tx.execute(
        sa.select(
            double_reading.c.difference,
            double_reading.c.arbitration,
            double_reading.c.consensus_version_id,
            case.c.modality,
            organisation.c.name.label("site"),
            person.c.name.label("reader"),
            first.c.content.label("first"),
            second.c.content.label("second"),
        )
        .join(case, case.c.id == double_reading.c.case_id)
        .join(organisation, organisation.c.id == case.c.site_id)
        .join(first, first.c.id == double_reading.c.first_version_id)
        .join(second, second.c.id == double_reading.c.second_version_id)
        .join(signature, (signature.c.version_id == first.c.id) & (signature.c.role == SigningRole.AUTHOR))
        .join(person, person.c.id == signature.c.person_id)
        .where(condition)
    )
    found: defaultdict[Group, list[_Pair]] = defaultdict(list)
    for row in rows:
        pair = _Pair(
            first=_result(row.first),
            second=_result(row.second),
            differ=row.difference in set(Difference),
            arbitrated=row.arbitration is not None and row.consensus_version_id is None,
        )
        for group in _groups(row.site, row.modality, row.reader, row.first.get("positive")):
            found[group].append(pair)
    return dict(found)


def _drawn(tx: Connection, condition: sa.ColumnElement[bool]) -> dict[Group, list[_Drawn]]:
    rows = tx.execute(
        sa.select(case_move.c.case_id, case_move.c.at, case.c.modality, organisation.c.name.label("site"))
        .join(case, case.c.id == case_move.c.case_id)
        .join(organisation, organisation.c.id == case.c.site_id)
        .where(case_move.c.move == Move.DRAW, condition)
    ).all()
    ids = {row.case_id for row in rows}
    authors, reviews = _authors(tx, ids), _reviews(tx, ids)
    found: defaultdict[Group, list[_Drawn]] = defaultdict(list)
    for row in rows:
        done = next(((at, score) for at, score in reviews[row.case_id] if at >= row.at), None)
        one = _Drawn(done=done is not None, score=None if done is None else done[1])
        _, reader, positive = max(
            (each for each in authors[row.case_id] if each[0] <= row.at), key=lambda each: each[0]
        )
        for group in _groups(row.site, row.modality, reader, positive):
            found[group].append(one)
    return dict(found)


def _raised(tx: Connection, condition: sa.ColumnElement[bool]) -> dict[Group, list[Score | None]]:
    """What clinicians raised, with its score as far as it is judged."""
    rows = tx.execute(
        sa.select(discrepancy.c.score, case.c.modality, organisation.c.name.label("site"), person.c.name)
        .join(case, case.c.id == discrepancy.c.case_id)
        .join(organisation, organisation.c.id == case.c.site_id)
        .join(person, person.c.id == discrepancy.c.author_id)
        .where(condition, discrepancy.c.state != State.WITHDRAWN)
    )
    found: defaultdict[Group, list[Score | None]] = defaultdict(list)
    for row in rows:
        for group in _groups(row.site, row.modality, row.name, None):
            found[group].append(None if row.score is None else Score(row.score))
    return dict(found)


def _authors(tx: Connection, case_ids: Iterable[str]) -> Mapping[str, list[tuple[datetime, str, bool | None]]]:
    """When authors of each case signed, who they are, and whether they found something."""
    rows = tx.execute(
        sa.select(report_version.c.case_id, signature.c.signed_at, person.c.name, report_version.c.content)
        .join(signature, signature.c.version_id == report_version.c.id)
        .join(person, person.c.id == signature.c.person_id)
        .where(report_version.c.case_id.in_(case_ids), signature.c.role == SigningRole.AUTHOR)
    )
    found: defaultdict[str, list[tuple[datetime, str, bool | None]]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append((row.signed_at, row.name, row.content.get("positive")))
    return found


def _reviews(tx: Connection, case_ids: Iterable[str]) -> Mapping[str, list[tuple[datetime, Score | None]]]:
    """The reviews of each case in their order, with the score that counts."""
    rows = tx.execute(
        sa.select(review_table).where(review_table.c.case_id.in_(case_ids)).order_by(review_table.c.at)
    ).all()
    made = [review.from_row(row) for row in rows]
    arbitrated = arbitration.score_of(tx, [one.id for one in made])
    found: defaultdict[str, list[tuple[datetime, Score | None]]] = defaultdict(list)
    for one in made:
        found[one.case_id].append((one.at, settled(one.score, arbitrated.get(one.id), awaits=one.awaits_arbitration)))
    return found


def _groups(site: str, modality: str, reader: str, positive: bool | None) -> Iterable[Group]:  # noqa: FBT001
    yield Group(stratum=Stratum.ALL, name="")
    yield Group(stratum=Stratum.SITE, name=site)
    yield Group(stratum=Stratum.MODALITY, name=modality)
    yield Group(stratum=Stratum.READER, name=reader)
    if positive is not None:
        yield Group(stratum=Stratum.POSITIVE, name="yes" if positive else "no")


def _result(content: Mapping[str, Any]) -> Result:
    opinion = Content.from_json(content).opinion
    assert opinion is not None  # noqa: S101 -- every compared reading has one
    return opinion.result
