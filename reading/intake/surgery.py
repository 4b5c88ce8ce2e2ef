"""Study surgery: a person moves images to the study to which they belong, or makes one study of two, reversibly."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import access
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HELD, State
from reading.context import Context, Who
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.intake import intake
from reading.intake.following import follow
from reading.intake.rejections import granted
from reading.patients import attribution
from reading.patients.keys import Keys
from reading.reports import versions
from reading.row_rules import known
from reading.signing import withhold
from reading.tables import case as case_table
from reading.tables import case_study, person, role_grant
from reading.tables import surgery as table
from reading.viewers import RoleGrant, Staff
from storage.database import insert_new
from storage.decisions import placement, placement_changes
from storage.decisions.placement_changes import Change, InstancesMoved, Merged, SeriesMade, SeriesMoved, StudyMade
from storage.errors import Overtaken
from storage.ids import new_id
from storage.index import journal, queries
from storage.records import Instance, Study

MADE: Final = "surgery"
UNDONE: Final = "surgery_undone"
"""Kinds of the journal: who did it and why, beside the changes of `storage.decisions.placement`."""
MOST: Final = 5000
"""Images that are moved at once."""
CLOSED: Final = frozenset({State.WITHDRAWN, State.EMPTIED})
"""Cases into which and out of which nothing is moved."""


class Kind(StrEnum):
    SPLIT = "split"
    """Images got a study of their own."""
    MOVE = "move"
    """Images went to a study that was there."""
    MERGE = "merge"
    """A whole study is shown in another."""


@dataclass(frozen=True, kw_only=True)
class Surgery:
    """One step, as it was done and perhaps undone."""

    id: str
    kind: Kind
    case_id: str
    other_case_id: str | None
    instances: int
    changes: tuple[Change, ...] = field(repr=False)
    reason: str = field(repr=False)
    made_by: str
    """The name of the person."""
    made_at: datetime
    undone_by: str | None
    undone_at: datetime | None
    undone_why: str = field(repr=False)


def separate(instances: Sequence[Instance], chosen: frozenset[str], study_uid: str) -> list[Change]:
    """The changes that show the chosen ones of these instances in a study: whole series as such, others in new series.

    ``instances`` are all of the studies from which they are chosen, hidden ones too.
    """
    changes: list[Change] = []
    by_series: dict[str, list[Instance]] = {}
    for one in instances:
        by_series.setdefault(one.series_uid, []).append(one)
    for series_uid, inside in sorted(by_series.items()):
        moving = tuple(one.sop_instance_uid for one in inside if one.sop_instance_uid in chosen)
        origin = inside[0].study_uid
        if not moving or origin == study_uid:
            continue
        if len(moving) == len(inside):
            changes.append(SeriesMoved(series_uid=series_uid, from_study=origin, to_study=study_uid))
            continue
        made = new_uid()
        changes.append(SeriesMade(series_uid=made, study_uid=study_uid, like=series_uid))
        changes.append(
            InstancesMoved(
                sop_instance_uids=moving,
                from_study=origin,
                from_series=series_uid,
                to_study=study_uid,
                to_series=made,
            )
        )
    return changes


def new_uid() -> str:
    """A UID of our own, made from a UUID (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def split(
    ctx: Context[Staff], keys: Keys, case_id: str, *, sop_instance_uids: Sequence[str], into_case: str | None, why: str
) -> Surgery:
    """Move images of a case into a study of their own, or into the (first) study of another case of the same site.

    Bytes stay. Moved images take on what their new study says of the patient.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither work at the site nor manage it; a valid report stands; somebody works on it.
        Invalid: no reason; no image, an image of another case, too many; all of them, which is no split.
        Stale: somebody moved them in this very moment.

    """
    case, grant, reason = _opened(ctx, case_id, why, other=into_case)
    there = [one for uid in cases.study_uids(ctx.tx, case_id) for one in queries.all_instances_in(ctx.tx, uid)]
    chosen = frozenset(sop_instance_uids)
    if not chosen or chosen - {one.sop_instance_uid for one in there}:
        raise Invalid("instances", "unknown")
    if len(chosen) > MOST:
        raise Invalid("instances", "too_many")
    origin = next(one.study_uid for one in there if one.sop_instance_uid in chosen)
    if into_case is None:
        if len(chosen) == len(there):
            raise Invalid("instances", "all")
        target = new_uid()
        changes: list[Change] = [StudyMade(study_uid=target, like=origin), *separate(there, chosen, target)]
    else:
        target = _target(ctx, case, into_case)
        changes = list(separate(there, chosen, target))
    _apply(ctx.tx, changes, ctx.now)
    if into_case is None:
        _open_new(ctx, keys, origin, target, reason)
    _follow(ctx, keys, changes, grant=grant, why=reason)
    if into_case is None and case.state is State.WITHHELD:
        _withheld_too(ctx, target, reason)

    step = _Step(
        kind=Kind.SPLIT if into_case is None else Kind.MOVE,
        case=case,
        target=target,
        changes=changes,
        count=len(chosen),
    )
    return _write(ctx, grant, step, why=reason)


def merge(ctx: Context[Staff], keys: Keys, case_id: str, *, into_case: str, why: str) -> Surgery:
    """Show all images of a case in the (first) study of another case of the same person and site, now and later.

    Raises:
        NotThere, NotAllowed, Stale: as `split`.
        Invalid: no reason, nothing to merge, or the images name different persons: correct who it is first.

    """
    case, grant, reason = _opened(ctx, case_id, why, other=into_case)
    target = _target(ctx, case, into_case)
    study_uids = cases.study_uids(ctx.tx, case_id)
    _one_person(ctx.tx, case, cases.by_id(ctx.tx, into_case), [*study_uids, target])
    there = [one for uid in study_uids for one in queries.all_instances_in(ctx.tx, uid)]
    if not there:
        raise Invalid("instances", "unknown")
    changes = separate(there, frozenset(one.sop_instance_uid for one in there), target)
    for uid in study_uids:
        changes += [
            Merged(study_uid=each, from_study=uid, to_study=target) for each in queries.merged_into(ctx.tx, uid)
        ]
        changes.append(Merged(study_uid=uid, from_study=None, to_study=target))
    _apply(ctx.tx, changes, ctx.now)
    _follow(ctx, keys, changes, grant=grant, why=reason)
    step = _Step(kind=Kind.MERGE, case=case, target=target, changes=changes, count=len(there))
    return _write(ctx, grant, step, why=reason)


def undo(ctx: Context[Staff], keys: Keys, surgery_id: str, *, why: str) -> list[Change]:
    """Take a step back; answers the changes that did so.

    Raises:
        NotThere: no such step, or its case is not theirs to see.
        NotAllowed: as `split`; or it was undone before, or the images have been moved on since.
        Invalid: no reason was given.

    """
    row = ctx.tx.execute(sa.select(table).where(table.c.id == surgery_id).with_for_update()).one_or_none()
    if row is None:
        raise NotThere
    _, grant, reason = _opened(ctx, row.case_id, why, other=row.other_case_id, closed=True)
    if row.undone_at is not None:
        raise NotAllowed("undone_before")
    if row.other_case_id is not None:
        _open_for_surgery(ctx.tx, cases.lock(ctx.tx, row.other_case_id), closed=True)
    back = placement_changes.inverse(placement_changes.from_json(row.changes))
    try:
        _apply(ctx.tx, back, ctx.now)
    except Stale:
        raise NotAllowed("moved_since") from None
    ctx.tx.execute(
        sa.update(table)
        .where(table.c.id == surgery_id)
        .values(undone_by=ctx.who.person_id, undone_at=ctx.now, undone_why=reason)
    )
    told = {"id": surgery_id, "undone_by": ctx.who.person_id, "undone_at": ctx.now.isoformat(), "undone_why": reason}
    journal.write(ctx.tx, UNDONE, told, ctx.now)
    _follow(ctx, keys, back, grant=grant, why=reason)
    ctx.record(
        action=Action.SURGERY_UNDO, subject_kind="surgery", subject_id=surgery_id, details={"case_id": row.case_id}
    )
    return back


def of_case(tx: Connection, case_id: str) -> list[Surgery]:
    """The steps that touched a case, the newest first; for those who have passed `reading.access.access`."""
    undoer = person.alias("undoer")
    rows = tx.execute(
        sa.select(table, person.c.name.label("maker"), undoer.c.name.label("undoer"))
        .join(person, person.c.id == table.c.made_by)
        .outerjoin(undoer, undoer.c.id == table.c.undone_by)
        .where((table.c.case_id == case_id) | (table.c.other_case_id == case_id))
        .order_by(table.c.made_at.desc(), table.c.id.desc())
    )
    return [_surgery(row) for row in rows]


# -- who may, and where


def _opened(
    ctx: Context[Staff], case_id: str, why: str, *, other: str | None, closed: bool = False
) -> tuple[Case, RoleGrant, str]:
    access.open_case(ctx, case_id, Action.CASE_SURGERY)
    locked = {each: cases.lock(ctx.tx, each) for each in sorted({case_id, other or case_id})}
    case = locked[case_id]
    grant = granted(ctx.tx, ctx.who, case.site_id, ctx.now)
    reason = cases.reason(why)
    _open_for_surgery(ctx.tx, case, closed=closed)
    return case, grant, reason


def _open_for_surgery(tx: Connection, case: Case, *, closed: bool = False) -> None:
    if versions.current(tx, case.id) is not None:
        raise NotAllowed("withhold_first")
    if case.state in HELD:
        raise NotAllowed("somebody_works_on_it")
    if case.state in CLOSED and not closed:
        raise NotAllowed("nothing_shown_here")


def _target(ctx: Context[Staff], case: Case, into_case: str) -> str:
    """The study of the other case in which images are to be shown."""
    if into_case == case.id:
        raise Invalid("into_case", "unknown")
    access.open_case(ctx, into_case, Action.CASE_SURGERY)
    other = cases.lock(ctx.tx, into_case)
    if other.site_id != case.site_id:
        raise NotAllowed("another_site")
    _open_for_surgery(ctx.tx, other)
    return next(uid for uid in cases.study_uids(ctx.tx, into_case) if not _merged(ctx.tx, uid))


def _merged(tx: Connection, study_uid: str) -> bool:
    study = queries.study_of(tx, study_uid)
    return study is None or study.merged_into is not None


def _one_person(tx: Connection, one: Case, other: Case, study_uids: Sequence[str]) -> None:
    if one.patient_id is not None and one.patient_id == other.patient_id:
        return
    studies = [study for uid in study_uids if (study := queries.study_of(tx, uid)) is not None]
    if len({_who(study) for study in studies}) != 1 or not studies[0].patient_id.strip():
        raise Invalid("into_case", "another_person")


def _who(study: Study) -> tuple[str, str]:
    return study.patient_id, study.issuer


# -- what follows


def _apply(tx: Connection, changes: Sequence[Change], now: datetime) -> None:
    try:
        placement.apply(tx, changes, now)
    except Overtaken:
        raise Stale(None) from None


def _follow(ctx: Context[Who], keys: Keys, changes: Sequence[Change], *, grant: RoleGrant, why: str) -> None:
    moves = [change for change in changes if isinstance(change, SeriesMoved | InstancesMoved)]
    touched = {uid for move in moves for uid in (move.from_study, move.to_study)}
    follow(ctx, keys, touched, grant=grant, why=why)


def _open_new(ctx: Context[Staff], keys: Keys, origin: str, target: str, why: str) -> None:
    """A case of its own for the new study; what a person corrected where it comes from holds until it is corrected."""
    latest = attribution.current(ctx.tx, origin)
    if latest is not None:
        attribution.correct(
            ctx.tx,
            target,
            latest.attributes,
            reason=why,
            made_by=ctx.who.person_id,
            now=ctx.now,
            patient_id=latest.patient_id,
            order_id=latest.order_id,
        )
    study = queries.study_of(ctx.tx, target)
    if study is None or not study.instances:
        return  # hidden images alone open no case; they do when they are shown again
    case = intake.take_in(ctx, keys, study, answers=False)
    if latest is not None and latest.patient_id is not None:
        cases.change(ctx.tx, cases.lock(ctx.tx, case.id), patient_id=latest.patient_id)


def _withheld_too(ctx: Context[Staff], study_uid: str, why: str) -> None:
    """Images that were withheld are not let out by a move: their new case is withheld until somebody ends that."""
    case = cases.of_study(ctx.tx, study_uid)
    if case is not None:
        withhold.withhold(ctx, case.id, why=why)


@dataclass(frozen=True, kw_only=True)
class _Step:
    kind: Kind
    case: Case
    target: str
    changes: Sequence[Change]
    count: int


def _write(ctx: Context[Staff], grant: RoleGrant, step: _Step, *, why: str) -> Surgery:
    other = ctx.tx.scalar(sa.select(case_study.c.case_id).where(case_study.c.study_uid == step.target))
    surgery_id = new_id()
    values: dict[str, Any] = {
        "id": surgery_id,
        "kind": step.kind,
        "case_id": step.case.id,
        "other_case_id": other,
        "instances": step.count,
        "changes": placement_changes.to_json(step.changes),
        "reason": why,
        "made_by": ctx.who.person_id,
        "grant_id": grant.id,
    }
    ctx.tx.execute(sa.insert(table).values(made_at=ctx.now, **values))
    journal.write(ctx.tx, MADE, {**values, "made_at": ctx.now.isoformat()}, ctx.now)
    ctx.record(
        action=Action(f"surgery.{step.kind}"),
        subject_kind="surgery",
        subject_id=surgery_id,
        details={"case_id": step.case.id, "other_case_id": other, "instances": step.count},
    )
    return next(one for one in of_case(ctx.tx, step.case.id) if one.id == surgery_id)


def replay(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Write a step of the journal again, so that it can be undone, where its case and its maker are known here.

    The images are where they belong without it: that is a change of `storage.decisions.placement` of its own.
    """
    needed = ((case_table, "case_id"), (person, "made_by"), (role_grant, "grant_id"))
    if all(known(tx, of, payload[name]) for of, name in needed):
        made = {
            **payload,
            "other_case_id": known(tx, case_table, payload["other_case_id"]),
            "made_at": datetime.fromisoformat(payload["made_at"]),
        }
        tx.execute(insert_new(tx, table).values(made))
    return True


def replay_undone(tx: Connection, payload: Mapping[str, Any], _now: datetime) -> bool:
    """Note again that a step was undone."""
    undone = {
        "undone_by": known(tx, person, payload["undone_by"]),
        "undone_at": datetime.fromisoformat(payload["undone_at"]),
        "undone_why": payload["undone_why"],
    }
    tx.execute(sa.update(table).where(table.c.id == payload["id"]).values(undone))
    return True


def _surgery(row: sa.Row[Any]) -> Surgery:
    written: Sequence[Mapping[str, Any]] = row.changes
    return Surgery(
        id=row.id,
        kind=Kind(row.kind),
        case_id=row.case_id,
        other_case_id=row.other_case_id,
        instances=row.instances,
        changes=tuple(placement_changes.from_json(dict(one) for one in written)),
        reason=row.reason,
        made_by=row.maker,
        made_at=row.made_at,
        undone_by=row.undoer,
        undone_at=row.undone_at,
        undone_why=row.undone_why or "",
    )
