"""Study surgery: a person moves images to the study to which they belong, or makes one study of two, reversibly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import HELD, State
from reading.context import Context, Who
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.intake import identity_evidence, intake, surgery_record
from reading.intake.following import follow
from reading.intake.regrouping import new_uid, separate
from reading.intake.rejections import granted
from reading.intake.surgery_record import Kind, Step, Surgery
from reading.patients import attribution, persons
from reading.patients.keys import Keys
from reading.reports import versions
from reading.signing import withhold
from reading.tables import surgery as table
from reading.viewers import RoleGrant, Staff
from storage.decisions import placement, placement_changes
from storage.decisions.placement_changes import Change, InstancesMoved, Merged, SeriesMade, SeriesMoved, StudyMade
from storage.errors import Overtaken
from storage.index import journal, queries
from storage.index.part_attributes import key_of, keyword_of, uid_of
from storage.records import Study

MOST: Final = 5000
"""How many images one step moves at most."""
CLOSED: Final = frozenset({State.WITHDRAWN, State.EMPTIED})
"""States of cases to and from which no images are moved."""


def split(
    ctx: Context[Staff],
    keys: Keys,
    case_id: str,
    *,
    sop_instance_uids: Sequence[str],
    into_case: str | None,
    why: str,
    seen: int | None = None,
) -> Surgery:
    """Move images of a case into a study of their own, or into the (first) study of another case of the same site.

    Bytes stay. Moved images take on what their new study says of the patient.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither work at the site nor manage it; a valid report stands; somebody works on it.
        Invalid: no reason; no image, an image of another case, too many; all of them, which is no split.
        Stale: the case has changed since its revision ``seen``, or somebody moved them in this very moment.

    """
    case, grant, reason = _opened(ctx, case_id, why, other=into_case, seen=seen)
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
    one = [] if into_case is None else _of_one_person(ctx.tx, case, into_case)
    _apply(ctx.tx, changes, ctx.now)
    if into_case is None:
        _open_new(ctx, keys, origin, changes, reason)
    _follow(ctx, keys, changes, grant=grant, why=reason, of_one_person=one)
    if into_case is None and case.state is State.WITHHELD:
        _withheld_too(ctx, target, reason)

    step = Step(
        kind=Kind.SPLIT if into_case is None else Kind.MOVE,
        case=case,
        target=target,
        changes=changes,
        count=len(chosen),
    )
    return surgery_record.write(ctx, grant, step, why=reason)


def merge(
    ctx: Context[Staff], keys: Keys, case_id: str, *, into_case: str, why: str, seen: int | None = None
) -> Surgery:
    """Show all images of a case in the (first) study of another case of the same person and site, now and later.

    Raises:
        NotThere, NotAllowed, Stale: as `split`.
        Invalid: no reason, nothing to merge, or the images name different persons: correct who it is first.

    """
    case, grant, reason = _opened(ctx, case_id, why, other=into_case, seen=seen)
    target = _target(ctx, case, into_case)
    study_uids = cases.study_uids(ctx.tx, case_id)
    if not _is_one_person(ctx.tx, case, cases.by_id(ctx.tx, into_case), [*study_uids, target]):
        raise Invalid("into_case", "another_person")
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
    _follow(ctx, keys, changes, grant=grant, why=reason, of_one_person=[case_id, into_case])
    step = Step(kind=Kind.MERGE, case=case, target=target, changes=changes, count=len(there))
    return surgery_record.write(ctx, grant, step, why=reason)


def undo(
    ctx: Context[Staff], keys: Keys, case_id: str, surgery_id: str, *, why: str, seen: int | None = None
) -> list[Change]:
    """Take back a step that touched a case; answers the changes that did so.

    Raises:
        NotThere: no such case or step, or one of its cases is not theirs to see.
        NotAllowed: as `split`; or it was undone before, or the images have been moved on since.
        Invalid: no reason was given.
        Stale: the case has changed since its revision ``seen``.

    """
    cases.unchanged(door.open_case(ctx, case_id, Action.CASE_SURGERY), seen)
    touched = (table.c.case_id == case_id) | (table.c.other_case_id == case_id)
    asked = sa.select(table).where(table.c.id == surgery_id, touched)
    row = ctx.tx.execute(asked.with_for_update()).one_or_none()
    if row is None:
        raise NotThere
    touched_case, grant, reason = _opened(ctx, row.case_id, why, other=row.other_case_id, closed=True)
    if row.undone_at is not None:
        raise NotAllowed("undone_before")
    if row.other_case_id is not None:
        door.open_case(ctx, row.other_case_id, Action.CASE_SURGERY)
        _open_for_surgery(ctx.tx, cases.lock(ctx.tx, row.other_case_id), closed=True)
    one = [] if row.other_case_id is None else _of_one_person(ctx.tx, touched_case, row.other_case_id)
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
    journal.write(ctx.tx, surgery_record.UNDONE, told, ctx.now)
    _follow(ctx, keys, back, grant=grant, why=reason, of_one_person=one)
    ctx.record(
        action=Action.SURGERY_UNDO, subject_kind="surgery", subject_id=surgery_id, details={"case_id": row.case_id}
    )
    return back


# -- who may, and where


def _opened(
    ctx: Context[Staff], case_id: str, why: str, *, other: str | None, closed: bool = False, seen: int | None = None
) -> tuple[Case, RoleGrant, str]:
    door.open_case(ctx, case_id, Action.CASE_SURGERY)
    both = sorted({case_id, other or case_id})
    locked = {each: cases.lock(ctx.tx, each, seen=seen if each == case_id else None) for each in both}
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
    """The study of the other case that takes the images."""
    if into_case == case.id:
        raise Invalid("into_case", "unknown")
    door.open_case(ctx, into_case, Action.CASE_SURGERY)
    other = cases.lock(ctx.tx, into_case)
    if other.site_id != case.site_id:
        raise NotAllowed("another_site")
    _open_for_surgery(ctx.tx, other)
    return next(uid for uid in cases.study_uids(ctx.tx, into_case) if not _merged(ctx.tx, uid))


def _merged(tx: Connection, study_uid: str) -> bool:
    study = queries.study_of(tx, study_uid)
    return study is None or study.merged_into is not None


def _of_one_person(tx: Connection, case: Case, other_id: str) -> list[str]:
    """Both cases where all their studies are one person's, else none."""
    uids = [*cases.study_uids(tx, case.id), *cases.study_uids(tx, other_id)]
    return [case.id, other_id] if _is_one_person(tx, case, cases.by_id(tx, other_id), uids) else []


def _is_one_person(tx: Connection, one: Case, other: Case, study_uids: Sequence[str]) -> bool:
    if persons.one_person(tx, one.patient_id, other.patient_id):
        return True
    studies = [study for uid in study_uids if (study := queries.study_of(tx, uid)) is not None]
    same_number = len({_who(study) for study in studies}) == 1 and bool(studies[0].patient_id.strip())
    return same_number and identity_evidence.one_person(tx, one, other)


def _who(study: Study) -> tuple[str, str]:
    return study.patient_id, study.issuer


# -- what follows


def _apply(tx: Connection, changes: Sequence[Change], now: datetime) -> None:
    try:
        placement.apply(tx, changes, now)
    except Overtaken:
        raise Stale(None) from None


def _follow(
    ctx: Context[Who],
    keys: Keys,
    changes: Sequence[Change],
    *,
    grant: RoleGrant,
    why: str,
    of_one_person: Collection[str],
) -> None:
    moves = [change for change in changes if isinstance(change, SeriesMoved | InstancesMoved)]
    touched = {uid for move in moves for uid in (move.from_study, move.to_study)}
    follow(ctx, keys, touched, grant=grant, why=why, of_one_person=of_one_person)


def _open_new(ctx: Context[Staff], keys: Keys, origin: str, changes: Sequence[Change], why: str) -> None:
    """Open a case for the new study, which takes over the corrections of the study that its images come from."""
    target = next(change.study_uid for change in changes if isinstance(change, StudyMade))
    latest = attribution.current(ctx.tx, origin)
    if latest is not None:
        attribution.correct(
            ctx.tx,
            target,
            _taken_over(ctx.tx, target, latest.attributes, changes),
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


def _taken_over(
    tx: Connection, target: str, attributes: Mapping[str, str], changes: Sequence[Change]
) -> dict[str, str]:
    """A study's corrections as they hold for a study of some of its images; a part of a series has a new UID."""
    there = queries.all_instances_in(tx, target)
    parts = {uid: uid for one in there for uid in (one.series_uid, one.sop_instance_uid)}
    parts |= {change.series_uid: change.like for change in changes if isinstance(change, SeriesMade)}
    of_parts = {
        key_of(keyword_of(key), uid): value
        for uid, before in parts.items()
        for key, value in attributes.items()
        if uid_of(key) == before
    }
    return {key: value for key, value in attributes.items() if not uid_of(key)} | of_parts


def _withheld_too(ctx: Context[Staff], study_uid: str, why: str) -> None:
    """Withhold the new case of images that were withheld: a move does not let them out."""
    case = cases.of_study(ctx.tx, study_uid)
    if case is not None:
        withhold.withhold(ctx, case.id, why=why)
