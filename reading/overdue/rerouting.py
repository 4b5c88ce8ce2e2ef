"""Re-routing: a case that waits too long goes where its rule says, once in each step, and only where there is room."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox, tables
from reading.alerts import duty
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.history import MoveRow
from reading.cases.moves import WAITING, Move, Step
from reading.clock import life
from reading.clock.clock import Clock
from reading.clock.life import StepBegan
from reading.context import Context, Who, without_door
from reading.kinds import Tier
from reading.overdue import capacity, ways
from reading.queue import training
from reading.register import organisations
from reading.reports import releases
from reading.rules import case_clock, case_rule
from reading.rules.rule import Goal, Overdue, Rule
from storage.ids import new_id

AT_ONCE: Final = 100
"""The most cases that are looked at in one transaction."""
AGAIN_AFTER: Final = timedelta(minutes=5)
"""Time after which a case is tried again for which nobody had room."""


@dataclass(frozen=True, kw_only=True)
class Reroute:
    """Where a case went because it waited too long."""

    step_number: int
    """Of the move with which the step began."""
    step: Step
    goal: Goal
    from_tier: Tier
    tier: Tier
    organisation: str
    person: str
    """The name of whoever was told on duty; empty where the case went to another tier."""
    due_at: datetime
    at: datetime


@dataclass(frozen=True, kw_only=True)
class _Way:
    goal: Goal
    tier: Tier
    organisation_id: str
    person_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class _Late:
    """A case that is overdue where it stands."""

    case: Case
    overdue: Overdue
    began: StepBegan
    due: datetime


@without_door("The worker's step looks at the waiting cases of every site.")
def reroute(ctx: Context[Who]) -> int:
    """Look at the waiting cases whose time has come; answers how many went elsewhere.

    A crash in between loses nothing: the move, its row and the next look stand or fall together.
    """
    case = tables.case
    rows = ctx.tx.execute(
        sa.select(case)
        .where(case.c.look_at <= ctx.now, case.c.state.in_(WAITING))
        .order_by(case.c.look_at, case.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    late = [one for row in rows if (one := _late(ctx, cases.from_row(row))) is not None]
    _in_turn(ctx, [one.case for one in late])
    return sum(_send_on(ctx, one) for one in late)


def of_case(tx: Connection, case_id: str) -> list[Reroute]:
    """Where a case went, in its order; for callers that have passed `reading.access`."""
    gone, organisation, person = tables.case_reroute, tables.organisation, tables.person
    rows = tx.execute(
        sa.select(gone, organisation.c.name.label("organisation"), person.c.name.label("person"))
        .join(organisation, organisation.c.id == gone.c.organisation_id)
        .outerjoin(person, person.c.id == gone.c.person_id)
        .where(gone.c.case_id == case_id)
        .order_by(gone.c.step_number)
    )
    return [_reroute(row) for row in rows]


def step_clock(tx: Connection, rule: Rule, case: Case, moves: Sequence[MoveRow]) -> Clock | None:
    """The clock of the step that a case stands in; None where its rule gives the step no time of its own."""
    began = life.step_began(moves)
    minutes = rule.step_minutes.get(case.step)
    if began is None or minutes is None:
        return None
    hours = case_clock.hours(tx, rule, case.site_id, began.at)
    return ways.step_clock(minutes, began.at, hours, pauses=life.pauses(moves))


def _late(ctx: Context[Who], case: Case) -> _Late | None:
    """A locked case, if it is overdue and has somewhere to go; else when it is looked at next is written."""
    rule = case_rule.rule_of(ctx.tx, case)
    moves = history.moves_of(ctx.tx, case.id)
    began = life.step_began(moves)
    if rule.overdue is None or began is None or _went(ctx.tx, case.id, began):
        _look_again(ctx.tx, case, None)
        return None
    due = _due(ctx.tx, rule, case, moves)
    if due is None or due > ctx.now:
        _look_again(ctx.tx, case, due)
        return None
    return _Late(case=case, overdue=rule.overdue, began=began, due=due)


def _send_on(ctx: Context[Who], late: _Late) -> bool:
    """Send a case the first way that has room; answers whether there was one."""
    way = next(_ways(ctx, late.case, late.overdue), None)
    if way is None:
        _look_again(ctx.tx, late.case, ctx.now + AGAIN_AFTER)
        return False
    _send(ctx, late.case, late.began, way, late.due)
    return True


def _due(tx: Connection, rule: Rule, case: Case, moves: Sequence[MoveRow]) -> datetime | None:
    """When a case is overdue where it stands: by the step's clock, and by its own until it is released."""
    step = step_clock(tx, rule, case, moves)
    return ways.due(step, case.due_at, released=releases.newest(tx, case.id) is not None)


def _ways(ctx: Context[Who], case: Case, overdue: Overdue) -> Iterator[_Way]:
    """The ways that a rule names and that have room, in its order."""
    stays = training.stays(ctx.tx, case, ctx.now)
    for goal, tier in ways.goals(overdue, case.step, case.tier, stays=stays):
        if goal is Goal.DUTY:
            yield from _to_duty(ctx, case, case.countersign_at if stays else None)
            continue
        for organisation_id in sorted(organisations.readers_of(ctx.tx, case.site_id, tier, ctx.now)):
            free = capacity.room(
                ctx.tx,
                organisation_id,
                tier,
                case.step,
                open_per_reader=overdue.open_per_reader,
                now=ctx.now,
            )
            if free > 0:
                yield _Way(goal=goal, tier=tier, organisation_id=organisation_id)


def _to_duty(ctx: Context[Who], case: Case, only: str | None) -> Iterator[_Way]:
    """To those on duty where it is read, or of the one organisation that it waits for."""
    readers = organisations.readers_of(ctx.tx, case.site_id, case.tier, ctx.now)
    for organisation_id in sorted(readers if only is None else {only}):
        for one in duty.told_at(ctx.tx, organisation_id, ctx.now):
            yield _Way(goal=Goal.DUTY, tier=case.tier, organisation_id=organisation_id, person_id=one.person_id)


def _in_turn(ctx: Context[Who], late: Collection[Case]) -> None:
    """Let workers that fill the same organisation wait for each other, so that none counts what the other adds.

    All that any of the cases may go to are locked at once and in one order: two workers never wait for each other.
    """
    if not late:
        return
    places = {(case.site_id, tier) for case in late for tier in ways.TIERS.values()}
    ids = {one for site_id, tier in places for one in organisations.readers_of(ctx.tx, site_id, tier, ctx.now)}
    organisation = tables.organisation
    locked = sa.select(organisation.c.id).where(organisation.c.id.in_(ids)).order_by(organisation.c.id)
    ctx.tx.execute(locked.with_for_update(key_share=True))


def _send(ctx: Context[Who], case: Case, began: StepBegan, way: _Way, due: datetime) -> None:
    moved = cases.move(ctx, case, Move.REROUTE, grant=None, tier=way.tier)
    ctx.tx.execute(
        sa.insert(tables.case_reroute),
        {
            "id": new_id(),
            "case_id": case.id,
            "step_number": began.number,
            "step": began.step,
            "goal": way.goal,
            "from_tier": case.tier,
            "tier": way.tier,
            "organisation_id": way.organisation_id,
            "person_id": way.person_id,
            "due_at": due,
            "at": ctx.now,
        },
    )
    _look_again(ctx.tx, moved, None)
    told = {way.organisation_id, *organisations.readers_of(ctx.tx, case.site_id, case.tier, ctx.now)}
    for organisation_id in sorted(told):
        person_id = way.person_id if organisation_id == way.organisation_id else None
        payload = {"case_id": case.id, "goal": way.goal, "organisation_id": organisation_id, "person_id": person_id}
        outbox.post(ctx.tx, "case.rerouted", case.id, payload, ctx.now)


def _went(tx: Connection, case_id: str, began: StepBegan) -> bool:
    gone = tables.case_reroute
    asked = sa.select(sa.literal(1)).where(gone.c.case_id == case_id, gone.c.step_number == began.number)
    return tx.scalar(asked) is not None


def _look_again(tx: Connection, case: Case, at: datetime | None) -> None:
    # Nobody's screen shows it, so the case keeps its revision.
    tx.execute(sa.update(tables.case).where(tables.case.c.id == case.id).values(look_at=at))


def _reroute(row: sa.Row[Any]) -> Reroute:
    return Reroute(
        step_number=row.step_number,
        step=Step(row.step),
        goal=Goal(row.goal),
        from_tier=Tier(row.from_tier),
        tier=Tier(row.tier),
        organisation=row.organisation,
        person=row.person or "",
        due_at=row.due_at,
        at=row.at,
    )
