"""Late images: a reader claims the follow-up, looks, and confirms that nothing changes (or writes an addendum)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SigningRole, Step, only_role
from reading.completeness import follow_ups
from reading.completeness.follow_ups import ANSWERED_IN, FollowUp
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Role
from reading.queue import claiming
from reading.rules import case_rule
from reading.signing.basis import Screen, basis_of, record_not_shown
from reading.texts import storable
from reading.viewers import RoleGrant, Staff


def claim(ctx: Context[Staff], case_id: str) -> FollowUp:
    """Claim the follow-up of a case for `follow_ups.HELD`; their own is extended.

    Raises:
        NotThere: no such case, or not one that they may see.
        MoveNotAllowed: there are no late images to look at, or it is being read anew.
        NotAllowed: they do not read for the site, acted in another role, or somebody else has it.

    """
    case, found, _ = _open(ctx, case_id)
    follow_ups.not_with_another(ctx.tx, case_id, ctx.who, ctx.now)
    follow_ups.claim(ctx.tx, found, ctx.who.person_id, ctx.now)
    _record(ctx, case, Action.FOLLOW_UP_CLAIM)
    return _again(ctx.tx, case_id)


def put_back(ctx: Context[Staff], case_id: str, *, revision: int) -> None:
    """Put the follow-up back for another reader.

    Raises:
        Stale: they do not have it any more.

    """
    case, found, _ = _open(ctx, case_id)
    _theirs(found, ctx.who, revision)
    follow_ups.put_back(ctx.tx, found)
    _record(ctx, case, Action.FOLLOW_UP_PUT_BACK)


def no_change(ctx: Context[Staff], case_id: str, *, screen: Screen, comment: str, revision: int) -> None:
    """Confirm that the report stands, by somebody whose screen showed all images.

    Raises:
        Stale: they do not have it any more, or images came since.
        NotAllowed: their words need a verifier, so that an addendum is the way; or a series was never shown.
        Invalid: what is missing or cannot be shown stands there without a reason, or a text is too long.

    """
    case, found, grant = _open(ctx, case_id)
    _theirs(found, ctx.who, revision)
    if not may_decide(ctx.tx, ctx.who, case, ctx.now):
        raise NotAllowed("needs_verifier")
    said = storable("comment", comment.strip())
    if len(said) > 1000:
        raise Invalid("comment", "too_long")
    basis = basis_of(ctx.tx, case, screen)
    follow_ups.close_unchanged(
        ctx.tx,
        found,
        grant,
        images=basis.images,
        comment=said,
        incomplete_reason=basis.incomplete_reason,
        not_shown=basis.not_shown,
        now=ctx.now,
    )
    record_not_shown(ctx, case_id, basis.not_shown)
    _record(ctx, case, Action.FOLLOW_UP_NO_CHANGE)


def may(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they may claim the follow-up of a case."""
    try:
        _grant(tx, staff, case, now)
        follow_ups.not_with_another(tx, case.id, staff, now)
    except NotAllowed:
        return False
    return case.state in ANSWERED_IN


def may_decide(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they may confirm alone: not where the rule asks for a verifier after them, nor in training."""
    alone = _grant(tx, staff, case, now).role is not Role.RESIDENT
    return alone and not case_rule.rule_of(tx, case).needs_verifier_after(staff.title)


def _open(ctx: Context[Staff], case_id: str) -> tuple[Case, FollowUp, RoleGrant]:
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    found = follow_ups.open_of(ctx.tx, case_id)
    if case.state not in ANSWERED_IN or found is None:
        raise MoveNotAllowed(case.state, "follow_up")
    return case, found, _grant(ctx.tx, ctx.who, case, ctx.now)


def _grant(tx: Connection, staff: Staff, case: Case, now: datetime) -> RoleGrant:
    only_role(SigningRole.AUTHOR, cases.roles_of(tx, case.id, staff.person_id))
    return claiming.grant_for(tx, staff, Step.READ, case, case_rule.home_tier(tx, case), now=now)


def _theirs(found: FollowUp, staff: Staff, revision: int) -> None:
    if found.held_by != staff.person_id or found.revision != revision:
        raise Stale(found.revision if found.held_by == staff.person_id else None)


def _again(tx: Connection, case_id: str) -> FollowUp:
    found = follow_ups.open_of(tx, case_id)
    assert found is not None  # noqa: S101 -- the case is locked
    return found


def _record(ctx: Context[Staff], case: Case, action: Action) -> None:
    ctx.record(action=action, subject_kind="case", subject_id=case.id)
