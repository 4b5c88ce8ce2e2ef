"""What a doctor of a site wrote down while its line was cut: uploaded, brought to its examination, shown beside it.

It is history (DESIGN 5): no version of a report, nothing that a patient or a printed report shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.cases.moves import HIDDEN
from reading.context import Context, without_door
from reading.errors import Invalid, NotAllowed, NotThere, SaidOtherwise, Stale
from reading.kinds import Role
from reading.patients.image_persons import said_by_images
from reading.patients.same_name import Answer, compare_names
from reading.register import organisations
from reading.register.grants import may_act, reach
from reading.tables import case as case_table
from reading.tables import case_study, person, provisional_note
from reading.texts import checked, plain
from reading.viewers import RoleGrant, Staff
from storage.database import insert_new
from storage.ids import new_id
from storage.tables import study

WRITTEN_BY: Final = (Role.CLINICIAN, Role.TECHNICIAN)
MOST: Final = 100
"""Notes of a list."""
LONGEST: Final = 4000
AHEAD: Final = timedelta(minutes=5)
"""A browser's clock further ahead is wrong: the note counts as written when it came."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """A note as it was typed off line."""

    made_as: str
    """A UUID of the browser that kept it: sent twice, it is one note."""
    patient_name: str = field(repr=False)
    facts: str = field(repr=False)
    number: str = field(repr=False)
    examination: str
    words: str = field(repr=False)
    doctor: str = field(repr=False)
    written_at: datetime


@dataclass(frozen=True, kw_only=True)
class Note:
    """A note that was uploaded."""

    id: str
    site_id: str
    case_id: str | None
    written: Written
    uploaded_by: str = field(repr=False)
    """The name of whoever was signed in then; who wrote it is only what `Written.doctor` says."""
    uploaded_at: datetime
    revision: int


def upload(ctx: Context[Staff], site_code: str, written: Written) -> Note:
    """Keep a note; it goes to the one examination of its site that has its number and names its person by name.

    A number alone joins nothing: otherwise somebody says whose it is (`assign`).

    Raises:
        NotThere: no such site, or not one where they work.
        Invalid: a part is empty or too long.
        SaidOtherwise: it was uploaded before with other words, which stay.

    """
    door.open_list(ctx, Action.NOTE_LIST)
    site = organisations.by_code(ctx.tx, site_code)
    grant = None if site is None else _grant(ctx, site.id)
    if site is None or grant is None:
        raise NotThere
    said = _checked(written, ctx.now)
    known = provisional_note.c
    same = (known.site_id == site.id) & (known.made_as == said.made_as)
    found = _select(ctx.tx, same) or _kept(ctx, site.id, grant, said) or _select(ctx.tx, same)
    # A clock that ran ahead was set right: the time alone makes no other note.
    if replace(found[0].written, written_at=said.written_at) != said:
        raise SaidOtherwise
    return found[0]


def _kept(ctx: Context[Staff], site_id: str, grant: RoleGrant, said: Written) -> list[Note]:
    """The note, kept now; nothing where the same was uploaded in this very moment."""
    case_id = _evident(ctx.tx, site_id, said)
    made = ctx.tx.scalar(
        insert_new(ctx.tx, provisional_note).returning(provisional_note.c.id),
        {
            "id": new_id(),
            "site_id": site_id,
            "case_id": case_id,
            "made_as": said.made_as,
            "patient_name": said.patient_name,
            "facts": said.facts,
            "number": said.number,
            "examination": said.examination,
            "words": said.words,
            "doctor": said.doctor,
            "written_at": said.written_at,
            "uploaded_by": ctx.who.person_id,
            "grant_id": grant.id,
            "uploaded_at": ctx.now,
        },
    )
    if made is None:
        return []
    ctx.record(action=Action.NOTE_UPLOAD, subject_kind="note", subject_id=made, details={"case_id": case_id})
    return _select(ctx.tx, provisional_note.c.id == made)


def assign(ctx: Context[Staff], note_id: str, case_id: str, *, seen: int) -> Note:
    """Say to which examination of its site a note belongs, also where it was said otherwise before.

    Raises:
        NotThere: no such note or examination, or not of a site where they work.
        NotAllowed: the examination is of another site.
        Stale: somebody has said it meanwhile.
        Invalid: none was chosen.

    """
    if not case_id:
        raise Invalid("case", "required")
    found = _select(ctx.tx, provisional_note.c.id == note_id)
    if not found or _grant(ctx, found[0].site_id) is None:
        raise NotThere
    case = door.open_case(ctx, case_id, Action.CASE_OPEN)
    if case.site_id != found[0].site_id:
        raise NotAllowed("another_site")
    same = (provisional_note.c.id == note_id) & (provisional_note.c.revision == seen)
    values: dict[str, Any] = {"case_id": case_id, "assigned_by": ctx.who.person_id, "assigned_at": ctx.now}
    done = ctx.tx.execute(sa.update(provisional_note).where(same).values(**values, revision=seen + 1))
    if done.rowcount != 1:
        raise Stale(found[0].revision)
    ctx.record(action=Action.NOTE_ASSIGN, subject_kind="note", subject_id=note_id, details={"case_id": case_id})
    return _select(ctx.tx, provisional_note.c.id == note_id)[0]


def waiting(ctx: Context[Staff]) -> Sequence[Note]:
    """The notes of the sites where they work of which nobody has said to which examination they belong."""
    door.open_list(ctx, Action.NOTE_LIST)
    own = reach(ctx.tx, ctx.who, ctx.now).own
    return _select(ctx.tx, provisional_note.c.site_id.in_(own) & provisional_note.c.case_id.is_(None))


@without_door("It adds to a case that its page or the desk has opened.")
def of_case(ctx: Context[Staff], case_id: str) -> Sequence[Note]:
    return _select(ctx.tx, provisional_note.c.case_id == case_id)


def _grant(ctx: Context[Staff], site_id: str) -> RoleGrant | None:
    grants = (may_act(ctx.tx, ctx.who, role, site_id, ctx.now) for role in WRITTEN_BY)
    return next((one for one in grants if one is not None), None)


def _checked(written: Written, now: datetime) -> Written:
    if len(written.made_as) != 36:
        raise Invalid("made_as", "form")
    at = written.written_at
    return Written(
        made_as=written.made_as,
        patient_name=checked("patient_name", written.patient_name, longest=200, required=True),
        facts=checked("facts", written.facts, longest=200),
        number=checked("number", plain(written.number), longest=64),
        examination=checked("examination", written.examination, longest=200, required=True),
        words=checked("note", written.words, longest=LONGEST, required=True, lines=True),
        doctor=checked("doctor", written.doctor, longest=100, required=True),
        written_at=at if at <= now + AHEAD else now,
    )


def _evident(tx: Connection, site_id: str, said: Written) -> str | None:
    """The examination that has the number of a note, where its images name the person of the note.

    None that is withheld, or whose images contradict its person: there somebody says so.
    """
    if not said.number:
        return None
    numbered = (
        sa.select(case_table.c.id)
        .join(case_study, case_study.c.case_id == case_table.c.id)
        .join(study, study.c.study_uid == case_study.c.study_uid)
        .where(
            case_table.c.site_id == site_id,
            study.c.accession_number == said.number,
            case_table.c.state.not_in(HIDDEN),
            case_table.c.identity != Identity.DIFFERS,
        )
        .distinct()
        .limit(2)
    )
    found = list(tx.scalars(numbered))
    if len(found) != 1:
        return None
    named = {compare_names(one.name, said.patient_name) for one in said_by_images(tx, cases.study_uids(tx, found[0]))}
    return found[0] if Answer.AGREES in named and Answer.DIFFERS not in named else None


def _select(tx: Connection, condition: sa.ColumnElement[bool]) -> list[Note]:
    row = provisional_note
    rows = tx.execute(
        sa.select(row, person.c.name.label("uploader"))
        .join(person, person.c.id == row.c.uploaded_by)
        .where(condition)
        .order_by(row.c.written_at, row.c.id)
        .limit(MOST)
    )
    return [
        Note(
            id=each.id,
            site_id=each.site_id,
            case_id=each.case_id,
            written=Written(
                made_as=each.made_as,
                patient_name=each.patient_name,
                facts=each.facts,
                number=each.number,
                examination=each.examination,
                words=each.words,
                doctor=each.doctor,
                written_at=each.written_at,
            ),
            uploaded_by=each.uploader,
            uploaded_at=each.uploaded_at,
            revision=each.revision,
        )
        for each in rows
    ]
