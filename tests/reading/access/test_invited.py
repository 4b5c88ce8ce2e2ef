"""An invitation opens one case to the person who is asked, in every way of looking, and ends to the second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.access import door, visibility
from reading.access.consultations import open_consultation
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.consultation import asking, opinions, thread
from reading.consultation.consultation_rows import Consultation
from reading.context import Context
from reading.desk import desk, export, worklist
from reading.desk.worklist import Filters
from reading.errors import NotThere
from reading.kinds import Role, Sex
from reading.patients import patients
from reading.rules import policy
from reading.rules.shipped_policies import shipped
from reading.signing import printing, withhold
from reading.viewers import Staff
from storage.database import transaction
from storage.index import queries
from tests.reading.access.test_visibility import STUDY, pias_case
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.consultation.asked import DAY, ask, conclude, speak
from tests.reading.region import KEYS

TICK = timedelta(microseconds=1)


@dataclass
class Stage:
    tx: Connection
    clinic: Clinic
    now: datetime
    patient_id: str
    case: Case
    version_id: str
    other: Case
    """Another case of the same person."""
    asked: Consultation

    def ctx(self, who: Staff) -> Context[Staff]:
        return Context(self.tx, self.clinic.audit, self.now, who, self.clinic.seal.public_key)


def stage(tx: Connection, now: datetime) -> Stage:
    clinic = open_clinic(tx, now)
    patient, case = pias_case(tx, clinic, now)
    other = arrive(tx, clinic, "1.9", now, patient_id="P1")
    version = read(tx, clinic, clinic.ada, case.id, now)
    asked = ask(tx, clinic, case, now)
    return Stage(tx, clinic, now, patient.id, case, version.id, other, asked)


def frames_of(stage: Stage, who: Staff, case: Case) -> bool:
    """As DICOMweb and DIMSE search and open, image by image."""
    uid = cases.study_uids(stage.tx, case.id)[0]
    scope = visibility.scope(stage.tx, who, stage.now, Action.STUDY_FRAMES)
    seen = queries.seen_instance(stage.tx, scope, f"{uid}.1.1") is not None
    assert seen == bool(queries.instances_in(stage.tx, scope, uid))
    return seen


def opens(look: Callable[[], object]) -> bool:
    try:
        look()
    except NotThere:
        return False
    return True


LOOKS: dict[str, Callable[[Stage, Staff, Case], bool]] = {
    "the desk": lambda at, who, case: opens(lambda: desk.detail(at.ctx(who), case.id)),
    "the desk that stands open": lambda at, who, case: opens(lambda: desk.standing(at.ctx(who), case.id)),
    "the images, by every protocol": frames_of,
    "the study, by every protocol": lambda at, who, case: opens(
        lambda: door.open_study(at.ctx(who), cases.study_uids(at.tx, case.id)[0], Action.STUDY_METADATA)
    ),
}
OF_THE_CASE: dict[str, Callable[[Stage, Staff], bool]] = {
    "the report": lambda at, who: opens(lambda: door.open_report(at.ctx(who), at.version_id, Action.REPORT_READ)),
    "the report on paper": lambda at, who: opens(lambda: printing.print_report(at.ctx(who), at.version_id)),
    "the thread": lambda at, who: opens(lambda: thread.thread(at.ctx(who), at.asked.id)),
    "its row": lambda at, who: opens(lambda: open_consultation(at.ctx(who), at.asked.id, Action.CONSULTATION_OPEN)),
    "their list": lambda at, who: bool(thread.own(at.ctx(who))),
    "an opinion": lambda at, who: opens(
        lambda: opinions.speak(at.ctx(who), at.asked.id, words="炎症", key_images=[(f"{STUDY}.1.1", 1)])
    ),
}
NEVER: dict[str, Callable[[Stage, Staff], bool]] = {
    "any act on the case": lambda at, who: opens(lambda: door.open_case(at.ctx(who), at.case.id, Action.CASE_OPEN)),
    "the zip": lambda at, who: opens(lambda: export.export_case(at.ctx(who), at.case.id)),
    "the moves": lambda at, who: opens(lambda: desk.moves(at.ctx(who), at.case.id)),
    "the patient": lambda at, who: opens(lambda: door.open_patient(at.ctx(who), at.patient_id, Action.PATIENT_OPEN)),
    "the worklist": lambda at, who: bool(
        worklist.list_cases(at.tx, who, Filters(), limit=10, offset=0, now=at.now).total
    ),
    **{f"another case: {name}": lambda at, who, look=look: look(at, who, at.other) for name, look in LOOKS.items()},
}


def seen(at: Stage, who: Staff | None = None) -> set[bool]:
    """What the ways of looking say; what is never seen is asked as well."""
    whoever = who or at.clinic.quinn
    assert [name for name, look in NEVER.items() if look(at, whoever)] == []
    return {look(at, whoever, at.case) for look in LOOKS.values()} | {
        look(at, whoever) for look in OF_THE_CASE.values()
    }


def by_time(at: Stage) -> None:
    at.now = at.asked.until


def by_withdrawal(at: Stage) -> None:
    asking.withdraw(at.ctx(at.clinic.ada), at.asked.id, why="已明确", seen=at.asked.revision)


def by_conclusion(at: Stage) -> None:
    speak(at.tx, at.clinic, at.asked, at.now)
    conclude(at.tx, at.clinic, at.asked, at.now)


def by_removal(at: Stage) -> None:
    asking.remove(at.ctx(at.clinic.ada), at.asked.id, at.clinic.quinn.person_id, seen=at.asked.revision)


def by_withholding(at: Stage) -> None:
    withhold.withhold(at.ctx(at.clinic.mona), at.case.id, why="患者错误")


def by_declining(at: Stage) -> None:
    opinions.decline(at.ctx(at.clinic.quinn), at.asked.id, why="非本专业")


def by_doubt(at: Stage) -> None:
    cases.change(at.tx, cases.by_id(at.tx, at.case.id), identity=Identity.DIFFERS)


ENDS = (by_doubt, by_time, by_withdrawal, by_conclusion, by_removal, by_withholding, by_declining)


def test_who_is_asked_sees_the_case_until_the_end_and_nothing_else_of_the_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        of_the_same_institution = replace(at.clinic.quinn, person_id=at.clinic.tang.person_id)

        assert seen(at, of_the_same_institution) == {False}
        with rolled_back(at):
            at.now = at.asked.until - TICK
            assert seen(at) == {True}
        for ends in ENDS:
            with rolled_back(at):
                ends(at)
                assert seen(at) == {False}, ends


@contextmanager
def rolled_back(at: Stage) -> Iterator[None]:
    """What happens inside is undone, so that each end comes to the same consultation."""
    now, point = at.now, at.tx.begin_nested()
    yield
    point.rollback()
    at.now = now


def test_an_earlier_case_is_seen_where_the_question_names_it_and_acts_stay_shut(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, earlier = pias_case(tx, clinic, now - DAY)
        case = arrive(tx, clinic, "1.9", now, patient_id="P1")
        ask(tx, clinic, case, now, priors=[earlier.id])
        ctx = Context(tx, clinic.audit, now, clinic.quinn)
        found = desk.detail(ctx, case.id)

        assert [one.case.id for one in found.priors] == [earlier.id]
        assert found.allowed == frozenset()
        assert desk.detail(ctx, earlier.id).priors == ()
        with pytest.raises(NotThere):
            door.open_case(ctx, earlier.id, Action.CASE_OPEN)


def test_an_earlier_case_that_turns_out_to_be_somebody_elses_is_seen_no_longer(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, earlier = pias_case(tx, clinic, now - DAY)
        case = arrive(tx, clinic, "1.9", now, patient_id="P1")
        other = patients.register(tx, KEYS, name="李", birth_date=None, sex=Sex.MALE, identifiers=[], now=now).id
        ask(tx, clinic, case, now, priors=[earlier.id])

        def sees() -> bool:
            return opens(lambda: desk.detail(Context(tx, clinic.audit, now, clinic.quinn), earlier.id))

        assert sees()
        for one, changed in ((earlier, "patient"), (case, "patient"), (earlier, "identity"), (case, "identity")):
            point = tx.begin_nested()
            value = other if changed == "patient" else Identity.DIFFERS
            cases.change(tx, cases.by_id(tx, one.id), **{"patient_id" if changed == "patient" else changed: value})
            assert not sees(), (one.id == case.id, changed)
            point.rollback()
        assert sees()


def test_whoever_holds_no_role_there_any_longer_sees_it_no_longer(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        held = {
            role: replace(at.clinic.quinn, grants=tuple(one for one in at.clinic.quinn.grants if one.role is role))
            for role in (Role.READER, Role.TECHNICIAN, Role.QUALITY_MANAGER)
        }

        assert seen(at, replace(at.clinic.quinn, grants=())) == {False}
        assert seen(at, held[Role.TECHNICIAN]) == seen(at, held[Role.QUALITY_MANAGER]) == {False}
        assert seen(at, held[Role.READER]) == {True}


def test_what_colleagues_said_is_hidden_while_two_people_read_the_case_blind(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        asked = ask(tx, clinic, case, now)
        speak(tx, clinic, asked, now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        assert thread.thread(ada, asked.id).opinions
        made = policy.add(tx, shipped("mammography"), None, now, version=policy.newest_version(tx) + 1)
        rule = next(one for one in made.rules if one.double_reading is not None)
        cases.change(tx, cases.by_id(tx, case.id), policy_id=made.id, rule=rule.name, by_two=True)

        for who in (clinic.ada, clinic.vera, clinic.quinn):
            ctx = Context(tx, clinic.audit, now, who)
            assert not opens(lambda ctx=ctx: thread.thread(ctx, asked.id))
            assert thread.own(ctx) == []
