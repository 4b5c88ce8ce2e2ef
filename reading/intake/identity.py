"""Holds a case whose images contradict whom their numbers name, until a person decides or the contradiction is gone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import outbox
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import CONFIRMABLE, MOVES, Identity, QuestionMove, QuestionState, after
from reading.context import Context, Who, without_door
from reading.errors import Stale
from reading.intake import identity_evidence
from reading.intake.identity_evidence import SaidByStudy
from reading.kinds import Role
from reading.orders import matching, orders
from reading.patients import patients, persons
from reading.patients.patients import Patient
from reading.register.grants import may_act
from reading.reports import versions
from reading.signing import order_join
from reading.tables import case as case_table
from reading.tables import case_procedure, identity_move, identity_question, person
from reading.tables import patient as patient_table
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id

CORRECTED_BY: Final = (Role.TECHNICIAN, Role.CLINICIAN, Role.QUALITY_MANAGER)
"""Who says whose the images of a site are: those who work there, and who manage its quality."""
ACTIONS: Final = {
    QuestionMove.ASK: Action.IDENTITY_ASK,
    QuestionMove.CONFIRM: Action.IDENTITY_CONFIRM,
    QuestionMove.PART: Action.IDENTITY_PART,
    QuestionMove.SETTLE: Action.IDENTITY_SETTLE,
    QuestionMove.RESUME: Action.IDENTITY_RESUME,
    QuestionMove.UNDO: Action.IDENTITY_UNDO,
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """The question whose the images of a case are."""

    case_id: str
    state: QuestionState
    patient_id: str | None
    """Whom the numbers name, or whom a person meant; not linked while the question is open."""
    order_id: str | None
    number_differs: bool
    """The number in the images is another person's than the order's."""
    accepted: frozenset[str] = field(repr=False)
    """Digests of what was taken for the same person (`identity_evidence.digests`); they outlive a question of the
    system's."""
    opened_at: datetime
    revision: int


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One move of a question."""

    number: int
    move: QuestionMove
    person_name: str
    """Empty: the system."""
    reason: str = field(repr=False)
    details: Mapping[str, Any] = field(repr=False)
    at: datetime


def question_of(tx: Connection, case_id: str) -> Question | None:
    row = tx.execute(sa.select(identity_question).where(identity_question.c.case_id == case_id)).one_or_none()
    if row is None:
        return None
    return Question(
        case_id=row.case_id,
        state=QuestionState(row.state),
        patient_id=row.patient_id,
        order_id=row.order_id,
        number_differs=row.number_differs,
        accepted=frozenset(row.accepted),
        opened_at=row.opened_at,
        revision=row.revision,
    )


def history(tx: Connection, case_id: str) -> list[Decided]:
    """The moves of the question of a case, the first one first."""
    moved = identity_move.c
    rows = tx.execute(
        sa.select(identity_move, person.c.name)
        .outerjoin(person, person.c.id == moved.person_id)
        .where(moved.case_id == case_id)
        .order_by(moved.number)
    )
    return [
        Decided(
            number=row.number,
            move=QuestionMove(row.move),
            person_name=row.name or "",
            reason=row.reason,
            details=row.details,
            at=row.at,
        )
        for row in rows
    ]


@without_door("A part of an act that has opened the case, or of the system's step.")
def judge(ctx: Context[Who], case_id: str, *, before: Case | None = None) -> Case:
    """Compare the images of a case with its person, and hold the case or let it go; wherever either changes.

    Agreement links whom the numbers name; what contradicts takes the link away until a person decides. Whoever gets
    a final report by it is told. ``before``: the case before the act, where the act has linked it already.
    """
    case, question, rule = cases.lock(ctx.tx, case_id), question_of(ctx.tx, case_id), ctx.by(SYSTEM)
    is_open = question is not None and question.state is QuestionState.OPEN
    meant = case.patient_id or (question.patient_id if question and is_open else None)
    patient = patients.by_id(ctx.tx, meant) if meant else None
    studies = identity_evidence.said_in(ctx.tx, case_id, patient)
    counts = question is not None and question.state in CONFIRMABLE and question.patient_id == meant
    accepted = question.accepted if question and counts else frozenset[str]()
    contradictions = [one for study in studies for one in study.contradictions]
    open_contradictions = identity_evidence.digests(contradictions, patient) - accepted
    # Whoever linked the case since has decided about its number.
    by_number = question is not None and is_open and question.number_differs and case.patient_id is None
    seen = {"other_persons": sum(one.odd for one in studies), "facts_at": patient.facts_at if patient else None}
    if open_contradictions or by_number:
        _hold(rule, case, question, meant)
        return _write(ctx.tx, case, patient_id=None, identity=Identity.DIFFERS, **seen)
    # A confirmation covers what somebody saw: a silent image beside a person whose facts have changed asks again.
    confirmed = (
        bool(accepted)
        and identity_evidence.digests(identity_evidence.not_agreeing(studies, patient), patient) <= accepted
    )
    if question is not None and is_open:
        move(rule, question, QuestionMove.RESUME if confirmed else QuestionMove.SETTLE)
    verdict = Identity.AGREES if identity_evidence.agrees(studies, patient) else Identity.SILENT
    verdict = Identity.CONFIRMED if confirmed else verdict
    judged = _write(ctx.tx, case, patient_id=meant, identity=verdict, **seen)
    _tell(ctx, before or case, judged)
    order = orders.by_id(ctx.tx, question.order_id) if question and is_open and question.order_id else None
    if (
        order is not None
        and persons.one_person(ctx.tx, order.patient_id, meant)
        and matching.order_of(ctx.tx, case_id) is None
    ):
        order_join.join(ctx, judged, order)
        judged = cases.lock(ctx.tx, case_id)
    return judged


@without_door("A part of an act that has opened the case, or of the system's step.")
def ask(
    ctx: Context[Who], case_id: str, *, patient_id: str | None, order_id: str | None, number_differs: bool = False
) -> Question:
    """Open the question of a case, again where it was decided before."""
    question = question_of(ctx.tx, case_id)
    same = question is not None and question.patient_id == patient_id
    accepted = sorted(question.accepted) if question is not None and same else []
    values: dict[str, Any] = {"patient_id": patient_id, "order_id": order_id, "number_differs": number_differs}
    if question is None:
        fresh = {"case_id": case_id, "state": QuestionState.OPEN, "accepted": [], "opened_at": ctx.now, "revision": 0}
        ctx.tx.execute(sa.insert(identity_question), {**fresh, **values})
        question = question_of(ctx.tx, case_id)
        assert question is not None  # noqa: S101 -- it was just written
    return move(ctx, question, QuestionMove.ASK, accepted=accepted, opened_at=ctx.now, **values)


@without_door("A part of an act that has opened the case.")
def accept(ctx: Context[Staff], case: Case, patient: Patient | None, *, order_id: str | None, reason: str) -> None:
    """Keep that a person has looked at the images and at who they are said to be, unless they agree by themselves.

    To be called before the case is linked to ``patient``, by somebody who may correct its studies.
    """
    studies, question = identity_evidence.said_in(ctx.tx, case.id, patient), question_of(ctx.tx, case.id)
    is_open = question is not None and question.state is QuestionState.OPEN
    if not is_open and identity_evidence.agrees(studies, patient) and not any(one.contradictions for one in studies):
        return
    before = {
        "linked": case.patient_id,
        "patient_id": question.patient_id if question and is_open else case.patient_id,
        "order_id": question.order_id if question and is_open else None,
        "number_differs": question.number_differs if question and is_open else False,
        "accepted": sorted(question.accepted) if question else [],
    }
    if question is None or not is_open:
        question = ask(ctx.by(SYSTEM), case.id, patient_id=case.patient_id, order_id=None)
    move(
        ctx,
        question,
        QuestionMove.CONFIRM,
        grant=grant_of(ctx.tx, ctx.who, case.site_id, ctx.now),
        reason=reason,
        details={"before": before},
        accepted=sorted(identity_evidence.digests(identity_evidence.everything(studies), patient)),
        patient_id=patient.id if patient else None,
        order_id=order_id,
        number_differs=False,
    )


@without_door("A part of an act that has opened the case.")
def part_from(ctx: Context[Staff], case_id: str, *, reason: str) -> None:
    """Note that a person parts a case from whom its numbers name, where that is in question or was confirmed.

    The caller takes the case from its order and patient.
    """
    question = question_of(ctx.tx, case_id)
    if question is None or (question.state, QuestionMove.PART) not in MOVES:
        return
    order = matching.order_of(ctx.tx, case_id)
    case = cases.by_id(ctx.tx, case_id)
    move(
        ctx,
        question,
        QuestionMove.PART,
        grant=grant_of(ctx.tx, ctx.who, case.site_id, ctx.now),
        reason=reason,
        details={
            "order_id": order.id if order else None,
            "procedures": _answered(ctx.tx, case_id),
            "accepted": sorted(question.accepted),
        },
        accepted=[],
    )


def _answered(tx: Connection, case_id: str) -> list[str]:
    joined = case_procedure.c
    return sorted(tx.scalars(sa.select(joined.procedure_id).where(joined.case_id == case_id)))


def grant_of(tx: Connection, staff: Staff, site_id: str, now: datetime) -> RoleGrant | None:
    """The grant under which somebody corrects studies of a site, and decides whose they are."""
    grants = (may_act(tx, staff, role, site_id, now) for role in CORRECTED_BY)
    return next((grant for grant in grants if grant is not None), None)


@without_door("A part of an act that has opened the case, or of the system's step.")
def move(
    ctx: Context[Who],
    question: Question,
    made: QuestionMove,
    *,
    grant: RoleGrant | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    **values: Any,
) -> Question:
    """Move a question by its table, under the grant of the person who decides (None: the system).

    Raises:
        MoveNotAllowed: not from this state.
        Stale: somebody decided since ``question`` was read.

    """
    state = after(question.state, made)
    same = (identity_question.c.case_id == question.case_id) & (identity_question.c.revision == question.revision)
    done = ctx.tx.execute(
        sa.update(identity_question).where(same).values(state=state, revision=question.revision + 1, **values)
    )
    if done.rowcount != 1:
        raise Stale(None)
    last = ctx.tx.scalar(
        sa.select(sa.func.max(identity_move.c.number)).where(identity_move.c.case_id == question.case_id)
    )
    ctx.tx.execute(
        sa.insert(identity_move),
        {
            "id": new_id(),
            "case_id": question.case_id,
            "number": (last or 0) + 1,
            "move": made,
            "to_state": state,
            "person_id": grant.person_id if grant else None,
            "grant_id": grant.id if grant else None,
            "reason": reason,
            "details": dict(details or {}),
            "at": ctx.now,
        },
    )
    ctx.record(action=ACTIONS[made], subject_kind="case", subject_id=question.case_id)
    moved = question_of(ctx.tx, question.case_id)
    assert moved is not None  # noqa: S101 -- questions are never removed
    return moved


def recheck(tx: Connection, patient_ids: Collection[str], now: datetime) -> None:
    """Close the cases of a person's records, and those whose numbers name them, until they are compared again.

    ``patient_ids`` are all records of the person, locked (`persons.lock`). A case that is compared at this very moment
    stays closed by `facts_at`, and `unchecked` finds it.
    """
    tx.execute(sa.update(patient_table).where(patient_table.c.id.in_(patient_ids)).values(facts_at=now))
    named = sa.select(identity_question.c.case_id).where(identity_question.c.patient_id.in_(patient_ids))
    theirs = case_table.c.patient_id.in_(patient_ids) | case_table.c.id.in_(named)
    cases.uncompare(tx, theirs)


def unchecked(tx: Connection, limit: int) -> list[str]:
    """Cases that nobody has compared with what the register says now, the newest of those never compared first."""
    waiting = sa.select(case_table.c.id).where(case_table.c.identity == Identity.UNCHECKED)
    found = list(tx.scalars(waiting.order_by(case_table.c.received_at.desc()).limit(limit)))
    changed = patient_table.c.facts_at.is_not(None) & case_table.c.facts_at.is_distinct_from(patient_table.c.facts_at)
    linked = sa.select(case_table.c.id).join(patient_table, patient_table.c.id == case_table.c.patient_id)
    named = (
        sa.select(case_table.c.id)
        .join(identity_question, identity_question.c.case_id == case_table.c.id)
        .join(patient_table, patient_table.c.id == identity_question.c.patient_id)
        .where(identity_question.c.state == QuestionState.OPEN, case_table.c.patient_id.is_(None))
    )
    for asked in (linked, named):
        found += tx.scalars(asked.where(changed).limit(limit - len(found)))
    return list(dict.fromkeys(found))


def compared(tx: Connection, case: Case) -> tuple[Patient | None, list[SaidByStudy]]:
    """Whom a case is linked to or its numbers name, and what its images say beside that person."""
    question = question_of(tx, case.id)
    meant = case.patient_id or (question.patient_id if question else None)
    patient = patients.by_id(tx, meant) if meant else None
    return patient, identity_evidence.said_in(tx, case.id, patient)


def _hold(ctx: Context[Who], case: Case, question: Question | None, meant: str | None) -> None:
    if question is not None and question.state is QuestionState.OPEN:
        if question.patient_id != meant:
            ask(ctx, case.id, patient_id=meant, order_id=question.order_id, number_differs=False)
        return
    order = matching.order_of(ctx.tx, case.id)
    ask(ctx, case.id, patient_id=meant, order_id=order.id if order else None)


def _tell(ctx: Context[Who], before: Case, judged: Case) -> None:
    """Tell the person of a final report that was nobody's, or another's, until now."""
    had = None if before.identity is Identity.DIFFERS else before.patient_id
    if judged.patient_id is None or (had is not None and persons.one_person(ctx.tx, had, judged.patient_id)):
        return
    final = versions.final(ctx.tx, judged.id)
    if final is not None:
        outbox.post(ctx.tx, "report.attributed", final.id, {"case_id": judged.id, "number": final.number}, ctx.now)


def _write(tx: Connection, case: Case, **values: Any) -> Case:
    changed = any(getattr(case, name) != value for name, value in values.items())
    return cases.change(tx, case, **values) if changed else case
