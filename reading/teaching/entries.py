"""Entries: made from a final case by who keeps the collection, read anew, and removed with all they said."""

from __future__ import annotations

from collections.abc import Collection as SomeOf
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.context import Context, without_door
from reading.dicom_dates import parse_date
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Role, Sex
from reading.patients import patients
from reading.patients.keys import Keys
from reading.register.grants import may_act
from reading.reports.versions import ReportVersion, Status
from reading.rules.examination_time import day_there, years_between
from reading.search.grams import grams
from reading.tables import case as case_table
from reading.tables import case_study, organisation, patient, teaching_collection, teaching_entry, teaching_picture
from reading.teaching import collections, hands, known_words, naming, pictures, removal, standing
from reading.teaching.identity_words import Known, masked
from reading.teaching.pictures import Picture
from reading.teaching.words import LENGTHS, Words, band_of, ready
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id
from storage.tables import instance

_ROW: Final = teaching_entry.c


@dataclass(frozen=True, kw_only=True)
class Source:
    """What an entry is made of, for who may make one: the case, its final version, and a proposal of words."""

    case: Case
    version: ReportVersion
    proposal: Words = field(repr=False)
    """With `identity_words.MASK` in place of each word by which somebody is known."""
    known: tuple[Known, ...] = field(repr=False)
    grant: RoleGrant


def source(ctx: Context[Staff], keys: Keys, case_id: str, *, lock: bool = False) -> Source:
    """Open a case of which somebody wants to make an entry; who makes one locks it.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither review for its site nor manage its quality; the report is not what was signed;
            somebody doubts it.
        MoveNotAllowed: it is not final.

    """
    collections.only_keepers(ctx)
    opened = door.open_case(ctx, case_id, Action.CASE_OPEN)
    grants = (may_act(ctx.tx, ctx.who, role, opened.site_id, ctx.now) for role in collections.KEEP)
    grant = next((one for one in grants if one is not None), None)
    if grant is None:
        raise NotAllowed("teaches_from_no_case")
    case = cases.lock(ctx.tx, case_id) if lock else opened
    final = [one for one in door.open_reports(ctx, case_id, Action.REPORT_READ) if one.status is Status.FINAL]
    if case.state is not State.FINAL or not final:
        raise MoveNotAllowed(case.state, "teach")
    [version] = final
    if version.broken:
        raise NotAllowed("report_is_broken")
    doubted = sa.select(standing.in_question(case_table.c.id)).where(case_table.c.id == case_id)
    if ctx.tx.scalar(doubted):
        raise NotAllowed("report_is_in_question")
    known = known_words.of_case(ctx, keys, case, version)
    content = version.content
    said = {"findings": content.findings, "impression": content.impression}
    shown = {name: masked(text, known)[: LENGTHS[name]] for name, text in said.items()}
    proposal = Words(title="", diagnosis="", point="", **shown)
    return Source(case=case, version=version, proposal=proposal, known=known, grant=grant)


def add(  # noqa: PLR0917 -- what somebody hands in
    ctx: Context[Staff],
    keys: Keys,
    case_id: str,
    collection_id: str,
    words: Words,
    chosen: Sequence[Picture],
    *,
    seen: str,
) -> str:
    """Keep an entry made of a final case; ``seen`` is the version on their screen. Answers its id.

    Raises:
        NotThere, NotAllowed, MoveNotAllowed: as `source`; no such collection, or one that they do not keep.
        Stale: another version is the final one now.
        Invalid, StillNamed: as `words.ready` and `pictures.check`; a picture is not one of the case; the collection
            has it already, or names its patient.

    """
    made_of = source(ctx, keys, case_id, lock=True)
    if made_of.version.id != seen:
        raise Stale(made_of.version.number)
    collection = collections.seen(ctx, collection_id)
    if collections.keeps(ctx.tx, ctx.who, collection.organisation_id, ctx.now) is None:
        raise NotAllowed("keeps_no_collection")
    collections.hold(ctx, collection_id)
    said = ready(words, made_of.known)
    pictures.check(chosen)
    _check_places(ctx.tx, case_id, chosen)
    if naming.names_patient(f"{collection.name}\n{collection.description}", made_of.known):
        raise Invalid("collection", "names_patient")
    there = (teaching_entry.c.case_id == case_id) & (teaching_entry.c.collection_id == collection_id)
    if ctx.tx.scalar(sa.select(teaching_entry.c.id).where(there, teaching_entry.c.removed_at.is_(None)).limit(1)):
        raise Invalid("collection", "case_there_already")
    made = new_id()
    values = _row(ctx.tx, made_of, said) | {"case_id": case_id, "collection_id": collection_id}
    by = {"added_by": ctx.who.person_id, "grant_id": made_of.grant.id, "added_at": ctx.now}
    ctx.tx.execute(sa.insert(teaching_entry), {"id": made, **values, **by})
    for number, one in enumerate(chosen, start=1):
        ctx.tx.execute(
            sa.insert(teaching_picture),
            {
                "entry_id": made,
                "number": number,
                "jpeg": one.rendered.jpeg,
                "sop_instance_uid": one.sop_instance_uid,
                "frame": one.frame,
                "looked_at": one.looked_at,
            },
        )
    details = {"collection_id": collection_id, "pictures": len(chosen)}
    removal.record(ctx, Action.TEACHING_ADD, made, case_id, details)
    return made


def change(ctx: Context[Staff], keys: Keys, entry_id: str, words: Words, kept: SomeOf[int], *, seen: int) -> None:
    """Look through an entry again, of the version that is final now: new words, and only the ``kept`` pictures.

    Raises:
        NotThere, NotAllowed, MoveNotAllowed: as `source`; no such entry, or not one that they keep.
        Stale: it was changed or removed since its revision ``seen``.
        Invalid, StillNamed: as `words.ready`; a picture that is kept is no picture of the case any more.

    """
    row = kept_by(ctx, entry_id)
    made_of = source(ctx, keys, row.case_id, lock=True)
    row = _locked(ctx.tx, entry_id, seen)
    said = ready(words, made_of.known)
    of_entry = teaching_picture.c.entry_id == entry_id
    ctx.tx.execute(sa.delete(teaching_picture).where(of_entry, teaching_picture.c.number.not_in(sorted(kept))))
    uids = ctx.tx.scalars(sa.select(teaching_picture.c.sop_instance_uid).where(of_entry)).all()
    _check_of_case(ctx.tx, row.case_id, set(uids))
    changed = {"changed_by": ctx.who.person_id, "changed_at": ctx.now, "revision": seen + 1}
    values = _row(ctx.tx, made_of, said) | changed
    ctx.tx.execute(sa.update(teaching_entry).where(_ROW.id == entry_id).values(**values))
    hands.put(ctx.tx, entry_id, revision=seen + 1, person_id=ctx.who.person_id, now=ctx.now)
    removal.record(ctx, Action.TEACHING_CHANGE, entry_id, row.case_id, {"pictures": len(uids)})


@without_door("It takes an entry away, and shows nothing.")
def remove(ctx: Context[Staff], entry_id: str, *, why: str, seen: int) -> None:
    """Take an entry away with its words and pictures: by who added it, or who manages the collection's quality.

    Raises:
        NotThere: no such entry, or not one that they keep.
        NotAllowed: somebody else added it, and they do not manage the quality of its organisation.
        Stale: it was changed or removed since its revision ``seen``.
        Invalid: no reason was given.

    """
    row = kept_by(ctx, entry_id)
    if not may_remove(ctx, row):
        raise NotAllowed("somebody_elses_entry")
    _locked(ctx.tx, entry_id, seen)
    removal.empty(ctx.tx, entry_id, ctx.who.person_id, cases.reason(why), ctx.now)
    removal.record(ctx, Action.TEACHING_REMOVE, entry_id, row.case_id, {"why": "by_hand"})


@without_door("It says which entry somebody keeps, and shows nothing.")
def kept_by(ctx: Context[Staff], entry_id: str) -> sa.Row[Any]:
    """The row of an entry, with its collection's organisation, for who keeps the collection or added it and sees it.

    Raises:
        NotThere: no such entry, or neither.
        NotAllowed: they keep no collection.

    """
    collections.only_keepers(ctx)
    row = ctx.tx.execute(
        sa.select(teaching_entry, teaching_collection.c.organisation_id)
        .join(teaching_collection, teaching_collection.c.id == _ROW.collection_id)
        .where(_ROW.id == entry_id, _ROW.removed_at.is_(None), collections.visible(ctx.tx, ctx.who, ctx.now))
    ).one_or_none()
    if row is None or not (
        row.added_by == ctx.who.person_id or collections.keeps(ctx.tx, ctx.who, row.organisation_id, ctx.now)
    ):
        raise NotThere
    return row


@without_door("It says what somebody may do with an entry that they keep.")
def may_remove(ctx: Context[Staff], row: sa.Row[Any]) -> bool:
    """Whether they added it, or manage the quality of the organisation of its collection."""
    manages = may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, row.organisation_id, ctx.now)
    return row.added_by == ctx.who.person_id or manages is not None


@without_door("It says which entries a case has that somebody sees.")
def of_case(ctx: Context[Staff], case_id: str) -> list[tuple[str, str, str]]:
    """The entries that are made of a case already and that they see: name of the collection, entry, collection."""
    rows = ctx.tx.execute(
        sa.select(teaching_collection.c.name, _ROW.id, _ROW.collection_id)
        .join(teaching_collection, teaching_collection.c.id == _ROW.collection_id)
        .where(_ROW.case_id == case_id, _ROW.removed_at.is_(None), collections.visible(ctx.tx, ctx.who, ctx.now))
        .order_by(_ROW.added_at, _ROW.id)
    )
    return [(row.name, row.id, row.collection_id) for row in rows]


def facts_of(tx: Connection, made_of: Source) -> dict[str, Any]:
    """What an entry keeps of a case besides words: nothing that says who it is."""
    case = made_of.case
    person = patients.by_id(tx, case.patient_id) if case.patient_id else None
    facts_at = tx.scalar(sa.select(patient.c.facts_at).where(patient.c.id == case.patient_id))
    signed = made_of.version.identity.get("studies") or [{}]
    zone = str(tx.scalar(sa.select(organisation.c.time_zone).where(organisation.c.id == case.site_id)))
    day = day_there(case.examined_at, zone)
    born = person.birth_date if person else parse_date(str(signed[0].get("birth_date") or ""))
    years = None if born is None else years_between(born, day)
    if person and born is None and person.estimated_age is not None:
        years = person.estimated_age + max(0, day.year - day_there(person.created_at, zone).year)
    sex = str(person.sex if person else signed[0].get("sex") or "")
    return {
        "modality": case.modality,
        "body_part": case.body_part,
        "laterality": case.laterality,
        "age_from": band_of(years),
        "sex": sex if sex in set(Sex) else "",
        "facts_at": facts_at,
    }


def _row(tx: Connection, made_of: Source, said: Words) -> dict[str, Any]:
    sought = said.sought()
    return {
        **said.to_row(),
        **facts_of(tx, made_of),
        "words": sought,
        "grams": grams(sought) if tx.dialect.name == "postgresql" else None,
        "version_id": made_of.version.id,
        "patient_id": made_of.case.patient_id,
    }


def _check_places(tx: Connection, case_id: str, chosen: Sequence[Picture]) -> None:
    frames = _check_of_case(tx, case_id, {one.sop_instance_uid for one in chosen})
    if any(not 1 <= one.frame <= frames[one.sop_instance_uid] for one in chosen):
        raise Invalid("pictures", "not_of_the_case")


def _check_of_case(tx: Connection, case_id: str, uids: set[str]) -> dict[str, int]:
    """How many frames each of these pictures of a case has."""
    frames = frames_of(tx, case_id, uids)
    if frames.keys() != uids:
        raise Invalid("pictures", "not_of_the_case")
    return frames


def frames_of(tx: Connection, case_id: str, uids: set[str]) -> dict[str, int]:
    """How many frames each of these pictures has; those that are none of the case, or hidden, are left out."""
    shown = (
        sa.select(instance.c.sop_instance_uid, instance.c.frames)
        .join(case_study, case_study.c.study_uid == instance.c.study_uid)
        .where(case_study.c.case_id == case_id, instance.c.sop_instance_uid.in_(uids), instance.c.hidden.is_(False))
    )
    return {row.sop_instance_uid: row.frames for row in tx.execute(shown)}


def _locked(tx: Connection, entry_id: str, seen: int) -> sa.Row[Any]:
    row = tx.execute(sa.select(teaching_entry).where(_ROW.id == entry_id).with_for_update()).one()
    if row.removed_at is not None or row.revision != seen:
        raise Stale(row.revision if row.removed_at is None else None)
    return row
