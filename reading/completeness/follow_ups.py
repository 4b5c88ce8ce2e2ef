"""The rows of follow-ups: a reader has to look at images that came after a report was final.

A follow-up changes no state of its case, like *arriving*: the report stays final and valid. It closes when a version
that was read from all images is released (an addendum, or the same words again), when a reader says that nothing
changes, or when the case is entered in error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.actions import Action
from reading.audit import SYSTEM, Actor, ActorKind
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State as CaseState
from reading.completeness import image_set
from reading.completeness.follow_up_moves import Move, State, after
from reading.completeness.image_set import ImageSet
from reading.context import Context, Who, without_door
from reading.errors import NotAllowed, Stale
from reading.reports import versions
from reading.reports.not_shown import NotShown
from reading.reports.versions import ReportVersion
from reading.rules import case_clock, case_rule
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

ANSWERED_IN: Final = frozenset({CaseState.FINAL, CaseState.WAITING_REVIEW, CaseState.REVIEWING, CaseState.DISPUTED})
"""The states of a released case in which a reader answers; in the others it is read again, which answers it too."""
HELD: Final = timedelta(minutes=30)
"""How long one reader keeps a follow-up to themselves; taking it again renews that."""


@dataclass(frozen=True, kw_only=True)
class FollowUp:
    """A follow-up that nobody has answered yet."""

    id: str
    case_id: str
    version_id: str
    """The version that was final when the images came."""
    opened_at: datetime
    due_at: datetime
    held_by: str | None
    holder_name: str | None
    held_until: datetime | None
    revision: int

    @property
    def state(self) -> State:
        return State.OPEN if self.held_by is None else State.HELD

    def holder(self, now: datetime) -> str | None:
        """The person who holds it now; None once their time is over."""
        return self.held_by if self.held_until is not None and self.held_until > now else None


def open_of(tx: Connection, case_id: str) -> FollowUp | None:
    return open_of_each(tx, [case_id]).get(case_id)


def open_of_each(tx: Connection, case_ids: Sequence[str]) -> dict[str, FollowUp]:
    follow_up = tables.follow_up
    person = tables.person
    rows = tx.execute(
        sa.select(follow_up, person.c.name.label("holder_name"))
        .outerjoin(person, person.c.id == follow_up.c.held_by)
        .where(follow_up.c.case_id.in_(case_ids), unanswered())
    )
    return {row.case_id: _follow_up(row) for row in rows}


@dataclass(frozen=True, kw_only=True)
class Confirmation:
    """A reader's word that images which came late change nothing."""

    person_name: str
    at: datetime
    comment: str
    incomplete_reason: str
    not_shown: NotShown


def confirmations(tx: Connection, case_id: str) -> list[Confirmation]:
    """The confirmations of a case, the oldest first."""
    follow_up, person = tables.follow_up, tables.person
    rows = tx.execute(
        sa.select(follow_up, person.c.name.label("person_name"))
        .join(person, person.c.id == follow_up.c.closed_by)
        .where(follow_up.c.case_id == case_id, *_confirmed())
        .order_by(follow_up.c.closed_at)
    )
    return [
        Confirmation(
            person_name=row.person_name,
            at=row.closed_at,
            comment=row.comment,
            incomplete_reason=row.incomplete_reason,
            not_shown=NotShown.from_json(row.not_shown),
        )
        for row in rows
    ]


def _confirmed() -> tuple[sa.ColumnElement[bool], ...]:
    """Closed by somebody who looked at all images, and not by a version with the same words."""
    return tables.follow_up.c.outcome == State.NO_CHANGE, tables.follow_up.c.images.is_not(None)


def unanswered() -> sa.ColumnElement[bool]:
    """The condition on the table ``follow_up`` for the states `follow_up_moves.UNANSWERED`."""
    return tables.follow_up.c.closed_at.is_(None)


def late_pictures(tx: Connection, case_id: str) -> frozenset[str]:
    """UIDs of the pictures that nobody responsible for the final version has looked at; none without such a version."""
    standing = versions.final(tx, case_id)
    if standing is None:
        return frozenset()
    seen = set(standing.images["instances"])
    follow_up = tables.follow_up
    rows = tx.scalars(sa.select(follow_up.c.images).where(follow_up.c.case_id == case_id, *_confirmed()))
    for said in rows:
        seen |= said["instances"].keys()
    return image_set.image_set(tx, cases.study_uids(tx, case_id)).pictures - seen


@without_door("The system's step asks for it when images arrive.")
def open_if_late(ctx: Context[Who], case: Case) -> None:
    """Open a follow-up for a locked case if pictures came after its report; one that is open covers later ones too.

    A dose report or a presentation state opens none, since no reading rests on it.
    """
    standing = versions.final(ctx.tx, case.id)
    if standing is None:
        return
    if open_of(ctx.tx, case.id) is not None or not late_pictures(ctx.tx, case.id):
        return
    ctx.tx.execute(
        sa.insert(tables.follow_up),
        {
            "id": new_id(),
            "case_id": case.id,
            "version_id": standing.id,
            "opened_at": ctx.now,
            "due_at": case_clock.due_at(ctx.tx, case_rule.rule_of(ctx.tx, case), case.site_id, ctx.now),
        },
    )
    ctx.by(SYSTEM).record(action=Action.FOLLOW_UP_OPEN, subject_kind="case", subject_id=case.id)


def not_with_another(tx: Connection, case_id: str, staff: Staff, now: datetime) -> None:
    """Make sure that nobody else looks at the late images of a case.

    Raises:
        NotAllowed: somebody does.

    """
    found = open_of(tx, case_id)
    if found is not None and found.holder(now) not in {None, staff.person_id}:
        raise NotAllowed("held_by_another")


def claim(tx: Connection, found: FollowUp, person_id: str, now: datetime) -> None:
    """Let a reader hold it for `HELD`."""
    after(found.state, Move.CLAIM)
    _change(tx, found, held_by=person_id, held_until=now + HELD)


def put_back(tx: Connection, found: FollowUp) -> None:
    """Let go of it for another reader."""
    after(found.state, Move.PUT_BACK)
    _change(tx, found, held_by=None, held_until=None)


def close_unchanged(
    tx: Connection,
    found: FollowUp,
    grant: RoleGrant,
    *,
    images: ImageSet,
    comment: str,
    incomplete_reason: str,
    not_shown: NotShown,
    now: datetime,
) -> None:
    """Close it: its holder has looked at all of these images, and the report stands as it is."""
    _close(
        tx,
        found,
        grant,
        Move.CONFIRM,
        now,
        images=images.to_json(),
        comment=comment,
        incomplete_reason=incomplete_reason,
        not_shown=not_shown.to_json() if not_shown.series else None,
    )


@without_door("A part of the release, whose act has opened the case.")
def answer(ctx: Context[Who], case: Case, version: ReportVersion, grant: RoleGrant) -> None:
    """Close the open one if ``version``, which is being released, was read from all images."""
    found = open_of(ctx.tx, case.id)
    if found is None or late_pictures(ctx.tx, case.id):
        return
    same = versions.by_id(ctx.tx, found.version_id).content == version.content
    _close_on_record(ctx, found, grant, Move.RELEASE_SAME if same else Move.RELEASE_OTHER)


@without_door("A part of an act that has opened the case.")
def void(ctx: Context[Who], case_id: str, grant: RoleGrant) -> None:
    """Close the open one, if any, because its case was entered in error."""
    found = open_of(ctx.tx, case_id)
    if found is not None:
        _close_on_record(ctx, found, grant, Move.ENTER_IN_ERROR)


def _close_on_record(ctx: Context[Who], found: FollowUp, grant: RoleGrant, move: Move) -> None:
    outcome = _close(ctx.tx, found, grant, move, ctx.now)
    actor = Actor(kind=ActorKind.STAFF, id=grant.person_id)
    action = Action(f"follow_up.{outcome}")
    ctx.by(actor).record(action=action, subject_kind="case", subject_id=found.case_id)


def _close(tx: Connection, found: FollowUp, grant: RoleGrant, move: Move, now: datetime, **more: Any) -> State:
    outcome = after(found.state, move)
    _change(
        tx,
        found,
        held_by=None,
        held_until=None,
        closed_at=now,
        closed_by=grant.person_id,
        grant_id=grant.id,
        outcome=outcome,
        **more,
    )
    return outcome


def _change(tx: Connection, found: FollowUp, **values: Any) -> None:
    follow_up = tables.follow_up
    done = tx.execute(
        sa.update(follow_up)
        .where(follow_up.c.id == found.id, follow_up.c.revision == found.revision)
        .values(**values, revision=found.revision + 1)
    )
    if done.rowcount != 1:
        raise Stale(None)


def _follow_up(row: sa.Row[tuple[object, ...]]) -> FollowUp:
    return FollowUp(
        id=row.id,
        case_id=row.case_id,
        version_id=row.version_id,
        opened_at=row.opened_at,
        due_at=row.due_at,
        held_by=row.held_by,
        holder_name=row.holder_name,
        held_until=row.held_until,
        revision=row.revision,
    )
