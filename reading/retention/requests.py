"""Requests to erase: their rows, and the erasing of what they name, one study in a transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Actor
from reading.context import Context, without_door
from reading.errors import NotAllowed, NotThere, Stale
from reading.retention import request_moves, retention
from reading.retention.request_moves import Move, State
from reading.tables import erasure_item, erasure_request
from reading.viewers import Staff
from storage.database import portions
from storage.decisions.erasure import Erasure
from storage.ids import new_id
from storage.index import queries
from storage.index.queries import Study
from storage.tables import study

ERASED: Final = "erased"
CAME_LATER: Final = "images_came"
"""Images came after it was asked for: two people decided about fewer."""
GONE: Final = "not_there"


class NamedBy(StrEnum):
    """How the studies of a request were named."""

    CASE = "case"
    """The id of an examination, as in the address of its page."""
    STUDY = "study"
    """A Study Instance UID."""
    ACCESSION = "accession"
    NUMBER = "number"
    """Our number of a patient: all their examinations."""
    AGE = "age"
    """What is older than it must be kept."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One study of a request."""

    study_uid: str = field(repr=False)
    outcome: str
    """Empty: not yet; ``erased``; else why it stays (`NotAllowed.rule`, `CAME_LATER`, `GONE`)."""
    instances: int
    """How many of its images were erased."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Who asked for what to be erased, who decided it, and what came of it; None for a person is the operator."""

    id: str
    state: State
    named_by: NamedBy
    reason: str = field(repr=False)
    open_too: bool
    asked_by: str | None
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decided_why: str = field(repr=False)
    begun_at: datetime | None
    ended_at: datetime | None
    segments: tuple[str, ...] | None
    """Ids of those that still held bytes when the last row was gone; None before."""
    copies_elsewhere: int
    items: tuple[Item, ...]

    @property
    def studies(self) -> frozenset[str]:
        return frozenset(one.study_uid for one in self.items)

    @property
    def erased(self) -> int:
        """Images that were erased."""
        return sum(one.instances for one in self.items)


@without_door("It names studies that the caller has, and shows nothing of them.")
def add(
    ctx: Context[Staff | Actor], studies: Sequence[Study], reason: str, *, named_by: NamedBy, open_too: bool = False
) -> Request:
    """Ask for the images of these studies to be erased; what the operator asks for is confirmed.

    Raises:
        NotAllowed: a hold forbids it, a reading is not over, or another request has one of them.
        Invalid: no reason, or one that is too long.

    """
    why = retention.reason(reason)
    retention.check(ctx.tx, studies, open_too=open_too)
    uids = sorted({one.study_uid for one in studies})
    if named_in_open(ctx.tx, uids):
        raise NotAllowed("erasure_is_asked")
    by = ctx.who.person_id if isinstance(ctx.who, Staff) else None
    made = new_id()
    decided = {} if by is not None else {"decided_at": ctx.now}
    ctx.tx.execute(
        erasure_request.insert(),
        {
            "id": made,
            "state": State.ASKED if by is not None else State.CONFIRMED,
            "named_by": named_by,
            "reason": why,
            "open_too": open_too,
            "asked_by": by,
            "asked_at": ctx.now,
            **decided,
        },
    )
    ctx.tx.execute(erasure_item.insert(), [{"request_id": made, "study_uid": uid} for uid in uids])
    details = {"studies": len(uids), "named_by": named_by.value}
    ctx.record(action=Action.ERASURE_ASK, subject_kind="erasure", subject_id=made, details=details)
    return by_id(ctx.tx, made)


def by_id(tx: Connection, request_id: str) -> Request:
    """Raises: NotThere: there is no such request."""
    found = _requests(tx, erasure_request.c.id == request_id, limit=1)
    if not found:
        raise NotThere
    return found[0]


def newest(tx: Connection, limit: int, sites: Collection[str]) -> list[Request]:
    """Those that name studies of these sites alone: open ones, then those that ended; each the latest first."""
    of_others = (
        sa.exists()
        .where(erasure_item.c.request_id == erasure_request.c.id, study.c.study_uid == erasure_item.c.study_uid)
        .where(study.c.site_id.not_in(sorted(sites)))
    )
    return _requests(tx, ~of_others, limit=limit)


def unfinished(tx: Connection) -> list[Request]:
    """Those that a worker has to begin or to go on with, the oldest first."""
    waiting = erasure_request.c.state.in_((State.CONFIRMED, State.RUNNING))
    return sorted(_requests(tx, waiting, limit=100), key=lambda one: one.asked_at)


def named_in_open(tx: Connection, study_uids: Collection[str]) -> frozenset[str]:
    """Those of these studies that an open request names."""
    joined = sa.select(erasure_item.c.study_uid).join(
        erasure_request, erasure_request.c.id == erasure_item.c.request_id
    )
    standing = erasure_request.c.state.in_(request_moves.OPEN) & (erasure_item.c.outcome == "")
    found: set[str] = set()
    for some in portions(sorted(study_uids)):
        found.update(tx.scalars(joined.where(standing, erasure_item.c.study_uid.in_(some))))
    return frozenset(found)


@without_door("It decides about a request, and shows nothing of a patient.")
def decide(ctx: Context[Staff], request: Request, move: Move, why: str = "") -> None:
    """Confirm, refuse or take back a request.

    Raises:
        NotAllowed: whoever asked confirms or refuses it, or somebody else takes it back.
        MoveNotAllowed: it is decided.
        Stale: somebody decided it in this moment.

    """
    state = request_moves.after(request.state, move)
    if not request_moves.may_make(move, ctx.who.person_id, request.asked_by):
        raise NotAllowed("erasure_by_another" if move in request_moves.BY_ANOTHER else "erasure_by_the_asker")
    _move(ctx.tx, request, state, decided_by=ctx.who.person_id, decided_at=ctx.now, decided_why=why)
    action = {
        Move.CONFIRM: Action.ERASURE_CONFIRM,
        Move.REFUSE: Action.ERASURE_REFUSE,
        Move.WITHDRAW: Action.ERASURE_WITHDRAW,
    }[move]
    ctx.record(action=action, subject_kind="erasure", subject_id=request.id)


@without_door("The worker does what two people decided; it shows nothing of a patient.")
def begin(ctx: Context[Actor], request: Request) -> None:
    """A worker begins; nothing where one has begun, or the command and a worker meet and it is done.

    Raises:
        MoveNotAllowed: it is not confirmed.
        Stale: another worker began in this moment.

    """
    if request.state not in {State.RUNNING, State.DONE}:
        _move(ctx.tx, request, request_moves.after(request.state, Move.BEGIN), begun_at=ctx.now)


@without_door("The worker does what two people decided; it shows nothing of a patient.")
def erase_one(ctx: Context[Actor], request: Request, study_uid: str) -> Erasure | None:
    """Erase one study of a request, or say why it stays; None where it stays, or is done.

    It stays where a hold was set since, its reading was opened again, or images came after it was asked for.
    """
    outcome = _why_it_stays(ctx.tx, request, study_uid) or ERASED
    item = erasure_item.c
    same = (item.request_id == request.id) & (item.study_uid == study_uid)
    if not ctx.tx.execute(erasure_item.update().where(same, item.outcome == "").values(outcome=outcome)).rowcount:
        return None
    if outcome != ERASED:
        return None
    found = queries.study_of(ctx.tx, study_uid)
    assert found is not None  # noqa: S101 -- `_why_it_stays` has just seen it
    gone = retention.erase(ctx, found, request.reason, request_id=request.id)
    ctx.tx.execute(erasure_item.update().where(same).values(instances=gone.instances))
    return gone


def rows_gone(tx: Connection, request_id: str, segments: Sequence[str], copies_elsewhere: int) -> None:
    """Note that no row of it is left, and which segments still hold bytes."""
    row = erasure_request.c
    noted = erasure_request.update().where(row.id == request_id, row.state == State.RUNNING, row.segments.is_(None))
    tx.execute(noted.values(segments=list(segments), copies_elsewhere=copies_elsewhere))


@without_door("The worker does what two people decided; it shows nothing of a patient.")
def finish(ctx: Context[Actor], request: Request, pending: Collection[str]) -> bool:
    """End a request once none of its segments is ``pending``; whether it ended now.

    Raises:
        Stale: another worker ended it in this moment.

    """
    if request.state is State.DONE or request.segments is None or not set(request.segments).isdisjoint(pending):
        return False
    _move(ctx.tx, request, request_moves.after(request.state, Move.FINISH), ended_at=ctx.now)
    kept = sum(one.outcome != ERASED for one in request.items)
    details = {"studies": len(request.items) - kept, "kept": kept, "instances": request.erased}
    ctx.record(action=Action.ERASURE_DONE, subject_kind="erasure", subject_id=request.id, details=details)
    return True


def _why_it_stays(tx: Connection, request: Request, study_uid: str) -> str:
    found = queries.study_of(tx, study_uid)
    if found is None:
        return GONE
    if found.instances and found.last_received_at > request.asked_at:
        return CAME_LATER
    try:
        retention.check(tx, [found], open_too=request.open_too)
    except NotAllowed as refused:
        return refused.rule
    return ""


def _move(tx: Connection, request: Request, state: State, **values: Any) -> None:
    row = erasure_request.c
    moving = erasure_request.update().where(row.id == request.id, row.state == request.state)
    if not tx.execute(moving.values(state=state, **values)).rowcount:
        raise Stale


def _requests(tx: Connection, condition: sa.ColumnElement[bool], *, limit: int) -> list[Request]:
    row = erasure_request.c
    ended = sa.case((row.state.in_(request_moves.OPEN), 0), else_=1)
    rows = tx.execute(
        sa.select(erasure_request).where(condition).order_by(ended, row.asked_at.desc(), row.id).limit(limit)
    ).all()
    items: dict[str, list[Item]] = {one.id: [] for one in rows}
    of = erasure_item.c.request_id.in_(items)
    for one in tx.execute(sa.select(erasure_item).where(of).order_by(erasure_item.c.study_uid)):
        items[one.request_id].append(Item(study_uid=one.study_uid, outcome=one.outcome, instances=one.instances))
    return [
        Request(
            id=one.id,
            state=State(one.state),
            named_by=NamedBy(one.named_by),
            reason=one.reason,
            open_too=one.open_too,
            asked_by=one.asked_by,
            asked_at=one.asked_at,
            decided_by=one.decided_by,
            decided_at=one.decided_at,
            decided_why=one.decided_why,
            begun_at=one.begun_at,
            ended_at=one.ended_at,
            segments=None if one.segments is None else tuple(one.segments),
            copies_elsewhere=one.copies_elsewhere,
            items=tuple(items[one.id]),
        )
        for one in rows
    ]
