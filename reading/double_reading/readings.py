"""Blind readings signed: the first, the second, which is compared with it, and the arbiter's, which decides."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move, State, Step, after
from reading.context import Context, Who, without_door
from reading.double_reading import comparisons, conclusion
from reading.double_reading.conclusion import opinion_of
from reading.double_reading.discordance import Reading, Settled, arbitration, difference, settled_by, way
from reading.errors import Invalid, MoveNotAllowed, NotAllowed
from reading.kinds import Role, Tier
from reading.queue import claiming, leases
from reading.register.grants import may_act
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.marks import Mark
from reading.reports.seal import Seal
from reading.reports.versions import ReportVersion
from reading.rules import case_rule, flags
from reading.rules.rule import Arbitration, DoubleReading, Finality
from reading.signing import signatures
from reading.signing.basis import Screen
from reading.viewers import RoleGrant, Staff

FIRST_MOVE: Final = {
    Finality.AT_ONCE: Move.SIGN_FIRST,
    Finality.AFTER_MINUTES: Move.SIGN_PROVISIONALLY,
    Finality.BY_READER: Move.SIGN_PROVISIONALLY,
}
"""Which move the first reader's signature makes."""


def sign(
    ctx: Context[Staff],
    seal: Seal,
    case_id: str,
    *,
    content: Content,
    screen: Screen,
    draft_revision: int,
    lease_revision: int,
) -> ReportVersion:
    """Sign what somebody has read: alone, as one of two who read blind, or as the third who decides between them.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: lease, draft or images have changed since they were shown.
        NotAllowed: they acted in another role, or a series was never shown; see `basis_of`.
        Invalid: the content is not ready to be signed; the opinion is missing, or nobody asks for one.
        ChecksOpen: a check of the text stops it, or was not confirmed.

    """
    case, grant = leases.hold(ctx, case_id, None, lease_revision)
    if case.step is Step.READ and (content.is_critical or not case_rule.is_read_by_two(ctx.tx, case)):
        _no_opinion(ctx, case, content)
        return signatures.sign(
            ctx,
            seal,
            case_id,
            content=content,
            screen=screen,
            draft_revision=draft_revision,
            lease_revision=lease_revision,
        )
    if grant.role is Role.RESIDENT:  # its rule asks for two only since they took it
        raise NotAllowed("residents_read_nothing_blind")
    drafts.unchanged(ctx.tx, case_id, draft_revision)
    opinion_of(content)
    match case.step:
        case Step.READ:
            versions.withdraw_blind(ctx.tx, case.id)  # of a round before, which this one replaces
            version = _signed(ctx, seal, grant, case, content, screen, versions.current(ctx.tx, case.id))
            leases.let_go(ctx, case, FIRST_MOVE[_asked(ctx, case).finality], grant=grant)
        case Step.SECOND:
            version = _second(ctx, seal, grant, case, content, screen)
        case Step.ARBITRATE:
            version = _arbiter(ctx, seal, grant, case, content, screen)
        case _:
            raise MoveNotAllowed(case.state, Move.SIGN)
    return version


def finalise(ctx: Context[Staff], case_id: str, *, seen: int | None = None) -> Case:
    """Let a provisional reading of theirs stand; from now on the second reader may take the case.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: it is not their reading.
        MoveNotAllowed: no reading of it is provisional.
        Stale: the case has changed since its revision ``seen``.

    """
    case = _provisional(ctx, case_id, Move.FINALISE, seen)
    return cases.move(ctx, case, Move.FINALISE, grant=_of_its_reader(ctx, case))


def defer(ctx: Context[Staff], case_id: str, *, seen: int | None = None, why: str = "") -> Case:
    """Take a provisional reading back: the case is read anew, by its reader or by somebody else.

    Its reader need not say why. Whoever manages the site's quality does it for a reader who cannot, with a reason.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: it is not their reading, and they do not manage the site's quality.
        Invalid: a quality manager gave no reason.
        MoveNotAllowed: no reading of it is provisional.
        Stale: the case has changed since its revision ``seen``.

    """
    case = _provisional(ctx, case_id, Move.DEFER, seen)
    manager = may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, case.site_id, ctx.now)
    if manager is not None and comparisons.first_reader(ctx.tx, case_id) != ctx.who.person_id:
        grant, why = manager, cases.reason(why)
    else:
        grant, why = _of_its_reader(ctx, case), ""
    deferred = cases.move(ctx, case, Move.DEFER, grant=grant, why=why)
    versions.withdraw_blind(ctx.tx, case_id)
    return flags.follow(ctx.tx, deferred)


AT_ONCE: Final = 100
"""Most provisional readings that are made final in one go."""


@without_door("The worker's step makes the first readings of every site final when their minutes are over.")
def finalise_due(ctx: Context[Who]) -> int:
    """Make provisional readings final whose time is over, or whose case is due by now; answers how many.

    A reader who has left would keep a case for ever: from its due time on it waits for the second reader.
    """
    signed = tables.case_move
    since = (
        sa.select(sa.func.max(signed.c.at))
        .where(signed.c.case_id == tables.case.c.id, signed.c.move == Move.SIGN_PROVISIONALLY)
        .correlate(tables.case)
        .scalar_subquery()
    )
    provisional = sa.select(tables.case, since.label("since")).where(tables.case.c.state == State.PROVISIONAL)
    over: list[str] = []
    for row in ctx.tx.execute(provisional.order_by(tables.case.c.due_at)):
        case = cases.from_row(row)
        asked = _asked(ctx, case)
        ends = row.since + timedelta(minutes=asked.minutes)
        if case.due_at <= ctx.now or (asked.finality is not Finality.BY_READER and ends <= ctx.now):
            over.append(case.id)
    # Only what is over is locked, and so much in one go: its readers take the others back meanwhile.
    locked = (
        sa.select(tables.case)
        .where(tables.case.c.id.in_(over[:AT_ONCE]), tables.case.c.state == State.PROVISIONAL)
        .order_by(tables.case.c.id)
        .with_for_update(skip_locked=True)
    )
    rows = ctx.tx.execute(locked).all()
    for row in rows:
        cases.move(ctx, cases.from_row(row), Move.FINALISE, grant=None)
    return len(rows)


def _second(  # noqa: PLR0917
    ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, content: Content, screen: Screen
) -> ReportVersion:
    [first] = comparisons.standing(ctx.tx, case.id)
    version = _signed(ctx, seal, grant, case, content, screen, first)
    case = cases.lock(ctx.tx, case.id)
    opinions = opinion_of(first.content), opinion_of(content)
    policy = _arbitration(ctx, case)
    because = arbitration(*opinions, policy, same_images=first.images["set"] == version.images["set"])
    comparisons.add(ctx.tx, first, version, difference=difference(*opinions), because=because, now=ctx.now)
    minutes = _asked(ctx, case).consensus_minutes
    match way(because, confers=minutes is not None):
        case Settled.CONSENSUS:
            comparisons.confer(ctx.tx, version, until=ctx.now + timedelta(minutes=minutes or 0))
            leases.let_go(ctx, case, Move.CONFER, grant=grant)
            return version
        case Settled.ARBITER:
            leases.let_go(ctx, case, Move.TO_ARBITRATION, grant=grant, tier=Tier.CITY)
            return version
        case Settled.RELEASED:
            pass
    settled = settled_by(*opinions, policy)
    released = first if settled is Reading.FIRST else version
    conclusion.conclude(ctx, seal, grant, case, released, Move.CONCUR if settled is None else Move.RECALL)
    return version


def _arbiter(  # noqa: PLR0917
    ctx: Context[Staff], seal: Seal, grant: RoleGrant, case: Case, content: Content, screen: Screen
) -> ReportVersion:
    first, second = comparisons.standing(ctx.tx, case.id)
    seen = (*first.content.marks, *second.content.marks)
    version = _signed(ctx, seal, grant, case, content, screen, second, signed=seen)
    comparisons.decide(ctx.tx, second, version)
    conclusion.conclude(ctx, seal, grant, cases.lock(ctx.tx, case.id), version, Move.ARBITRATE)
    return version


def _signed(  # noqa: PLR0917
    ctx: Context[Staff],
    seal: Seal,
    grant: RoleGrant,
    case: Case,
    content: Content,
    screen: Screen,
    supersedes: ReportVersion | None,
    *,
    signed: Collection[Mark] = (),
) -> ReportVersion:
    """Sign blind; a critical class is told at once, whatever becomes of the case."""
    version = signatures.sign_blind(
        ctx, seal, grant, case, content=content, screen=screen, supersedes=supersedes, signed=signed
    )
    conclusion.tell_critical(ctx, version)
    return version


def _provisional(ctx: Context[Staff], case_id: str, move: Move, seen: int | None) -> Case:
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    after(case.state, move)
    return case


def _of_its_reader(ctx: Context[Staff], case: Case) -> RoleGrant:
    if comparisons.first_reader(ctx.tx, case.id) != ctx.who.person_id:
        raise NotAllowed("not_their_reading")
    return claiming.grant_for(ctx.tx, ctx.who, Step.READ, case, case.tier, now=ctx.now)


def _asked(ctx: Context[Who], case: Case) -> DoubleReading:
    """What the rule says; where the case met another rule since its first reading, what is usual."""
    return case_rule.double_reading_of(ctx.tx, case) or DoubleReading()


def _arbitration(ctx: Context[Who], case: Case) -> Arbitration:
    """What the rule says; one reading alone is released only under the rule that stands on the case."""
    asked = _asked(ctx, case).arbitration
    alone = asked is Arbitration.RECALL_IF_EITHER and case_rule.rule_of(ctx.tx, case).double_reading is None
    return Arbitration.DISCORDANT_ONLY if alone else asked


def _no_opinion(ctx: Context[Staff], case: Case, content: Content) -> None:
    if content.opinion is not None and not case_rule.is_read_by_two(ctx.tx, case):
        raise Invalid("opinion", "not_asked")
