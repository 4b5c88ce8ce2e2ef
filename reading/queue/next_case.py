"""The next case of somebody: the most urgent one that they may take, chosen and taken by one statement.

The same choice without the taking tells which one it would be.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final

import sqlalchemy as sa

from reading import tables
from reading.access import blindness
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, WAITING, Move, SigningRole, Step, after
from reading.context import Context, without_door
from reading.kinds import Priority
from reading.queue import training
from reading.queue.standing import Desks, Standing
from reading.queue.waiting import (
    NOW,
    PERSON,
    SKILLS,
    Key,
    heads,
    is_among,
    is_free,
    sites_name,
    waiting_for,
)
from reading.roster.groups import READS
from reading.row_rules import word
from reading.viewers import Staff
from storage.prepared import Prepared, fetch_rows

_OF_EACH_SITE: Final = 5
"""The cases of a site that a claim considers first: more than simultaneous claims take from one site."""
_MOST_AHEAD: Final = 20
"""Whoever has more colleagues before them is told of no case: it would be another one by the time they come to it."""


@without_door("A part of the claim: the look is recorded when the case is opened.")
def take(ctx: Context[Staff], desks: Desks, theirs: Standing, *, heads_only: bool) -> Any:
    """The row of the most urgent claimable case, moved to its held state; ``heads_only``: of the first of each site."""
    keys = tuple(sorted(desks))
    statement = taking(keys, heads_only=heads_only, emergencies_only=theirs.at_limit)
    return next(iter(fetch_rows(ctx.tx, statement, parameters(ctx, desks, theirs))), None)


@without_door("It names a case that waits, to whoever it would be handed to; its pictures are opened through the door.")
def foreseen(ctx: Context[Staff], desks: Desks, theirs: Standing) -> str | None:
    """The id of the case that `take` would take, were the one done that they work at now.

    Colleagues at the same desks who took theirs earlier are expected to be done earlier, and to be handed the cases
    that wait for nobody before this person is: of one queue everybody foresees another case.
    """
    keys, asked = tuple(sorted(desks)), parameters(ctx, desks, theirs)
    before = next(row.before for row in fetch_rows(ctx.tx, _counting(keys), asked))
    of_each_site = _OF_EACH_SITE if before < _OF_EACH_SITE else _MOST_AHEAD
    statement = _foreseeing(keys, emergencies_only=theirs.at_limit_later, of_each_site=of_each_site)
    for row in fetch_rows(ctx.tx, statement, asked):
        if before == 0 or row.is_theirs:
            return str(row.id)
        before -= 1
    return None


@without_door("A part of the claim, which has opened the case.")
def count_before(ctx: Context[Staff], desks: Desks, theirs: Standing, case: Case) -> int:
    """How many of the first cases of each site somebody would be handed before this one."""
    asked = {
        **parameters(ctx, desks, theirs),
        "of_rank": cases.queue_rank(case.priority, critical=case.critical),
        "of_due": case.due_at,
    }
    found: int = ctx.tx.execute(_before(ctx.tx.dialect.name, tuple(desks)), asked).scalar_one()
    return found


@without_door("A part of the claim: values that say who asks.")
def parameters(ctx: Context[Staff], desks: Desks, theirs: Standing) -> dict[str, Any]:
    sites = {sites_name(number): sorted(desks[key]) for number, key in enumerate(sorted(desks))}
    trained = {"in_training": training.is_resident(ctx.who), training.ATTENDS: training.attends(ctx.who)}
    return {"person": ctx.who.person_id, "now": ctx.now, SKILLS: list(theirs.skill_sets), **trained, **sites}


@cache
def taking(keys: tuple[Key, ...], *, heads_only: bool, emergencies_only: bool) -> Prepared:
    """The statement of `take`: putting it together takes longer than the database takes to run it."""
    return Prepared(partial(_taking, keys, heads_only=heads_only, emergencies_only=emergencies_only))


@cache
def _foreseeing(keys: tuple[Key, ...], *, emergencies_only: bool, of_each_site: int) -> Prepared:
    """The statement of `foreseen`: the first cases in the order of a claim, and whether each waits for this person."""

    def build(dialect: str) -> sa.ClauseElement:
        first = _first(dialect, keys, of_each_site=of_each_site)
        chosen = _choosing(keys, dialect, first, emergencies_only=emergencies_only)
        theirs = tables.case.c.assigned_to.is_not_distinct_from(PERSON)
        return chosen.add_columns(theirs.label("is_theirs")).limit(sa.literal_column(str(_MOST_AHEAD)))

    return Prepared(build)


@cache
def _counting(keys: tuple[Key, ...]) -> Prepared:
    """The statement that counts the colleagues at these desks who work longer at theirs than this person does."""

    def build(dialect: str) -> sa.ClauseElement:
        lease, own, case = tables.lease, tables.lease.alias(), tables.case
        here = sa.or_(
            *(
                sa.and_(
                    lease.c.step == word(step),
                    case.c.tier == word(tier),
                    is_among(dialect, case.c.site_id, sites_name(number)),
                )
                for number, (step, tier) in enumerate(keys)
            )
        )
        mine = sa.select(sa.func.min(own.c.taken_at)).where(own.c.person_id == PERSON, own.c.parked_at.is_(None))
        return (
            sa.select(sa.func.count(lease.c.person_id.distinct()).label("before"))
            .join(case, case.c.id == lease.c.case_id)
            .where(lease.c.person_id != PERSON, lease.c.parked_at.is_(None), lease.c.expires_at > NOW)
            .where(lease.c.taken_at < sa.func.coalesce(mine.scalar_subquery(), NOW))
            .where(here)
        )

    return Prepared(build)


def _taking(keys: Sequence[Key], dialect: str, *, heads_only: bool, emergencies_only: bool) -> sa.UpdateBase:
    """Choose and take."""
    case = tables.case
    first = _first(dialect, keys) if heads_only else None
    chosen = _choosing(keys, dialect, first, emergencies_only=emergencies_only)
    held = sa.case(*((case.c.state == word(state), word(after(state, Move.CLAIM))) for state in sorted(WAITING)))
    return (
        sa.update(case)
        .where(case.c.id == chosen.with_for_update(skip_locked=True, of=case).scalar_subquery())
        .values(state=held, revision=case.c.revision + 1)
        .returning(*case.c)
    )


def _choosing(
    keys: Sequence[Key], dialect: str, heads_of_sites: sa.CompoundSelect[Any] | None, *, emergencies_only: bool
) -> sa.Select[tuple[str]]:
    """The id of the most urgent case that somebody may take, of the first of each site or of all.

    On PostgreSQL a case that somebody changed meanwhile is compared once more when it is locked: its revision says that
    all that was asked about it still holds, and whom it waits for is no part of that.
    """
    case = tables.case
    chosen = sa.select(case.c.id)
    if heads_of_sites is not None:
        first = heads_of_sites.subquery()
        chosen = chosen.join(first, (first.c.id == case.c.id) & (first.c.revision == case.c.revision))
        chosen = chosen.where(is_free(case, PERSON))
    else:
        chosen = chosen.where(_at_desks(dialect, case, keys))
    if emergencies_only:
        chosen = chosen.where(case.c.rank == Priority.EMERGENCY.rank)
    mine = sa.case((case.c.assigned_to == PERSON, 0), else_=1)
    return chosen.order_by(case.c.rank, mine, case.c.due_at, case.c.id).limit(1)


@cache
def _before(dialect: str, keys: tuple[Key, ...]) -> sa.Select[Any]:
    """The statement of `count_before`."""
    case = tables.case
    rank, due = sa.bindparam("of_rank", type_=sa.Integer), sa.bindparam("of_due", type_=case.c.due_at.type)
    mine = case.c.assigned_to == PERSON
    first = _first(dialect, keys).subquery()
    return (
        sa.select(sa.func.count())
        .select_from(case)
        .where(case.c.id.in_(sa.select(first.c.id)))
        .where(sa.or_(case.c.rank < rank, (case.c.rank == rank) & (mine | (case.c.due_at < due))))
    )


def _first(dialect: str, keys: Sequence[Key], *, of_each_site: int = _OF_EACH_SITE) -> sa.CompoundSelect[Any]:
    """Id and revision of the first claimable cases of each site, and of those that wait for this person."""
    case = tables.case.alias()
    theirs = (
        sa.select(case.c.id, case.c.revision).where(case.c.assigned_to == PERSON).where(_at_desks(dialect, case, keys))
    )
    claimable = partial(_claimable, dialect)
    return sa.union(*heads(dialect, keys, claimable, of_each_site=of_each_site), theirs)


def _at_desks(dialect: str, case: sa.FromClause, keys: Sequence[Key]) -> sa.ColumnElement[bool]:
    """The condition that a case waits for one of the steps and tiers, and that this person may take it."""
    return sa.or_(
        *(
            sa.and_(
                case.c.state.in_(map(word, waiting_for(step))),
                case.c.tier == word(tier),
                is_among(dialect, case.c.site_id, sites_name(number)),
                _claimable(dialect, case, step),
                is_among(dialect, case.c.skills, SKILLS) if step in READS else sa.true(),
            )
            for number, (step, tier) in enumerate(keys)
        )
    )


def _claimable(dialect: str, case: sa.FromClause, step: Step) -> sa.ColumnElement[bool]:
    return _theirs_to_take(case, step) & training.theirs_to_take(dialect, case, step) & is_free(case, PERSON)


def _theirs_to_take(case: sa.FromClause, step: Step) -> sa.ColumnElement[bool]:
    """The condition that this person's earlier acts on a case do not bar them from this step of it."""
    review, moved = tables.review, tables.case_move
    reviewed = sa.exists().where(review.c.case_id == case.c.id, review.c.reviewer_id == PERSON)
    disputed = sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == word(Move.DISPUTE))
    barred = (reviewed & disputed) if step is Step.REVIEW else reviewed
    if step is Step.SECOND:
        barred |= blindness.told_of_another(case, PERSON, NOW)
    return ~_signed_as_another(case, SIGNS_AS[step]) & ~barred


def _signed_as_another(case: sa.FromClause, role: SigningRole) -> sa.Exists:
    version, signature = tables.report_version, tables.signature
    return (
        sa.exists()
        .where(version.c.case_id == case.c.id)
        .where(signature.c.version_id == version.c.id)
        .where(signature.c.person_id == PERSON, signature.c.role != word(role))
    )
