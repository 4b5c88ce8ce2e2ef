"""Decisions about concerns: which are possible, what each does, and how it is taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.errors import MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Role
from reading.quality import concerns
from reading.quality.concerns import Concern
from reading.quality.kinds import Aspect
from reading.quality.moves import FOR_GOOD, KEPT_OUT, MOVES, SHOWS, Move
from reading.register import people
from reading.register.grants import manages_at_the_top, may_act
from reading.reports import versions
from reading.tables import case, case_study, decision
from reading.viewers import RoleGrant, Staff
from storage.decisions import quarantine
from storage.errors import Overtaken
from storage.ids import new_id
from storage.index import journal, queries
from storage.instance_row import InstanceRow
from storage.records import Held

Begin: TypeAlias = Callable[[Action], AbstractContextManager[Context[Staff]]]
"""Begins an act in a transaction of its own; a refusal is put on record under the action."""
ReceiveAgain: TypeAlias = Callable[[Held], str | None]
"""Receives quarantined bytes once more; answers why they are refused still, None where they are an image now.
Raises NotThere, where they lie on another node."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    number: int
    """Counts the decisions about one concern, from 1."""
    move: Move
    reason: str = field(repr=False)
    person_name: str
    at: datetime
    details: Mapping[str, Any] = field(repr=False)


def history(tx: Connection, aspect: Aspect, subject_id: str) -> list[Decision]:
    """What was decided about a concern, the first one first."""
    of = (decision.c.aspect == aspect) & (decision.c.subject_id == subject_id)
    rows = tx.execute(sa.select(decision).where(of).order_by(decision.c.number)).all()
    named = {row.person_id: people.by_id(tx, row.person_id) for row in rows}
    return [
        Decision(
            number=row.number,
            move=Move(row.move),
            reason=row.reason,
            person_name=person.name if (person := named[row.person_id]) else "",
            at=row.at,
            details=row.details,
        )
        for row in rows
    ]


def possible(tx: Connection, staff: Staff, concern: Concern, now: datetime) -> tuple[Move, ...]:
    """What ``staff`` may decide about it now."""
    made = history(tx, concern.aspect, concern.subject_id)
    moves = (
        _undoing(concern, made) if concern.decided else tuple(m for m in MOVES[concern.kind] if _fits(tx, concern, m))
    )
    return tuple(move for move in moves if _grant(tx, staff, concern, move, now) is not None)


def check(tx: Connection, staff: Staff, concern: Concern, move: Move, seen: int, now: datetime) -> RoleGrant:  # noqa: PLR0917
    """The grant with which ``staff`` makes a move.

    Raises:
        Stale: somebody decided something since decision number ``seen``.
        MoveNotAllowed: the kind or the state has no such move.
        NotAllowed: they are not in charge of every site that it concerns.

    """
    made = history(tx, concern.aspect, concern.subject_id)
    if seen != len(made):
        raise Stale(len(made))
    moves = _undoing(concern, made) if concern.decided else MOVES[concern.kind]
    if move not in moves or not _fits(tx, concern, move):
        raise MoveNotAllowed("decided" if concern.decided else concern.kind, move)
    grant = _grant(tx, staff, concern, move, now)
    if grant is None:
        raise NotAllowed("not_in_charge")
    return grant


def decide(
    begin: Begin,
    receive_again: ReceiveAgain,
    aspect: Aspect,
    subject_id: str,
    move: Move,
    *,
    reason: str,
    seen: int,
    all_alike: bool = False,
) -> Decision:
    """Decide about a concern, or take its last decision back (`Move.UNDO`); ``all_alike``: about those like it too.

    ``begin`` begins a transaction under an action of the audit, and ``receive_again`` has transactions of its own: with
    `Move.AGAIN` the bytes are received once more between two of ``begin``, while none is open.

    Raises:
        NotThere: there is none, or it is not theirs to see; or the bytes lie on another node.
        Stale, MoveNotAllowed: as `check`.
        NotAllowed: as `check`; a valid report stands on what would change (it has to be withheld first); or the bytes
            are still refused when received again.
        Invalid: no reason was given.

    """
    if move is Move.AGAIN:
        with begin(Action.CONCERN_RECEIVE_AGAIN) as ctx:
            concern = concerns.open_concern(ctx, aspect, subject_id, Action.CONCERN_RECEIVE_AGAIN)
        with begin(Action.CONCERN_RECEIVE_AGAIN) as ctx:  # apart, so that a refusal leaves the look on record
            check(ctx.tx, ctx.who, concern, move, seen, ctx.now)
        refused = receive_again(concern.held) if concern.held is not None else None
        if refused is not None:
            raise NotAllowed(f"still_{refused}")
    with begin(Action.CONCERN_DECIDE) as ctx:
        concern = concerns.open_concern(ctx, aspect, subject_id, Action.CONCERN_DECIDE)
        others = alike(ctx.tx, concern, move) if all_alike else []
        made = _decide(ctx, concern, move, reason=reason, seen=seen)
        for other in others:
            known = len(history(ctx.tx, other.aspect, other.subject_id))
            _decide(ctx, other, move, reason=reason, seen=known)
    return made


def _decide(ctx: Context[Staff], concern: Concern, move: Move, *, reason: str, seen: int) -> Decision:
    why = cases.reason(reason)
    grant = check(ctx.tx, ctx.who, concern, move, seen, ctx.now)
    made = history(ctx.tx, concern.aspect, concern.subject_id)
    meant = made[-1].move if move is Move.UNDO else move
    details: dict[str, Any] = {}
    if concern.held is not None:
        if meant in SHOWS:
            _no_report_stands(ctx.tx, concern.held, meant, undo=move is Move.UNDO)
            # Other images are shown from now on: whose they are is compared anew, and no patient sees them before.
            cases.uncompare(ctx.tx, _of_its_study(ctx.tx, concern.held))
        try:
            if move is Move.UNDO:
                _take_back(ctx.tx, concern.held, made[-1], ctx.now)
            else:
                details = _carry_out(ctx.tx, concern.held, move, ctx.now)
        except Overtaken as overtaken:
            raise Stale(len(made)) from overtaken
    taken = Decision(number=seen + 1, move=move, reason=why, person_name=ctx.who.name, at=ctx.now, details=details)
    _write(ctx.tx, concern, taken, ctx.who, grant)
    ctx.record(
        action=Action(f"concern.{move}"),
        subject_kind="case" if concern.case is not None else "quarantine",
        subject_id=concern.subject_id,
        details={"kind": str(concern.kind), "taken_back": str(meant) if move is Move.UNDO else None},
    )
    _note(ctx.tx, concern, meant, ctx.who, taken)
    return taken


def alike(tx: Connection, concern: Concern, move: Move) -> list[Concern]:
    """The concerns like it about which the same may be decided; an undo takes back all that were decided together."""
    if move in FOR_GOOD:
        return []
    others = concerns.alike(tx, concern)
    if move is not Move.UNDO:
        return [one for one in others if move in MOVES[one.kind] and _fits(tx, one, move)]
    made = history(tx, concern.aspect, concern.subject_id)
    last = (made[-1].move, made[-1].at) if made else None
    return [
        one
        for one in others
        if (theirs := history(tx, one.aspect, one.subject_id)) and (theirs[-1].move, theirs[-1].at) == last
    ]


def _carry_out(tx: Connection, held: Held, move: Move, now: datetime) -> dict[str, Any]:
    match move:
        case Move.SHOW:
            return {"earlier": quarantine.show_instead(tx, held, now)}
        case Move.ADMIT:
            quarantine.admit(tx, held, now)
        case Move.AGAIN:
            quarantine.received_again(tx, held, now)
        case _:
            quarantine.dismiss(tx, held, now)
    return {}


def _take_back(tx: Connection, held: Held, last: Decision, now: datetime) -> None:
    match last.move:
        case Move.SHOW:
            quarantine.show_again(tx, held, last.details["earlier"], now)
        case Move.ADMIT:
            quarantine.take_out(tx, held)
        case _:
            quarantine.reopen(tx, held)


def _of_its_study(tx: Connection, held: Held) -> sa.ColumnElement[bool]:
    """The condition on ``case`` for those of the study in which a newcomer is shown, or would be."""
    stored = None if held.sop_instance_uid is None else queries.instance_of(tx, held.sop_instance_uid)
    studies = {one for one in (held.study_uid, stored and stored.study_uid) if one}
    joined = case_study.c.study_uid.in_(studies) & (case_study.c.case_id == case.c.id)
    return sa.exists().where(joined).correlate(case)


def _undoing(concern: Concern, made: list[Decision]) -> tuple[Move, ...]:
    return (Move.UNDO,) if concern.decided and made and made[-1].move not in FOR_GOOD else ()


def _fits(tx: Connection, concern: Concern, move: Move) -> bool:
    held = concern.held
    match move:
        case Move.SHOW:
            return held is not None and quarantine.fits_instead(tx, held) is not None
        case Move.ADMIT:
            return held is not None and quarantine.fits_in(tx, held)
        case Move.AGAIN:
            return held is not None and held.key is not None
        case _:
            return True


def _grant(tx: Connection, staff: Staff, concern: Concern, move: Move, now: datetime) -> RoleGrant | None:
    """The grant of a quality manager of the site; of both sites where images of one enter a study of the other."""
    if concern.site_id is None:
        return manages_at_the_top(tx, staff)
    grant = may_act(tx, staff, Role.QUALITY_MANAGER, concern.site_id, now)
    if concern.held is None or concern.held.row is None or move in KEPT_OUT:
        return grant
    study = queries.study_of(tx, InstanceRow.from_json(concern.held.row).study_uid)
    if study is None or study.site_id == concern.site_id:
        return grant
    return grant and may_act(tx, staff, Role.QUALITY_MANAGER, study.site_id, now)


def _no_report_stands(tx: Connection, held: Held, move: Move, *, undo: bool) -> None:
    """Refuse a move that would change the images of a signed report; images that are added open a follow-up instead."""
    if move is Move.ADMIT and not undo:
        return
    uid = held.sop_instance_uid
    shown = None if uid is None else queries.instance_of(tx, uid)
    case = None if shown is None else cases.of_study(tx, shown.study_uid)
    if case is not None and versions.current(tx, cases.lock(tx, case.id).id) is not None:
        raise NotAllowed("withhold_first")


def _write(tx: Connection, concern: Concern, taken: Decision, staff: Staff, grant: RoleGrant) -> None:
    values = {
        "id": new_id(),
        "aspect": concern.aspect,
        "subject_id": concern.subject_id,
        "number": taken.number,
        "move": taken.move,
        "reason": taken.reason,
        "details": taken.details,
        "person_id": staff.person_id,
        "grant_id": grant.id,
        "at": taken.at,
    }
    try:
        with tx.begin_nested():
            tx.execute(decision.insert(), values)
    except IntegrityError as overtaken:
        raise Stale(taken.number) from overtaken


def _note(tx: Connection, concern: Concern, meant: Move, staff: Staff, taken: Decision) -> None:
    """Write a decision about bytes to the journal: with it an index that is made again knows what was decided."""
    held = concern.held
    if held is None:
        return
    told = {
        "id": held.id,
        "move": str(meant),
        "undo": taken.move is Move.UNDO,
        "sop_instance_uid": held.sop_instance_uid,
        "segment_id": held.segment_id,
        "offset": held.offset,
        "reason": taken.reason,
        "made_by": staff.person_id,
        "made_at": taken.at.isoformat(),
        **taken.details,
    }
    journal.write(tx, quarantine.KIND, told, taken.at)
