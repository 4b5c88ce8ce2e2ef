"""Rejections: a device's note (IHE RAD TF-3 4.66) or a person hides images, until somebody lifts that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import door, visibility
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context, Who, without_door
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import rejection_record
from reading.intake.following import follow
from reading.intake.rejection_record import Standing, Title
from reading.kinds import DeviceRight, Role
from reading.patients.keys import Keys
from reading.register import device_rights
from reading.register.grants import may_act
from reading.report_objects import rows
from reading.reports import versions
from reading.tables import rejected_instance, rejection
from reading.viewers import RoleGrant, Staff
from storage.database import portions
from storage.decisions import placement, placement_changes
from storage.index import journal, queries
from storage.tables import instance

DECIDED_BY: Final = (Role.TECHNICIAN, Role.QUALITY_MANAGER)
"""Who hides images, and shows again what a device or a person hid."""


@dataclass(frozen=True, kw_only=True)
class Note:
    """A key object selection that rejects, as it came."""

    note_uid: str = field(repr=False)
    title: Title
    site_id: str
    device_id: str
    received_at: datetime
    sop_instance_uids: tuple[str, ...] = field(repr=False)


@without_door("The system obeys a note that a device sent.")
def take(ctx: Context[Who], keys: Keys, note: Note) -> None:
    """Hide the images that a note rejects, later ones when they come. The same note again changes nothing.

    A device hides what it sent itself, and what others of its site sent where it has the right to.
    """
    uids = sorted(set(note.sop_instance_uids) - {note.note_uid})
    may = device_rights.of(ctx.tx, note.device_id, ctx.now)
    made = rejection_record.write(
        ctx.tx,
        uids,
        title=note.title,
        site_id=note.site_id,
        device_id=note.device_id,
        whole_site=DeviceRight.REJECT in may,
        made_at=note.received_at,
        note_uid=note.note_uid,
    )
    if made is None:
        return
    ctx.by(SYSTEM).record(
        action=Action.REJECTION_TAKE,
        subject_kind="rejection",
        subject_id=made,
        details={"title": str(note.title), "instances": len(uids)},
    )
    _decide(ctx, keys, uids, grant=None, why="")


@without_door("The system's step obeys a note when its images arrive.")
def catch_up(ctx: Context[Who], keys: Keys, study_uid: str) -> None:
    """Hide images of a study that came after the note that rejects them."""
    waiting = rejected_instance.c.state == Standing.WAITING
    if ctx.tx.scalar(sa.select(sa.literal(1)).where(waiting).limit(1)) is None:
        return
    of_study = sa.select(instance.c.sop_instance_uid).where(instance.c.study_uid == study_uid)
    named = rejected_instance.c.sop_instance_uid
    uids = ctx.tx.scalars(sa.select(named).where(waiting, named.in_(of_study)).distinct()).all()
    _decide(ctx, keys, sorted(uids), grant=None, why="")


def hide(
    ctx: Context[Staff],
    keys: Keys,
    case_id: str,
    *,
    sop_instance_uids: Sequence[str],
    why: str,
    seen: int | None = None,
) -> str:
    """A person hides images of a case, as a note would; answers the rejection.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither work at the site nor manage it, or a valid report stands on the images.
        Invalid: no reason, or no image of this case was given.
        Stale: the case has changed since its revision ``seen``.

    """
    door.open_case(ctx, case_id, Action.CASE_HIDE_IMAGES)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    grant = granted(ctx.tx, ctx.who, case.site_id, ctx.now)
    reason = cases.reason(why)
    if versions.current(ctx.tx, case_id) is not None:
        raise NotAllowed("withhold_first")
    there = queries.instances_of(ctx.tx, sop_instance_uids)
    ours = set(cases.study_uids(ctx.tx, case_id))
    if not there or len(there) != len(set(sop_instance_uids)) or any(i.study_uid not in ours for i in there.values()):
        raise Invalid("instances", "unknown")
    made = rejection_record.write(
        ctx.tx,
        sorted(there),
        title=Title.PERSON,
        site_id=case.site_id,
        made_at=ctx.now,
        made_by=ctx.who.person_id,
        why=reason,
    )
    assert made is not None  # noqa: S101 -- only a note can be there already
    ctx.record(
        action=Action.REJECTION_MAKE,
        subject_kind="rejection",
        subject_id=made,
        details={"case_id": case_id, "instances": len(there)},
    )
    _decide(ctx, keys, sorted(there), grant=grant, why=reason)
    return made


def lift(
    ctx: Context[Staff], keys: Keys, case_id: str, rejection_id: str, *, why: str, seen: int | None = None
) -> tuple[str, ...]:
    """Show again what a rejection hides, and ignore it for what comes later; answers what is shown again.

    Raises:
        NotThere: no such case, or not one that they may see; no such rejection, it names no image of the case, or it
            is another site's.
        NotAllowed: they neither work at the site nor manage it, or it was lifted before.
        Invalid: no reason was given.
        Stale: the case has changed since its revision ``seen``.

    """
    cases.unchanged(door.open_case(ctx, case_id, Action.CASE_SURGERY), seen)
    in_case = [
        one.sop_instance_uid
        for study_uid in cases.study_uids(ctx.tx, case_id)
        for one in queries.all_instances_in(ctx.tx, study_uid)
    ]
    if rejection_id not in {one.id for one in rejection_record.about(ctx.tx, in_case)}:
        raise NotThere
    of_this = rejected_instance.c.rejection_id == rejection_id
    named = rejected_instance.c.sop_instance_uid
    _lock_cases(ctx.tx, _studies_of(ctx.tx, ctx.tx.scalars(sa.select(named).where(of_this)).all()))
    row = ctx.tx.execute(sa.select(rejection).where(rejection.c.id == rejection_id).with_for_update()).one_or_none()
    if row is None or row.site_id not in visibility.scope(ctx.tx, ctx.who, ctx.now, Action.REJECTION_LIFT).site_ids:
        raise NotThere
    grant = granted(ctx.tx, ctx.who, row.site_id, ctx.now)
    if row.lifted_at is not None:
        raise NotAllowed("undone_before")
    reason = cases.reason(why)
    hidden = sorted(ctx.tx.scalars(sa.select(named).where(of_this, rejected_instance.c.state == Standing.HIDDEN)))
    rejection_record.lift(ctx.tx, rejection_id, ctx.who.person_id, ctx.now, reason)
    told = {"id": rejection_id, "lifted_by": ctx.who.person_id, "lifted_at": ctx.now.isoformat(), "lifted_why": reason}
    journal.write(ctx.tx, rejection_record.LIFTED, told, ctx.now)
    ctx.record(
        action=Action.REJECTION_LIFT,
        subject_kind="rejection",
        subject_id=rejection_id,
        details={"instances": len(hidden)},
    )
    still: set[str] = set()
    for uids in portions(hidden):
        others = sa.select(named).where(named.in_(uids), rejected_instance.c.state == Standing.HIDDEN)
        still.update(ctx.tx.scalars(others))
    shown = tuple(uid for uid in hidden if uid not in still)
    if shown:
        touched = placement.apply(ctx.tx, [placement_changes.Unhidden(sop_instance_uids=shown)], ctx.now)
        for case in follow(ctx, keys, touched, grant=grant, why=reason):
            # Objects of its report that were left out for want of images that are shown are made now.
            if (final := versions.final(ctx.tx, case.id)) is not None:
                rows.need(ctx.tx, final, ctx.now)
    return shown


def may_decide(tx: Connection, staff: Staff, site_id: str, now: datetime) -> bool:
    """Whether they decide which images of a site are shown."""
    return _grant(tx, staff, site_id, now) is not None


def granted(tx: Connection, staff: Staff, site_id: str, now: datetime) -> RoleGrant:
    """The grant with which somebody decides which images of a site are shown.

    Raises:
        NotAllowed: they neither work at the site nor manage it.

    """
    grant = _grant(tx, staff, site_id, now)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return grant


def _grant(tx: Connection, staff: Staff, site_id: str, now: datetime) -> RoleGrant | None:
    return next((one for role in DECIDED_BY if (one := may_act(tx, staff, role, site_id, now))), None)


def _decide(
    ctx: Context[Who], keys: Keys, sop_instance_uids: Sequence[str], *, grant: RoleGrant | None, why: str
) -> None:
    """Hide the named instances that have arrived and are the rejecting device's, or its site's where it may so."""
    _lock_cases(ctx.tx, _studies_of(ctx.tx, sop_instance_uids))
    there = queries.instances_of(ctx.tx, sop_instance_uids)
    ours: set[str] = set()
    found: dict[str, dict[str, Standing]] = {}
    for uids in portions(sorted(there)):
        waiting = (
            sa.select(rejected_instance, rejection.c.site_id, rejection.c.device_id, rejection.c.whole_site)
            .join(rejection, rejection.c.id == rejected_instance.c.rejection_id)
            .where(rejected_instance.c.sop_instance_uid.in_(uids), rejected_instance.c.state == Standing.WAITING)
        )
        for row in ctx.tx.execute(waiting).all():
            one = there[row.sop_instance_uid]
            theirs = one.site_id == row.site_id and (row.whole_site or one.device_id == row.device_id)
            theirs = theirs and not one.made_here  # our reports are shown and hidden by what becomes of them
            state = Standing.HIDDEN if theirs else Standing.FOREIGN
            found.setdefault(row.rejection_id, {})[row.sop_instance_uid] = state
            if theirs:
                ours.add(row.sop_instance_uid)
    for rejection_id, states in sorted(found.items()):
        rejection_record.set_states(ctx.tx, rejection_id, states)
        journal.write(ctx.tx, rejection_record.FOUND, {"id": rejection_id, "states": states}, ctx.now)
    if not ours:
        return
    touched = placement.apply(ctx.tx, [placement_changes.Hidden(sop_instance_uids=tuple(sorted(ours)))], ctx.now)
    for case in follow(ctx, keys, touched, grant=grant, why=why):
        if case.state is not State.WITHHELD and versions.current(ctx.tx, case.id) is not None:
            outbox.post(ctx.tx, "case.images_rejected", case.id, {}, ctx.now)


def _studies_of(tx: Connection, sop_instance_uids: Iterable[str]) -> set[str]:
    return {one.study_uid for one in queries.instances_of(tx, sop_instance_uids).values()}


def _lock_cases(tx: Connection, study_uids: Iterable[str]) -> None:
    """Lock the cases before rejections and studies: every change to the images of a case locks in this order."""
    found = {case.id for uid in study_uids if (case := cases.of_study(tx, uid)) is not None}
    for case_id in sorted(found):
        cases.lock(tx, case_id)
