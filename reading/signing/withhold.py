"""Withholding: a wrong person or side is hidden at once; that ends as it stood, corrected, or entered in error."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import blindness, door
from reading.actions import Action
from reading.alerts import climbing, corrections
from reading.audit import Actor, events_about
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN, RESTORED_TO, Move, SigningRole, State, only_role
from reading.completeness import follow_ups, image_set
from reading.context import Context
from reading.errors import MoveNotAllowed, NotAllowed
from reading.kinds import Role
from reading.patients import attribution
from reading.queue import leases
from reading.register.grants import may_act
from reading.report_objects import standing
from reading.reports import versions
from reading.reports.seal import Seal, sign_version
from reading.reports.versions import CURRENT, ReportVersion, Status
from reading.rules import case_clock, case_rule
from reading.signing import basis, order_join, release, withheld_state
from reading.signing.withheld_state import WithheldState
from reading.tables import report_version
from reading.viewers import RoleGrant, Staff
from storage.index import queries

WITHHELD_BY: Final = (
    Role.TECHNICIAN,
    Role.CLINICIAN,
    Role.READER,
    Role.RESIDENT,
    Role.VERIFIER,
    Role.REVIEWER,
    Role.QUALITY_MANAGER,
)
"""Everybody at work on a site's cases may hide an error; only its quality managers end that."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """Who opened a case, a report or images of it, and when."""

    actor: Actor
    action: str
    at: datetime


def may_withhold(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they may hide the case: it is not hidden, and they are at work on cases of its site."""
    return case.state not in HIDDEN and any(may_act(tx, staff, role, case.site_id, now) for role in WITHHELD_BY)


def withhold(ctx: Context[Staff], case_id: str, *, why: str) -> Case:
    """Hide report and images from everybody at once, the patient included, and stop whoever works on them.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they have no part in the site's work.
        MoveNotAllowed: it is withheld already.
        Invalid: no reason was given.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    grants = (may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in WITHHELD_BY)
    grant = next((grant for grant in grants if grant is not None), None)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    reason = cases.reason(why)
    withheld_state.keep(ctx, case)
    withheld = leases.let_go(ctx, case, Move.WITHHOLD, grant=grant, why=reason)
    ctx.tx.execute(
        sa.update(report_version)
        .where(report_version.c.case_id == case_id, report_version.c.status.in_(CURRENT))
        .values(status=Status.WITHHELD)
    )
    standing.follow(ctx.tx, case_id, ctx.now)
    versions.withdraw_blind(ctx.tx, case_id)
    for study_uid in cases.study_uids(ctx.tx, case_id):
        queries.hide(ctx.tx, study_uid, ctx.now)
    climbing.tell_above(ctx, case_id)
    outbox.post(ctx.tx, "case.withheld", case_id, {}, ctx.now)
    return withheld


def who_saw(ctx: Context[Staff], case_id: str) -> list[Look]:
    """Everybody who opened the case, its reports or its images, the latest first: they must be told.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not manage the site's quality, or two people read it blind and it is not decided yet.

    """
    case, _ = _manager(ctx, case_id, Action.CASE_WHO_SAW)
    if blindness.is_nameless(ctx.tx, case) or withheld_state.is_undecided(ctx.tx, case):
        raise NotAllowed("blind_until_decided")
    subjects = [("case", case_id)]
    subjects += [("report", version.id) for version in versions.of_case(ctx.tx, case_id)]
    subjects += [("study", study_uid) for study_uid in cases.study_uids(ctx.tx, case_id)]
    events = [event for kind, subject_id in subjects for event in events_about(ctx.tx, kind, subject_id)]
    looks = [Look(actor=event.actor, action=event.action, at=event.at) for event in events]
    return sorted(looks, key=lambda look: look.at, reverse=True)


def restore(
    ctx: Context[Staff], seal: Seal, case_id: str, *, why: str, seen: int | None = None
) -> ReportVersion | None:
    """Show a withheld case again: as it stood, where it was withheld by mistake, or under its corrected identity.

    With images and identity as they were it stands again as if nobody had withheld it: each version, temporary ones
    and blind readings included, is what it was, under its signatures, and the case waits for what it waited for.

    Where the identity that is shown has changed, a report that was final has a new version: the same words from the
    same images, under the right name, with the signature of the person who answers for the correction. The
    readers' signatures stay on the withheld version, since they cover the wrong name. Another side is another
    finding: no signature of a corrector makes words about the left knee true of the right one.

    The newest version that counts now, if there is one.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not manage the site's quality, have signed it, withheld themselves what two people read, or
            images or sides have changed since, or its images contradict the person by now.
        Stale: the case has changed since its revision ``seen``.
        MoveNotAllowed: it is not withheld, or its identity has changed and it was not final since it was last to be
            read anew: let it be read again.
        Invalid: no reason was given.

    """
    case, grant = _manager(ctx, case_id, Action.CASE_RESTORE, seen)
    if case.state is not State.WITHHELD:
        raise MoveNotAllowed(case.state, Move.RESTORE)
    reason, kept = cases.reason(why), withheld_state.of_case(ctx.tx, case_id)
    if kept is not None and withheld_state.is_unchanged(ctx.tx, case, kept):
        _as_it_was(ctx, case, kept, grant=grant, why=reason)
    elif case.identity is Identity.DIFFERS:
        raise NotAllowed("identity_differs")
    else:
        _under_its_name(ctx, seal, case, grant=grant, why=reason)
    withheld_state.forget(ctx.tx, case_id)
    climbing.tell_again(ctx, case_id)
    outbox.post(ctx.tx, "case.restored", case_id, {}, ctx.now)
    return versions.current(ctx.tx, case_id)


def may_restore(tx: Connection, case: Case) -> bool:
    """Whether a withheld case can be restored at all, by whoever may; for a desk, which has opened it."""
    kept = withheld_state.of_case(tx, case.id)
    if kept is not None and withheld_state.is_unchanged(tx, case, kept):
        return True
    return case.identity is not Identity.DIFFERS and bool(_released(tx, case.id)) and _stood(tx, case.id)


def _as_it_was(ctx: Context[Staff], case: Case, kept: WithheldState, *, grant: RoleGrant, why: str) -> None:
    if kept.made_by == ctx.who.person_id and case_rule.is_read_by_two(ctx.tx, case):
        raise NotAllowed("another_restores_it")
    withheld_state.put_back(ctx.tx, kept)
    _show_images(ctx, case.id)
    standing.follow(ctx.tx, case.id, ctx.now)
    move = RESTORED_TO[kept.state]
    moved = cases.move(ctx, case, move, grant=grant, why=why, countersign_at=kept.countersign_at)
    if moved.state is not State.FINAL:
        case_clock.go_on(ctx, moved)
        order_join.follow_shown_again(ctx, case.id)
    final = versions.final(ctx.tx, case.id)
    if final is not None:
        outbox.post(ctx.tx, "report.restored", final.id, {"case_id": case.id}, ctx.now)


def _under_its_name(ctx: Context[Staff], seal: Seal, case: Case, *, grant: RoleGrant, why: str) -> None:
    released = _released(ctx.tx, case.id)
    if not released or not _stood(ctx.tx, case.id):
        raise MoveNotAllowed(case.state, Move.RESTORE)
    old = released[-1]
    study_uids = cases.study_uids(ctx.tx, case.id)
    if image_set.image_set(ctx.tx, study_uids).digest != old.images["set"]:
        raise NotAllowed("images_have_changed")
    identity = basis.identity(ctx.tx, case)
    if _sides(ctx.tx, old.identity) != _sides(ctx.tx, identity):
        raise NotAllowed("side_has_changed")
    _show_images(ctx, case.id)
    if identity == old.identity:
        restored = old
    else:
        only_role(SigningRole.CORRECTOR, cases.roles_of(ctx.tx, case.id, ctx.who.person_id))
        restored = versions.add(
            ctx.tx,
            case_id=case.id,
            content=old.content,
            identity=identity,
            images=old.images,
            incomplete_reason=old.incomplete_reason,
            supersedes=old,
            now=ctx.now,
            consultations=old.consultations,
        )
        versions.add_signature(ctx.tx, sign_version(seal, restored, SigningRole.CORRECTOR, ctx.who, grant, now=ctx.now))
    release.release(ctx, seal, case, restored, move=Move.RESTORE, why=why, grant=grant)


def read_again(ctx: Context[Staff], case_id: str, *, why: str, seen: int | None = None) -> Case:
    """Let a withheld case be read again, because its report cannot stand or it had none yet.

    It is as urgent as the orders that it answers by now, under the rule that it meets so; its due time grows by no more
    than the time in which it was withheld.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not manage the site's quality.
        Stale: the case has changed since its revision ``seen``.
        MoveNotAllowed: it is not withheld.
        Invalid: no reason was given.

    """
    case, grant = _manager(ctx, case_id, Action.CASE_READ_AGAIN, seen)
    tier = case_rule.home_tier(ctx.tx, case)
    case_clock.go_on(ctx, cases.move(ctx, case, Move.READ_AGAIN, grant=grant, why=cases.reason(why), tier=tier))
    withheld_state.forget(ctx.tx, case_id)
    _show_images(ctx, case_id)
    return order_join.follow_shown_again(ctx, case_id)


def enter_in_error(ctx: Context[Staff], case_id: str, *, why: str, seen: int | None = None) -> Case:
    """Close a withheld case as entered in error: report and images stay hidden for good.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they do not manage the site's quality.
        Stale: the case has changed since its revision ``seen``.
        MoveNotAllowed: it is not withheld.
        Invalid: no reason was given.

    """
    case, grant = _manager(ctx, case_id, Action.CASE_ENTER_IN_ERROR, seen)
    reason = cases.reason(why)
    cases.move(ctx, case, Move.ENTER_IN_ERROR, grant=grant, why=reason)
    ctx.tx.execute(
        sa.update(report_version)
        .where(report_version.c.case_id == case_id, report_version.c.status == Status.WITHHELD)
        .values(status=Status.ENTERED_IN_ERROR)
    )
    withheld_state.forget(ctx.tx, case_id)
    follow_ups.void(ctx, case_id, grant)
    corrections.lift_all(ctx, case_id, why=reason)
    outbox.post(ctx.tx, "case.entered_in_error", case_id, {}, ctx.now)
    return cases.by_id(ctx.tx, case_id)


def _show_images(ctx: Context[Staff], case_id: str) -> None:
    for study_uid in cases.study_uids(ctx.tx, case_id):
        queries.unhide(ctx.tx, study_uid, ctx.now)


def _sides(tx: Connection, identity: Mapping[str, Any]) -> tuple[str, Mapping[str, Mapping[str, str]]]:
    """The side that an identity says, and the sides that were corrected until then, by study and attribute.

    Where the sides of two series are swapped, the examination still shows both.
    """
    corrected = {
        one["study_uid"]: attribution.sides_at(tx, one["study_uid"], one["attribution_revision"])
        for one in identity["studies"]
    }
    return identity["laterality"], corrected


def _released(tx: Connection, case_id: str) -> list[ReportVersion]:
    return [one for one in versions.of_case(tx, case_id) if one.status is Status.WITHHELD and one.released_at]


def _stood(tx: Connection, case_id: str) -> bool:
    """Whether it was final since it was last to be read again: a report from before that cannot stand."""
    stood = False
    for made in history.moves_of(tx, case_id):
        stood = made.move is not Move.READ_AGAIN and (stood or made.to_state is State.FINAL)
    return stood


def _manager(ctx: Context[Staff], case_id: str, action: Action, seen: int | None = None) -> tuple[Case, RoleGrant]:
    door.open_case(ctx, case_id, action)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    grant = may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, case.site_id, ctx.now)
    if grant is None:
        raise NotAllowed("quality_managers_only")
    return case, grant
