"""What a person decides about images that contradict whom their numbers name: one person, another one, or undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import DECIDED, Identity, QuestionMove, QuestionState
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed
from reading.intake import correction, identity, order_match
from reading.intake.identity import Decided, Question
from reading.intake.identity_evidence import SaidByStudy
from reading.intake.putting_right import identity as identity_of
from reading.orders import matching, orders, progress
from reading.orders.order_state import WITHOUT_IMAGES, Move
from reading.orders.orders import Order
from reading.patients import attribution, patients, persons
from reading.patients.keys import Keys
from reading.patients.patients import Patient
from reading.reports import versions
from reading.signing import order_join
from reading.tables import case_procedure
from reading.viewers import Staff

_TAKEN_BACK: Final = frozenset({QuestionMove.CONFIRM, QuestionMove.PART})


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Both sides of the question whose the images of a case are."""

    case: Case
    question: Question | None
    """None where nothing was ever in question."""
    order: Order | None
    """The order that the images answer, or that their numbers name."""
    patient: Patient | None
    """Whom the case is linked to, or whom the numbers name."""
    studies: list[SaidByStudy]
    history: list[Decided]
    decides: bool
    """Whether whoever looks may decide."""
    report_stands: bool
    """Then a confirmation cannot be taken back before the report is withheld."""


def open_sides(ctx: Context[Staff], case_id: str) -> Sides:
    """What the images say and what order and register say, side by side; the look is on record.

    Raises:
        NotThere: no such case, or not one that they may see.

    """
    case = door.open_case(ctx, case_id, Action.IDENTITY_OPEN)
    question = identity.question_of(ctx.tx, case_id)
    patient, studies = identity.compared(ctx.tx, case)
    named = orders.by_id(ctx.tx, question.order_id) if question and question.order_id else None
    return Sides(
        case=case,
        question=question,
        order=matching.order_of(ctx.tx, case_id) or named,
        patient=patient,
        studies=studies,
        history=identity.history(ctx.tx, case_id),
        decides=correction.may_correct(ctx.tx, ctx.who, case.site_id, ctx.now),
        report_stands=versions.current(ctx.tx, case_id) is not None,
    )


def confirm(ctx: Context[Staff], case_id: str, *, why: str, seen: int) -> None:
    """Decide that the images are of the person whom their numbers name; while nothing is signed they take the name.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the case has changed since its revision ``seen``.
        NotAllowed: they have no part in the site's work.
        MoveNotAllowed: nothing is in question.
        Invalid: no reason was given.

    """
    case, reason = _opened(ctx, case_id, why, seen)
    question = identity.question_of(ctx.tx, case_id)
    is_open = question is not None and question.state is QuestionState.OPEN
    if not is_open and (case.identity is not Identity.SILENT or case.patient_id is None):
        raise MoveNotAllowed(question.state if question else case.identity, QuestionMove.CONFIRM)
    patient_id = question.patient_id if question and is_open else case.patient_id
    patient = patients.by_id(ctx.tx, patient_id) if patient_id else None
    named = question.order_id if question and is_open else None
    if named is not None:
        progress.lock(ctx.tx, named)
    order = orders.by_id(ctx.tx, named) if named else None
    if order is not None and not persons.one_person(ctx.tx, order.patient_id, patient_id):
        order = None
    identity.accept(ctx, case, patient, order_id=order.id if order else None, reason=reason)
    if patient is not None:
        unsigned = versions.current(ctx.tx, case_id) is None
        for study_uid in cases.study_uids(ctx.tx, case_id):
            correction.correct(
                ctx,
                study_uid,
                identity_of(patient) if unsigned else {},
                patient_id=patient.id,
                order_id=order.id if order else None,
                reason=reason,
            )
    judged = identity.judge(ctx, case_id)
    if order is not None and matching.order_of(ctx.tx, case_id) is None:
        order_join.join(ctx, judged, order)


def part(ctx: Context[Staff], keys: Keys, case_id: str, *, why: str, seen: int) -> None:
    """Decide that the images are another person's: they are parted from the order, and nobody is linked.

    Raises:
        NotThere, Stale, NotAllowed, MoveNotAllowed, Invalid: as `confirm`.

    """
    _, reason = _opened(ctx, case_id, why, seen)
    question = identity.question_of(ctx.tx, case_id)
    if question is None or question.state is not QuestionState.OPEN:
        raise MoveNotAllowed(question.state if question else Identity.SILENT, QuestionMove.PART)
    identity.part_from(ctx, case_id, reason=reason)
    if matching.order_of(ctx.tx, case_id) is not None:
        order_match.part(ctx, keys, case_id)
    for study_uid in cases.study_uids(ctx.tx, case_id):
        standing = attribution.current(ctx.tx, study_uid)
        if standing is not None and standing.patient_id is not None:
            nobody = attribution.NOBODY
            correction.correct(ctx, study_uid, {}, patient_id=nobody, order_id=nobody, reason=reason, unlinked=True)
    identity.judge(ctx, case_id)


def undo(ctx: Context[Staff], case_id: str, *, why: str, seen: int) -> None:
    """Take the last decision back: attributes, patient and order of the images are as they were before it.

    Raises:
        NotThere, Stale, NotAllowed, Invalid: as `confirm`; a report that stands has to be withheld first; the order
            of a case that was parted has other images by now, or was cancelled.
        MoveNotAllowed: nobody has decided.

    """
    _, reason = _opened(ctx, case_id, why, seen)
    question = identity.question_of(ctx.tx, case_id)
    if question is None or question.state not in DECIDED:
        raise MoveNotAllowed(question.state if question else Identity.SILENT, QuestionMove.UNDO)
    decided = [one for one in identity.history(ctx.tx, case_id) if one.move in _TAKEN_BACK][-1]
    before = decided.details.get("before", decided.details)
    values: dict[str, Any] = {"accepted": before.get("accepted", [])}
    if decided.move is QuestionMove.CONFIRM:
        values |= {name: before[name] for name in ("patient_id", "order_id", "number_differs")}
        order = matching.order_of(ctx.tx, case_id)
        if order is not None and _joined_at(ctx.tx, case_id, decided.at):
            order_join.part(ctx, case_id, order)
    identity.move(
        ctx,
        question,
        QuestionMove.UNDO,
        grant=identity.grant_of(ctx.tx, ctx.who, cases.by_id(ctx.tx, case_id).site_id, ctx.now),
        reason=reason,
        **values,
    )
    if decided.move is QuestionMove.PART and decided.details["procedures"]:
        progress.lock(ctx.tx, decided.details["order_id"])
        _still_free(ctx.tx, decided.details["order_id"], decided.details["procedures"])
        cases.join_procedures(ctx.tx, case_id, decided.details["procedures"], ctx.now)
        progress.move(ctx.tx, decided.details["order_id"], decided.details["procedures"], Move.ARRIVE)
        order_join.follow(ctx, case_id)
    study_uids = cases.study_uids(ctx.tx, case_id)
    # All of them first: a case of which a part is taken back would be judged by that part.
    for study_uid in study_uids:
        for number in _revisions_at(ctx.tx, study_uid, decided.at):
            attribution.take_back(ctx.tx, study_uid, number, reason=reason, made_by=ctx.who.person_id, now=ctx.now)
    for study_uid in study_uids:
        correction.follow_attribution(ctx, study_uid, unlinked=True)
    identity.judge(ctx, case_id)


def _opened(ctx: Context[Staff], case_id: str, why: str, seen: int) -> tuple[Case, str]:
    door.open_case(ctx, case_id, Action.IDENTITY_OPEN)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    if not correction.may_correct(ctx.tx, ctx.who, case.site_id, ctx.now):
        raise NotAllowed("no_role_for_this_step")
    return case, cases.reason(why)


def _still_free(tx: Connection, order_id: str, procedure_ids: Sequence[str]) -> None:
    """Raises: Invalid, where a part of an order has images by now, or is not to be made any longer."""
    order = orders.by_id(tx, order_id)
    named = [one for one in order.procedures if one.id in procedure_ids] if order is not None else []
    if not named or any(one.state not in WITHOUT_IMAGES for one in named):
        raise Invalid("order", "answered")


def _joined_at(tx: Connection, case_id: str, at: datetime) -> bool:
    """Whether the decision joined the order."""
    joined = case_procedure.c
    asked = sa.select(joined.procedure_id).where(joined.case_id == case_id, joined.joined_at == at)
    return tx.scalar(asked.limit(1)) is not None


def _revisions_at(tx: Connection, study_uid: str, at: datetime) -> list[int]:
    """The revisions that a decision made, the latest first."""
    return [one.revision for one in reversed(attribution.history(tx, study_uid)) if one.made_at == at]
