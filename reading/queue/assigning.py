"""Assigning: what waits is handed to those on duty, passed on when they cannot take it, and never lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from reading import tables
from reading.access import blindness
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, Step
from reading.context import Context, Who, without_door
from reading.queue import lapses, standing, training, workload
from reading.queue.handing import Carrying, Handing
from reading.queue.takings import How, is_urgent
from reading.queue.waiting import SKILLS, Key, heads, sites_name
from reading.queue.workload import Carried
from reading.register import organisations
from reading.roster import at_work, terms
from reading.roster.at_work import OnDuty
from reading.roster.groups import GROUP_OF, READS, ROLES
from reading.roster.terms import Terms
from reading.row_rules import valid_at
from reading.tables import assignment, organisation, report_version, review, role_grant, roster_slot, signature
from storage.ids import new_id

OF_EACH_SITE: Final = 20
"""The cases of a site that are looked at in one go: more than those that nobody on duty may take."""
AT_ONCE: Final = 50
"""Most cases of an organisation that are assigned in one go."""
ONCE_IN: Final = timedelta(hours=12)
"""Within this time a case waits for a person once: afterwards it is open to everybody, them too."""


@without_door("The worker's step hands out the cases of every site.")
def assign(ctx: Context[Who]) -> int:
    """Pass on what is not taken, then hand out what waits; answers how many rows it changed.

    An organisation in which nobody is on duty is handed nothing: whoever may claims there, as ever.
    """
    done = lapses.pass_on(ctx) + lapses.open_for_all(ctx) + workload.weigh(ctx)
    on_roster = sa.select(roster_slot.c.organisation_id).where(valid_at(roster_slot, ctx.now))
    places = ctx.tx.scalars(
        # Two workers never hand out for the same organisation at once: each would see the loads of before.
        sa.select(organisation.c.id)
        .where(organisation.c.id.in_(on_roster))
        .order_by(organisation.c.id)
        .with_for_update(key_share=True, skip_locked=True)
    ).all()
    if not places:
        return done
    said, duty = terms.of_organisations(ctx.tx, places, ctx.now), defaultdict[str, list[OnDuty]](list)
    for one in at_work.on_duty(ctx.tx, places, ctx.now):
        if not one.obstacles:
            duty[one.slot.organisation_id].append(one)
    return done + sum(_for_organisation(ctx, place, duty[place], said[place]) for place in places if duty[place])


def _for_organisation(ctx: Context[Who], place: str, duty: Sequence[OnDuty], said: Terms) -> int:
    read = organisations.read_by(ctx.tx, {place}, ctx.now)
    carried = workload.carried(ctx.tx, [one.slot for one in duty], ctx.now)
    handing = Handing((_carrying(one, carried) for one in duty), ahead=said.ahead)
    skills = standing.sets_of_people(ctx.tx, carried, ctx.now)
    roles, in_training = _roles(ctx, place, carried), training.residents(ctx.tx, carried, ctx.now)
    given = 0
    for step, tier in ROLES:
        sites = read.get((tier, place), [])
        people = [
            one.slot.person_id
            for one in duty
            if one.slot.step is GROUP_OF[step] and roles[one.slot.person_id] & set(ROLES[step, tier])
        ]
        if not sites or not any(handing.room(person) > 0 for person in people):
            continue
        for case in _waiting(ctx, (step, tier), sites, {key for one in people for key in skills[one]}):
            fit = [person for person in people if handing.room(person) > 0 and _has(skills[person], case)]
            if case.step is Step.VERIFY and case.countersign_at != place and training.stays(ctx.tx, case, ctx.now):
                continue
            barred = _barred(ctx, case) | _told_of_the_flag(ctx, case, fit)
            if case.step in READS and (case.step is Step.SECOND or case.by_two):
                barred |= in_training
            chosen = handing.whom((one for one in fit if one not in barred), urgent=is_urgent(case))
            if chosen is None:
                continue
            weight = workload.weights_of(ctx.tx, [case], ctx.now)[case.id]
            if not _written(ctx, case, chosen, place, weight=weight, said=said):
                continue
            handing.hand(chosen, weight)
            given += 1
    return given


def _has(sets: Collection[str], case: Case) -> bool:
    """Whether somebody with these sets of skills has those that a case waits for."""
    return case.step not in READS or case.skills in sets


def _carrying(one: OnDuty, carried: Mapping[str, Carried]) -> Carrying:
    theirs = carried[one.slot.person_id]
    free = None if one.most is None else one.most - one.open_cases
    return Carrying(candidate=theirs.candidate, pending=theirs.pending, free=free)


def _roles(ctx: Context[Who], place: str, people: Collection[str]) -> dict[str, set[str]]:
    rows = ctx.tx.execute(
        sa.select(role_grant.c.person_id, role_grant.c.role).where(
            role_grant.c.organisation_id == place, role_grant.c.person_id.in_(people), valid_at(role_grant, ctx.now)
        )
    )
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[row.person_id].add(row.role)
    return found


def _waiting(ctx: Context[Who], key: Key, sites: Sequence[str], sets: Collection[str]) -> list[Case]:
    asked = {sites_name(0): sorted(sites), SKILLS: sorted(sets)}
    return [cases.from_row(row) for row in ctx.tx.execute(_unassigned(ctx.tx.dialect.name, key), asked)]


@cache
def _unassigned(dialect: str, key: Key) -> sa.Select[Any]:
    """The most urgent cases that wait for nobody.

    They are not locked: whoever claims meanwhile would find nothing, though cases wait.
    """
    case = tables.case
    ids = heads(dialect, [key], lambda head, _: head.c.assigned_to.is_(None), of_each_site=OF_EACH_SITE)
    return (
        sa.select(case)
        .where(case.c.id.in_(sa.select(sa.union_all(*ids).subquery().c.id)), case.c.assigned_to.is_(None))
        .order_by(case.c.rank, case.c.due_at, case.c.id)
        .limit(AT_ONCE)
    )


def _barred(ctx: Context[Who], case: Case) -> set[str]:
    """Who acted on a case in another role, reviewed it, or has had it waiting for them not long ago."""
    signed = (
        sa.select(signature.c.person_id)
        .join(report_version, report_version.c.id == signature.c.version_id)
        .where(report_version.c.case_id == case.id, signature.c.role != SIGNS_AS[case.step])
    )
    reviewed = sa.select(review.c.reviewer_id).where(review.c.case_id == case.id)
    had = sa.select(assignment.c.person_id).where(
        assignment.c.case_id == case.id, assignment.c.step == case.step, assignment.c.at > ctx.now - ONCE_IN
    )
    return set(ctx.tx.scalars(sa.union_all(signed, reviewed, had)))


def _told_of_the_flag(ctx: Context[Who], case: Case, people: Collection[str]) -> set[str]:
    """Those of these people who could not read a case blind any more."""
    if case.step is not Step.SECOND:
        return set()
    told = {one: blindness.told_of_another(tables.case, one, ctx.now) for one in people}
    return {one for one, condition in told.items() if cases.is_one_of(ctx.tx, case.id, condition)}


def _written(ctx: Context[Who], case: Case, person_id: str, place: str, *, weight: int, said: Terms) -> bool:
    """Let a case wait for somebody; False: somebody else has taken it, or is about to."""
    urgent = is_urgent(case)
    take_by = ctx.now + said.take_within(urgent=urgent)
    table = tables.case
    standing = (
        sa.select(table.c.id)
        .where(table.c.id == case.id, table.c.revision == case.revision, table.c.assigned_to.is_(None))
        .with_for_update(skip_locked=True)
    )
    done = ctx.tx.execute(
        sa.update(table)
        .where(table.c.id == standing.scalar_subquery())
        .values(assigned_to=person_id, assigned_until=take_by)
    )
    if done.rowcount != 1:
        return False
    ctx.tx.execute(
        sa.insert(assignment),
        {
            "id": new_id(),
            "case_id": case.id,
            "person_id": person_id,
            "organisation_id": place,
            "step": case.step,
            "tier": case.tier,
            "how": How.ASSIGNED,
            "urgent": urgent,
            "at": ctx.now,
            "take_by": take_by,
            "weight": weight,
        },
    )
    return True
