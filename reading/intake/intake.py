"""Intake: the first instance of a study opens a case, and a retake joins the case that waits for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from reading.access import door
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import UNREAD, Move, State, Step
from reading.completeness import announcements, follow_ups, image_set, ledger
from reading.context import Context, Who, without_door
from reading.dicom_dates import parse_date
from reading.errors import MoveNotAllowed, NotAllowed, NotThere
from reading.intake import awaiting, identity, identity_evidence, retakes
from reading.intake.study_content import NOT_PICTURES, look_of, shown_side
from reading.kinds import Priority, Role
from reading.orders import order_state, orders, progress
from reading.orders.orders import Order, Procedure
from reading.patients import patients, persons
from reading.patients.keys import Keys
from reading.patients.patients import Patient
from reading.patients.same_name import Answer
from reading.patients.same_person import compare, said_by
from reading.register import organisations
from reading.register.grants import may_act
from reading.rules import case_clock, case_facts, case_rule, policy, staffing
from reading.rules.examination_time import start_of_examination
from reading.viewers import Staff
from storage.ids import new_id
from storage.records import Study

DONE: Final = frozenset({State.FINAL, State.WITHHELD, State.WITHDRAWN})
"""States in which a case does not arrive again: images after a final report open a follow-up."""


@without_door("The system takes in what any site sends.")
def take_in(ctx: Context[Who], keys: Keys, study: Study, *, answers: bool = True) -> Case:
    """The case of a study that has received something: found, or opened; to be called again whenever more has come.

    Its images are compared with whomever their numbers name (`reading.intake.identity`), each time.
    ``answers``: the study may be the retake that a returned case waits for, and then joins that case.
    """
    found = cases.of_study(ctx.tx, study.study_uid)
    if found is not None:
        _more(ctx, study, cases.lock(ctx.tx, found.id))
        return awaiting.begin(ctx, identity.judge(ctx, found.id))
    try:
        with ctx.tx.begin_nested():
            return awaiting.begin(ctx, identity.judge(ctx, _first(ctx, keys, study, answers=answers).id))
    except IntegrityError:
        # Another worker took it in at the same moment: a study has one case.
        found = cases.of_study(ctx.tx, study.study_uid)
        if found is None:
            raise
        return found


def resubmit(ctx: Context[Staff], case_id: str, *, why: str, seen: int | None = None) -> Case:
    """The township answers a case that was returned to it, with the facts that were missing.

    Raises:
        NotThere: no such case.
        NotAllowed: they do not work at the site, or all its images are rejected.
        MoveNotAllowed: it was not returned.
        Invalid: no answer was given.
        Stale: the case has changed since its revision ``seen``.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id, seen=seen)
    roles = (Role.TECHNICIAN, Role.CLINICIAN)
    grant = next(
        (one for one in (may_act(ctx.tx, ctx.who, role, case.site_id, ctx.now) for role in roles) if one), None
    )
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    if case.state is not State.RETURNED:
        raise MoveNotAllowed(case.state, Move.RESUBMIT)
    if not image_set.counts(ctx.tx, cases.study_uids(ctx.tx, case_id))[1]:
        raise NotAllowed("no_image_is_shown")
    tier = case_rule.home_tier(ctx.tx, case)
    moved = cases.move(ctx, case, Move.RESUBMIT, grant=grant, why=cases.reason(why), tier=tier)
    return case_clock.go_on(ctx, moved)


def _first(ctx: Context[Who], keys: Keys, study: Study, *, answers: bool) -> Case:
    named = _named_by(ctx.tx, keys, study, ctx.now)
    order = None if named.differs else named.order
    patient_id = named.patient_id if not named.differs else None
    answered = _answered(ctx.tx, study, order, patient_id) if answers and not named.differs else None
    if answered is not None and not identity_evidence.contradicts(ctx.tx, answered.id, said_by(study)):
        case = cases.lock(ctx.tx, answered.id)
        cases.join_study(ctx.tx, case.id, study.study_uid, ctx.now)
        return _resubmitted(ctx, cases.change(ctx.tx, case, arriving=True, arriving_since=ctx.now))
    # Whoever it is: what is urgent by its order is read as urgently while somebody finds that out.
    priority = named.order.priority if named.order else Priority.ROUTINE
    case = cases.create(ctx, _opened(ctx.tx, study, order, patient_id, priority, ctx.now), study.study_uid)
    if named.differs:
        identity.ask(
            ctx.by(SYSTEM),
            case.id,
            patient_id=named.patient_id,
            order_id=named.order.id if named.order else None,
            number_differs=named.number_differs,
        )
    if order is not None:
        meant = [one.id for one in meant_by(order, study.study_uid)]
        cases.join_procedures(ctx.tx, case.id, meant, ctx.now)
        progress.move(ctx.tx, order.id, meant, order_state.Move.ARRIVE)
    return case


def _answered(tx: Connection, study: Study, order: Order | None, patient_id: str | None) -> Case | None:
    modality = look_of(tx, study.study_uid).modality
    return retakes.answered(tx, study, modality=modality, order=order, patient_id=patient_id)


@dataclass(frozen=True, kw_only=True)
class _NamedBy:
    """Whom the numbers of a study name: its Study Instance UID, its accession number, its patient number."""

    order: Order | None
    patient_id: str | None
    number_differs: bool
    """The patient number is another person's than the order's."""
    differs: bool
    """The numbers contradict one another, or what the images say: nothing is joined until a person decides."""


def _named_by(tx: Connection, keys: Keys, study: Study, now: datetime) -> _NamedBy:
    order = _order_of(tx, study)
    known = patients.of_device_id(tx, keys, study.issuer, study.patient_id, now)
    patient = patients.by_id(tx, order.patient_id) if order else known
    numbers = (order.patient_id, known.id) if order is not None and known is not None else None
    number_differs = numbers is not None and not persons.one_person(tx, *numbers)
    differs = patient is not None and compare(said_by(study), patient).verdict is Answer.DIFFERS
    return _NamedBy(
        order=order,
        patient_id=patient.id if patient else None,
        number_differs=number_differs,
        differs=differs or number_differs,
    )


def _opened(  # noqa: PLR0917
    tx: Connection, study: Study, order: Order | None, patient_id: str | None, priority: Priority, now: datetime
) -> Case:
    look = look_of(tx, study.study_uid)
    asked = next(iter(meant_by(order, study.study_uid)), None) if order else None
    body_part = look.body_part or (asked.body_part if asked else "")
    site = organisations.by_id(tx, study.site_id)
    if site is None:
        raise NotThere
    began = start_of_examination(
        study_date=study.study_date,
        study_time=study.study_time,
        timezone_offset=study.timezone_offset,
        time_zone=site.time_zone,
        received_at=study.first_received_at,
    )
    in_force = policy.in_force(tx, now)
    rule = in_force.match(
        case_facts.facts_at_arrival(
            tx,
            modality=look.modality,
            body_part=body_part,
            site=site,
            person=case_facts.Person(sex=case_facts.sex_of(study.sex), born=parse_date(study.birth_date)),
            requested=_requested(order),
            priority=priority,
            examined_at=began.at,
            received_at=study.first_received_at,
        )
    )
    opened = Case(
        id=new_id(),
        site_id=study.site_id,
        patient_id=patient_id,
        state=State.WAITING_READ,
        tier=rule.tier,
        step=Step.READ,
        arriving=True,
        priority=priority,
        modality=look.modality,
        body_part=body_part,
        laterality=look.laterality or (asked.laterality if asked else ""),
        critical=False,
        policy_id=in_force.id,
        rule=rule.name,
        examined_at=began.at,
        received_at=study.first_received_at,
        due_at=case_clock.due_at(tx, rule, site.id, study.first_received_at),
        clock_wrong=began.clock_wrong,
        revision=1,
        look_at=now,
        skills=staffing.asked(rule.skills),
        by_two=rule.double_reading is not None,
    )
    return replace(opened, skills_until=staffing.open_from(opened.received_at, opened.due_at))


def _requested(order: Order | None) -> case_facts.Requested:
    if order is None:
        return case_facts.Requested()
    return case_facts.Requested(department=order.department, contrast=order.contrast, reason=order.reason)


def _more(ctx: Context[Who], study: Study, case: Case) -> None:
    ledger.fulfil(ctx.tx, [study.study_uid], ctx.now)
    follow_ups.open_if_late(ctx, case)
    # One view of several came first, and did not say what the others show; a released version keeps its own identity.
    shown = shown_side(ctx.tx, cases.study_uids(ctx.tx, case.id))
    if shown and shown != case.laterality:
        case = cases.change(ctx.tx, case, laterality=shown)
    if case.state in DONE:
        return
    if case.state is State.EMPTIED:
        if not study.instances:
            return
        tier = case_rule.home_tier(ctx.tx, case)
        case = case_clock.go_on(ctx, cases.move(ctx, case, Move.REFILL, grant=None, tier=tier))
    counted = announcements.counted_when_quiet(ctx.tx, study.study_uid)
    is_new = counted is None or study.instances > counted
    if is_new and not case.arriving:
        case = cases.change(ctx.tx, case, arriving=True, arriving_since=ctx.now)
    if is_new and case.state is State.RETURNED:
        case = _resubmitted(ctx, case)
    look = look_of(ctx.tx, study.study_uid)
    # The first instance may have been a report or a localiser that does not say what the others do.
    if case.state in UNREAD and case.modality in NOT_PICTURES and look.modality not in NOT_PICTURES:
        case_rule.retriage(
            ctx.tx,
            case,
            modality=look.modality,
            body_part=look.body_part or case.body_part,
        )


def _resubmitted(ctx: Context[Who], case: Case) -> Case:
    tier = case_rule.home_tier(ctx.tx, case)
    return case_clock.go_on(ctx, cases.move(ctx, case, Move.RESUBMIT, grant=None, tier=tier))


def _order_of(tx: Connection, study: Study) -> Order | None:
    """The order that a study answers: by its Study Instance UID from our worklist, else by accession number."""
    order = orders.by_study(tx, study.study_uid)
    if order is not None and order.site_id == study.site_id:
        return order
    number = study.accession_number.strip()
    return orders.by_accession(tx, study.site_id, number) if number else None


def known_by_number(tx: Connection, keys: Keys, study: Study, now: datetime) -> Patient | None:
    """The patient whose number the images carry; None where they name another person."""
    found = patients.of_device_id(tx, keys, study.issuer, study.patient_id, now)
    another = found is not None and compare(said_by(study), found).verdict is Answer.DIFFERS
    return None if another else found


def meant_by(order: Order, study_uid: str) -> tuple[Procedure, ...]:
    """The procedures that a study answers: the one with its UID, or all where only the accession number is known."""
    return tuple(one for one in order.procedures if one.study_uid == study_uid) or order.procedures
