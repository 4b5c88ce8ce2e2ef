"""A referral from its sending to its end: each act is a move of the table, with who made it and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from reading import outbox
from reading.access import blindness, door
from reading.access.invited import CONSULTED
from reading.access.referrals import SENT_BY, look_up_referrals, open_referral, record_listed
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import State as CaseState
from reading.context import Context, Who, without_door
from reading.errors import Invalid, MoveNotAllowed, NotAllowed
from reading.kinds import Level, Priority
from reading.referral import referral_rows
from reading.referral.moves import ENDS, MOVES, REASONED, Direction, Move, Side, State, after, side_of
from reading.referral.referral_rows import MoveLine, Referral
from reading.register import organisations
from reading.register.grants import may_act
from reading.register.organisations import Organisation
from reading.tables import case as case_table
from reading.tables import referral, referral_move
from reading.texts import checked
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

AIM: Final = timedelta(minutes=20)
"""In which a referral is to be answered."""
SHOWN: Final = timedelta(days=30)
"""How long the receiver sees the case, unless the referral ends before."""
LEVELS: Final = (Level.TOWNSHIP, Level.COUNTY, Level.CITY)
"""From the lowest; patients are referred to none of another level."""
MOST: Final = 200
GONE: Final = (CaseState.WITHDRAWN, CaseState.EMPTIED)
"""Cases that no receiver sees again."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a sender writes."""

    to_code: str
    urgency: Priority
    reason: str = field(repr=False)
    contact: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Acceptance:
    """Where and when the patient is expected; ``kind`` is bed or visit."""

    kind: str
    place: str = field(repr=False)
    expected_at: datetime


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A referral as one person sees it."""

    referral: Referral
    from_name: str
    to_name: str
    moves: tuple[MoveLine, ...]
    may: frozenset[Move]


def send(ctx: Context[Staff], case_id: str, sent: Sent) -> Referral:
    """Refer the patient of a case to another institution, which sees the case for a while.

    Raises:
        NotThere: no such case, or not one that they may see; no such institution.
        NotAllowed: they hold no role with which somebody refers; it is open whose images they are; or they may be one
            of two who read it blind, and what they write would tell the other.
        Invalid: no reason, nobody to call, their own institution, one that takes no patients, or one that has it
            already.

    """
    door.open_case(ctx, case_id, Action.REFERRAL_SEND)
    case = cases.lock(ctx.tx, case_id)
    grant = sender_of(ctx, case)
    if case.identity is Identity.DIFFERS:
        raise NotAllowed("identity_is_open")
    origin, to = organisations.by_id(ctx.tx, grant.organisation_id), organisations.in_force(ctx.tx, sent.to_code)
    assert origin is not None  # noqa: S101 -- a foreign key
    if to.id == origin.id:
        raise Invalid("to", "own")
    if to.level not in LEVELS:
        raise Invalid("to", "takes_no_patients")
    standing = (referral.c.case_id == case_id) & (referral.c.to_id == to.id) & referral.c.state.not_in(ENDS)
    if ctx.tx.scalar(sa.select(referral.c.id).where(standing, referral.c.shown_until > ctx.now).limit(1)) is not None:
        raise Invalid("to", "referred_already")
    made = new_id()
    ctx.tx.execute(
        sa.insert(referral),
        {
            "id": made,
            "case_id": case_id,
            "from_id": origin.id,
            "to_id": to.id,
            "direction": direction(origin, to),
            "urgency": sent.urgency,
            "reason": checked("reason", sent.reason, longest=2000, required=True, lines=True),
            "contact": checked("contact", sent.contact, longest=100, required=True),
            "sent_at": ctx.now,
            "shown_until": ctx.now + SHOWN,
            "state": State.SENT,
        },
    )
    _note(ctx, made, case_id, Move.SEND, State.SENT, grant=grant, number=1)
    outbox.post(ctx.tx, "referral.sent", made, {"case_id": case_id, "organisation_id": to.id}, ctx.now)
    return referral_rows.lock(ctx.tx, made, seen=None)


def move(
    ctx: Context[Staff],
    referral_id: str,
    made: Move,
    *,
    seen: int,
    why: str = "",
    acceptance: Acceptance | None = None,
) -> Referral:
    """Move a referral on: the receiver answers and says what became of it, the sender withdraws or takes back.

    Raises:
        NotThere: no such referral, or not theirs to see (any longer).
        Stale: it has changed since its revision ``seen``.
        MoveNotAllowed: not from this state.
        NotAllowed: the other side makes this move.
        Invalid: a reason, a place or a time is missing; the time has passed.

    """
    open_referral(ctx, referral_id, Action.REFERRAL_MOVE)
    found = referral_rows.lock(ctx.tx, referral_id, seen=seen)
    state = after(found.state, made)
    side = side_of(found.state, made)
    if side is Side.NOBODY:
        raise MoveNotAllowed(found.state, made)
    grant = _grant_of(ctx, found, side)
    if grant is None:
        raise NotAllowed("the_other_side_does_this")
    reason = cases.reason(why) if made in REASONED else checked("why", why, longest=1000)
    values: dict[str, Any] = {"state": state, "revision": found.revision + 1}
    if state in ENDS:
        values["shown_until"] = min(found.shown_until, ctx.now)
    if made in {Move.ACCEPT, Move.DECLINE}:
        values["answered_at"] = ctx.now
    if made is Move.ACCEPT:
        values |= _accepted(ctx, acceptance)
    ctx.tx.execute(sa.update(referral).where(referral.c.id == referral_id).values(**values))
    number = 1 + len(referral_rows.moves_of(ctx.tx, referral_id))
    _note(ctx, referral_id, found.case_id, made, state, grant=grant, number=number, why=reason)
    told = found.from_id if side is Side.RECEIVER else found.to_id
    outbox.post(ctx.tx, f"referral.{state}", referral_id, {"case_id": found.case_id, "organisation_id": told}, ctx.now)
    return referral_rows.lock(ctx.tx, referral_id, seen=None)


@without_door("The worker's step ends referrals of every site.")
def lapse(ctx: Context[Who]) -> int:
    """End referrals that nobody has ended and that show their case to nobody any longer; answers how many."""
    gone = referral.c.case_id.in_(sa.select(case_table.c.id).where(case_table.c.state.in_(GONE)))
    over = referral.c.state.not_in(ENDS) & ((referral.c.shown_until <= ctx.now) | gone)
    rows = ctx.tx.execute(sa.select(referral).where(over).limit(100).with_for_update(skip_locked=True)).all()
    for found in map(referral_rows.from_row, rows):
        state, shown_until = after(found.state, Move.LAPSE), min(found.shown_until, ctx.now)
        values = {"state": state, "shown_until": shown_until, "revision": found.revision + 1}
        ctx.tx.execute(sa.update(referral).where(referral.c.id == found.id).values(**values))
        number = 1 + len(referral_rows.moves_of(ctx.tx, found.id))
        _note(ctx, found.id, found.case_id, Move.LAPSE, state, grant=None, number=number)
        for told in (found.from_id, found.to_id):
            payload = {"case_id": found.case_id, "organisation_id": told}
            outbox.post(ctx.tx, f"referral.{state}", found.id, payload, ctx.now)
    return len(rows)


def show(ctx: Context[Staff], referral_id: str) -> Shown:
    """A referral with what happened; the look is on record.

    Raises:
        NotThere: no such referral, or not theirs to see (any longer).

    """
    return _shown_each(ctx, [referral_rows.from_row(open_referral(ctx, referral_id, Action.REFERRAL_OPEN))])[0]


@without_door("It shows nothing before `listed` has recorded the looks: nobody waits for a list to be put together.")
def own(ctx: Context[Staff]) -> list[Shown]:
    """What their institutions sent and received, the newest first; it writes nothing."""
    return _shown_each(ctx, [referral_rows.from_row(row) for row in look_up_referrals(ctx, limit=MOST)])


@without_door("It records the looks at what `own` has looked up by the door's conditions.")
def listed(ctx: Context[Staff], found: Sequence[Shown]) -> None:
    """Put on record that somebody is shown these referrals in a list."""
    record_listed(ctx, Action.REFERRAL_LIST, {one.referral.case_id for one in found})


@without_door("It names institutions alone.")
def receivers(ctx: Context[Staff]) -> list[Organisation]:
    """The institutions to which somebody can be referred, by name."""
    found = [one for one in organisations.list_all(ctx.tx) if one.until is None and one.level in LEVELS]
    return sorted(found, key=lambda one: one.name)


def direction(origin: Organisation, to: Organisation) -> Direction:
    """Down to a lower level, up otherwise."""
    levels = {level: place for place, level in enumerate((*LEVELS, Level.REGION))}
    return Direction.DOWN if levels[to.level] < levels[origin.level] else Direction.UP


@without_door("It asks for a right; nothing of a patient is in the answer.")
def sender_of(ctx: Context[Staff], case: Case) -> RoleGrant:
    """The grant with which they refer patients of the case's site.

    Raises:
        NotAllowed: they hold none; or two people read it blind, they may be one of them, and what they write would tell
            the other.

    """
    held = (may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in SENT_BY)
    grant = next((one for one in held if one is not None), None)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    if blindness.keeps_silent(ctx.tx, ctx.who, case, ctx.now):
        raise NotAllowed("no_reader_refers_while_blind")
    return grant


def _grant_of(ctx: Context[Staff], found: Referral, side: Side) -> RoleGrant | None:
    """The grant with which they act for a side."""
    if side is Side.NOBODY:
        return None
    place, roles = (found.from_id, SENT_BY) if side is Side.SENDER else (found.to_id, CONSULTED)
    return next((one for one in ctx.who.grants if one.organisation_id == place and one.role in roles), None)


def _accepted(ctx: Context[Staff], acceptance: Acceptance | None) -> dict[str, Any]:
    if acceptance is None or acceptance.kind not in {"bed", "visit"}:
        raise Invalid("place_kind", "required")
    if acceptance.expected_at <= ctx.now - AIM:
        raise Invalid("expected_at", "range")
    place = checked("place", acceptance.place, longest=200, required=True)
    return {"place_kind": acceptance.kind, "place": place, "expected_at": acceptance.expected_at}


def _note(
    ctx: Context[Who],
    referral_id: str,
    case_id: str,
    made: Move,
    state: State,
    *,
    grant: RoleGrant | None,
    number: int,
    why: str = "",
) -> None:
    ctx.tx.execute(
        sa.insert(referral_move),
        {
            "referral_id": referral_id,
            "number": number,
            "move": made,
            "to_state": state,
            "person_id": grant and grant.person_id,
            "grant_id": grant and grant.id,
            "at": ctx.now,
            "why": why,
        },
    )
    action = Action.REFERRAL_SEND if made is Move.SEND else Action.REFERRAL_MOVE
    details = {"referral": referral_id, "move": made}
    ctx.record(action=action, subject_kind="case", subject_id=case_id, details=details)


def _shown_each(ctx: Context[Staff], found: Sequence[Referral]) -> list[Shown]:
    places = organisations.by_ids(ctx.tx, {each for one in found for each in (one.from_id, one.to_id)})
    moves = referral_rows.moves_of_each(ctx.tx, [one.id for one in found])
    return [
        Shown(
            referral=one,
            from_name=places[one.from_id].name,
            to_name=places[one.to_id].name,
            moves=tuple(moves[one.id]),
            may=frozenset(_possible(ctx, one)),
        )
        for one in found
    ]


def _possible(ctx: Context[Staff], found: Referral) -> Iterator[Move]:
    for state, made in MOVES:
        if state is found.state and _grant_of(ctx, found, side_of(state, made)) is not None:
            yield made
