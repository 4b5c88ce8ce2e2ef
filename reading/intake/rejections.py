"""Rejections: images that a device's note (IHE RAD TF-3 4.66) or a person hides, until somebody lifts it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.access import access
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context, Who
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake.following import follow
from reading.kinds import Role
from reading.patients.keys import Keys
from reading.register.grants import may_act
from reading.reports import versions
from reading.row_rules import known
from reading.tables import person, rejected_instance, rejection
from reading.viewers import RoleGrant, Staff
from storage.database import insert_new
from storage.decisions import placement, placement_changes
from storage.ids import new_id
from storage.index import journal, queries
from storage.tables import instance

DECIDED_BY: Final = (Role.TECHNICIAN, Role.QUALITY_MANAGER)
"""Who hides images, and shows again what a device or a person hid."""
MADE: Final = "rejection"
FOUND: Final = "rejection_found"
LIFTED: Final = "rejection_lifted"
"""Kinds of the journal: a note taken once is not taken again, and what was lifted stays lifted."""
_AT_ONCE: Final = 500


class Title(StrEnum):
    """What hides: a key object selection of one of these titles (PS3.16 CID 7011), or a person."""

    QUALITY = "113001"
    PATIENT_SAFETY = "113037"
    WRONG_WORKLIST_ENTRY = "113038"
    RETENTION_EXPIRED = "113039"
    PERSON = "person"


class Standing(StrEnum):
    """What a rejection does to an image that it names."""

    WAITING = "waiting"
    """The image is not here yet."""
    HIDDEN = "hidden"
    FOREIGN = "foreign"
    """The image is another site's: nothing happens to it."""
    LIFTED = "lifted"


@dataclass(frozen=True, kw_only=True)
class Note:
    """A key object selection that rejects, as it came."""

    note_uid: str = field(repr=False)
    title: Title
    site_id: str
    received_at: datetime
    sop_instance_uids: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Rejection:
    id: str
    title: Title
    site_id: str
    made_by: str | None
    """The name of the person; None for a note."""
    made_at: datetime
    why: str = field(repr=False)
    lifted_by: str | None
    lifted_at: datetime | None
    lifted_why: str = field(repr=False)
    instances: dict[str, Standing] = field(repr=False)
    """Of those that were asked for."""


def take(ctx: Context[Who], keys: Keys, note: Note) -> None:
    """Hide what a note rejects; what is not here yet is hidden when it comes. The same note again changes nothing."""
    uids = sorted(set(note.sop_instance_uids) - {note.note_uid})
    made = _write(
        ctx.tx, uids, title=note.title, site_id=note.site_id, made_at=note.received_at, note_uid=note.note_uid
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


def catch_up(ctx: Context[Who], keys: Keys, study_uid: str) -> None:
    """Hide what has come to a study after the note that rejects it."""
    waiting = rejected_instance.c.state == Standing.WAITING
    if ctx.tx.scalar(sa.select(sa.literal(1)).where(waiting).limit(1)) is None:
        return
    of_study = sa.select(instance.c.sop_instance_uid).where(instance.c.study_uid == study_uid)
    named = rejected_instance.c.sop_instance_uid
    uids = ctx.tx.scalars(sa.select(named).where(waiting, named.in_(of_study)).distinct()).all()
    _decide(ctx, keys, sorted(uids), grant=None, why="")


def hide(ctx: Context[Staff], keys: Keys, case_id: str, *, sop_instance_uids: Sequence[str], why: str) -> str:
    """A person hides images of a case, as a note would; answers the rejection.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither work at the site nor manage it, or a valid report stands on the images.
        Invalid: no reason, or no image of this case was given.

    """
    access.open_case(ctx, case_id, Action.CASE_HIDE_IMAGES)
    case = cases.lock(ctx.tx, case_id)
    grant = granted(ctx.tx, ctx.who, case.site_id, ctx.now)
    reason = cases.reason(why)
    if versions.current(ctx.tx, case_id) is not None:
        raise NotAllowed("withhold_first")
    there = queries.instances_of(ctx.tx, sop_instance_uids)
    ours = set(cases.study_uids(ctx.tx, case_id))
    if not there or len(there) != len(set(sop_instance_uids)) or any(i.study_uid not in ours for i in there.values()):
        raise Invalid("instances", "unknown")
    made = _write(
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


def lift(ctx: Context[Staff], keys: Keys, rejection_id: str, *, why: str) -> tuple[str, ...]:
    """Show again what a rejection hides, and ignore it for what comes later; answers what is shown again.

    Raises:
        NotThere: no such rejection, or not at a site of theirs.
        NotAllowed: they neither work at the site nor manage it, or it was lifted before.
        Invalid: no reason was given.

    """
    row = ctx.tx.execute(sa.select(rejection).where(rejection.c.id == rejection_id).with_for_update()).one_or_none()
    if row is None or row.site_id not in access.scope(ctx.tx, ctx.who, ctx.now).site_ids:
        raise NotThere
    grant = granted(ctx.tx, ctx.who, row.site_id, ctx.now)
    if row.lifted_at is not None:
        raise NotAllowed("undone_before")
    reason = cases.reason(why)
    of_this = rejected_instance.c.rejection_id == rejection_id
    named = rejected_instance.c.sop_instance_uid
    hidden = sorted(ctx.tx.scalars(sa.select(named).where(of_this, rejected_instance.c.state == Standing.HIDDEN)))
    _lift(ctx.tx, rejection_id, ctx.who.person_id, ctx.now, reason)
    told = {"id": rejection_id, "lifted_by": ctx.who.person_id, "lifted_at": ctx.now.isoformat(), "lifted_why": reason}
    journal.write(ctx.tx, LIFTED, told, ctx.now)
    ctx.record(
        action=Action.REJECTION_LIFT,
        subject_kind="rejection",
        subject_id=rejection_id,
        details={"instances": len(hidden)},
    )
    still: set[str] = set()
    for uids in _chunks(hidden):
        others = sa.select(named).where(named.in_(uids), rejected_instance.c.state == Standing.HIDDEN)
        still.update(ctx.tx.scalars(others))
    shown = tuple(uid for uid in hidden if uid not in still)
    if shown:
        _lock_cases(ctx.tx, {one.study_uid for one in queries.instances_of(ctx.tx, shown).values()})
        touched = placement.apply(ctx.tx, [placement_changes.Unhidden(sop_instance_uids=shown)], ctx.now)
        follow(ctx, keys, touched, grant=grant, why=reason)
    return shown


def about(tx: Connection, sop_instance_uids: Iterable[str]) -> list[Rejection]:
    """The rejections that name any of these, the newest first."""
    lifter = person.alias("lifter")
    found: dict[str, Rejection] = {}
    for uids in _chunks(sorted(set(sop_instance_uids))):
        rows = tx.execute(
            sa.select(
                rejection,
                rejected_instance.c.sop_instance_uid,
                rejected_instance.c.state,
                person.c.name.label("maker"),
                lifter.c.name.label("lifter"),
            )
            .join_from(rejected_instance, rejection, rejection.c.id == rejected_instance.c.rejection_id)
            .outerjoin(person, person.c.id == rejection.c.made_by)
            .outerjoin(lifter, lifter.c.id == rejection.c.lifted_by)
            .where(rejected_instance.c.sop_instance_uid.in_(uids))
        )
        for row in rows:
            one = found.setdefault(row.id, _rejection(row))
            one.instances[row.sop_instance_uid] = Standing(row.state)
    return sorted(found.values(), key=lambda one: (one.made_at, one.id), reverse=True)


def granted(tx: Connection, staff: Staff, site_id: str, now: datetime) -> RoleGrant:
    """The grant with which somebody decides which images of a site are shown.

    Raises:
        NotAllowed: they neither work at the site nor manage it.

    """
    grant = next((one for role in DECIDED_BY if (one := may_act(tx, staff, role, site_id, now))), None)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return grant


def _write(tx: Connection, sop_instance_uids: Sequence[str], **values: Any) -> str | None:
    """The id of the rejection; None where this note was taken before."""
    made = new_id()
    new = insert_new(tx, rejection).values(id=made, **values).execution_options(preserve_rowcount=True)
    if tx.execute(new).rowcount != 1:
        return None
    told = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    journal.write(tx, MADE, {"id": made, "instances": list(sop_instance_uids), **told}, values["made_at"])
    _write_named(tx, made, sop_instance_uids)
    return made


def _write_named(tx: Connection, made: str, sop_instance_uids: Sequence[str]) -> None:
    for uids in _chunks(sop_instance_uids):
        rows = [{"rejection_id": made, "sop_instance_uid": uid, "state": Standing.WAITING} for uid in uids]
        tx.execute(sa.insert(rejected_instance), rows)


def _decide(
    ctx: Context[Who], keys: Keys, sop_instance_uids: Sequence[str], *, grant: RoleGrant | None, why: str
) -> None:
    """Hide those of these that are here and of the site of what rejects them."""
    there = queries.instances_of(ctx.tx, sop_instance_uids)
    ours: set[str] = set()
    found: dict[str, dict[str, Standing]] = {}
    for uids in _chunks(sorted(there)):
        waiting = (
            sa.select(rejected_instance, rejection.c.site_id)
            .join(rejection, rejection.c.id == rejected_instance.c.rejection_id)
            .where(rejected_instance.c.sop_instance_uid.in_(uids), rejected_instance.c.state == Standing.WAITING)
        )
        for row in ctx.tx.execute(waiting).all():
            same_site = there[row.sop_instance_uid].site_id == row.site_id
            state = Standing.HIDDEN if same_site else Standing.FOREIGN
            found.setdefault(row.rejection_id, {})[row.sop_instance_uid] = state
            if same_site:
                ours.add(row.sop_instance_uid)
    for rejection_id, states in found.items():
        _set_states(ctx.tx, rejection_id, states)
        journal.write(ctx.tx, FOUND, {"id": rejection_id, "states": states}, ctx.now)
    if not ours:
        return
    _lock_cases(ctx.tx, {there[uid].study_uid for uid in ours})
    touched = placement.apply(ctx.tx, [placement_changes.Hidden(sop_instance_uids=tuple(sorted(ours)))], ctx.now)
    for case in follow(ctx, keys, touched, grant=grant, why=why):
        if case.state is not State.WITHHELD and versions.current(ctx.tx, case.id) is not None:
            outbox.post(ctx.tx, "case.images_rejected", case.id, {}, ctx.now)


def _set_states(tx: Connection, rejection_id: str, states: Mapping[str, str]) -> None:
    for uid, state in states.items():
        tx.execute(
            sa.update(rejected_instance)
            .where(rejected_instance.c.rejection_id == rejection_id)
            .where(rejected_instance.c.sop_instance_uid == uid)
            .values(state=state)
        )


def replay(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Write a rejection of the journal again; what it hides is a change of `storage.decisions.placement` of its own."""
    values = {name: value for name, value in payload.items() if name != "instances"}
    values["made_at"] = datetime.fromisoformat(values["made_at"])
    values["made_by"] = known(tx, person, values.get("made_by"))
    new = insert_new(tx, rejection).values(values).execution_options(preserve_rowcount=True)
    if tx.execute(new).rowcount == 1:
        _write_named(tx, payload["id"], payload["instances"])
    return True


def replay_found(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Note again what a rejection has found; False when the rejection is not there."""
    _set_states(tx, payload["id"], payload["states"])
    return tx.scalar(sa.select(rejection.c.id).where(rejection.c.id == payload["id"])) is not None


def replay_lifted(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Note again that a rejection was lifted; False when it is not there."""
    lifted_by = known(tx, person, payload["lifted_by"])
    return _lift(tx, payload["id"], lifted_by, datetime.fromisoformat(payload["lifted_at"]), payload["lifted_why"])


def _lift(tx: Connection, rejection_id: str, lifted_by: str | None, now: datetime, why: str) -> bool:
    lifted = {"lifted_by": lifted_by, "lifted_at": now, "lifted_why": why}
    done = tx.execute(sa.update(rejection).where(rejection.c.id == rejection_id).values(lifted))
    undecided = rejected_instance.c.state.in_((Standing.HIDDEN, Standing.WAITING))
    of_this = rejected_instance.c.rejection_id == rejection_id
    tx.execute(sa.update(rejected_instance).where(of_this, undecided).values(state=Standing.LIFTED))
    return done.rowcount == 1


def _lock_cases(tx: Connection, study_uids: Iterable[str]) -> None:
    """Before the studies, as everybody does who changes what is shown of a case."""
    found = {case.id for uid in study_uids if (case := cases.of_study(tx, uid)) is not None}
    for case_id in sorted(found):
        cases.lock(tx, case_id)


def _rejection(row: sa.Row[Any]) -> Rejection:
    return Rejection(
        id=row.id,
        title=Title(row.title),
        site_id=row.site_id,
        made_by=row.maker,
        made_at=row.made_at,
        why=row.why,
        lifted_by=row.lifter,
        lifted_at=row.lifted_at,
        lifted_why=row.lifted_why or "",
        instances={},
    )


def _chunks(uids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (uids[start : start + _AT_ONCE] for start in range(0, len(uids), _AT_ONCE))
