"""A full number opens one person, or one examination, to whoever treats, until its time: every look, and no act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.access import door, visibility
from reading.access.act_transaction import acting
from reading.actions import Action
from reading.administrators import emergencies
from reading.audit import Outcome, events_about
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.context import Context, Guess
from reading.desk import desk, export, worklist
from reading.desk.worklist import Filters
from reading.emergency_access import emergency_rows, opening
from reading.emergency_access.emergency_rows import Emergency
from reading.emergency_access.opening import Wanted
from reading.emergency_access.rules import FREE, FoundBy, Reason, Verdict
from reading.errors import Invalid, NotAllowed, NotThere, ProofTooOld, TooManyAttempts
from reading.kinds import Role
from reading.patients import patients
from reading.patients.patients import Patient
from reading.queue import claiming
from reading.register import roles
from reading.reports.versions import Status
from reading.sharing import shares
from reading.signing import withhold
from reading.tables import patient as patient_table
from reading.viewers import SessionFacts, Staff
from storage.database import transaction
from storage.index import queries
from tests.plans import listening, plans_of, reads_through
from tests.reading.access.test_visibility import STUDY, pias_case
from tests.reading.clinic import Clinic, arrive, messages, open_clinic, read
from tests.reading.region import KEYS, PIA_CARD, hire, staff_of

LASTS = timedelta(hours=4)
WORDS = "昏迷送来, 需看既往影像"


@dataclass
class Stage:
    tx: Connection
    clinic: Clinic
    now: datetime
    patient: Patient
    case: Case
    version_id: str
    other: Case
    """Another examination of the same person."""
    somebodys: Case
    """An examination of somebody else at the same site."""
    chen: Staff
    """A clinician at Moor, which belongs to another county."""

    def ctx(self, who: Staff) -> Context[Staff]:
        return Context(self.tx, self.clinic.audit, self.now, who, self.clinic.seal.public_key, guess=Guess())


def stage(tx: Connection, now: datetime) -> Stage:
    clinic = open_clinic(tx, now)
    patient, case = pias_case(tx, clinic, now)
    other = arrive(tx, clinic, "1.9", now, patient_id="P1", accession_number="A-77")
    somebodys = arrive(tx, clinic, "1.10", now, patient_id="P2")
    version = read(tx, clinic, clinic.ada, case.id, now)
    chen = hire(tx, "chen", now, (Role.CLINICIAN, clinic.region.moor))
    return Stage(tx, clinic, now, patient, case, version.id, other, somebodys, chen)


def proved(who: Staff, at: datetime) -> Staff:
    """Somebody who typed their password just now."""
    session = SessionFacts(token_digest=b"t", csrf_token="", proved_at=at, must_change_password=False, typed_at=at)
    return replace(who, session=session)


def wanted(by: FoundBy, value: str, site_code: str = "", words: str = WORDS) -> Wanted:
    return Wanted(by=by, value=value, site_code=site_code, reason=Reason.LIFE, words=words)


def opens(at: Stage, who: Staff, what: Wanted, lasts: timedelta = LASTS) -> list[Emergency]:
    return opening.open_in_emergency(at.ctx(proved(who, at.now)), KEYS, what, lasts)


def allowed(look: Callable[[], object]) -> bool:
    try:
        look()
    except (NotThere, NotAllowed):
        return False
    return True


def looks(at: Stage, who: Staff, case: Case) -> set[bool]:
    """What the ways of looking at an examination say: desk, images in every protocol, and its report."""
    uid = cases.study_uids(at.tx, case.id)[0]
    scope = visibility.scope(at.tx, who, at.now, Action.STUDY_FRAMES)
    found = {
        allowed(lambda: desk.detail(at.ctx(who), case.id)),
        allowed(lambda: desk.standing(at.ctx(who), case.id)),
        queries.seen_instance(at.tx, scope, f"{uid}.1.1") is not None,
        allowed(lambda: door.open_study(at.ctx(who), uid, Action.STUDY_METADATA)),
    }
    if case.id == at.case.id:
        found.add(allowed(lambda: door.open_report(at.ctx(who), at.version_id, Action.REPORT_READ)))
    return found


def acts(at: Stage, who: Staff, case: Case) -> list[str]:
    """The acts that an emergency lets somebody do: none."""
    uid = cases.study_uids(at.tx, case.id)[0]
    until = at.now + timedelta(days=1)
    tried: dict[str, Callable[[], object]] = {
        "open": lambda: door.open_case(at.ctx(who), case.id, Action.CASE_OPEN),
        "claim": lambda: claiming.claim(at.ctx(who), case.id),
        "export": lambda: export.export_case(at.ctx(who), case.id),
        "share": lambda: shares.share_study(at.ctx(who), uid, site_code="lake", until=until, reason="x"),
        "withhold": lambda: withhold.withhold(at.ctx(who), case.id, why="x"),
        "register": lambda: door.open_patient(at.ctx(who), at.patient.id, Action.PATIENT_OPEN),
    }
    return [name for name, act in tried.items() if allowed(act)]


def test_a_number_opens_the_person_until_its_time_and_changes_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        assert looks(at, at.chen, at.case) == {False}
        (made,) = opens(at, at.chen, wanted(FoundBy.NUMBER, at.patient.number))

        assert (made.patient_id, made.case_id, made.until) == (at.patient.id, None, now + LASTS)
        assert looks(at, at.chen, at.case) == looks(at, at.chen, at.other) == {True}
        assert looks(at, at.chen, at.somebodys) == looks(at, at.clinic.quinn, at.case) == {False}
        assert acts(at, at.chen, at.case) == []
        assert worklist.list_cases(tx, at.chen, Filters(), limit=10, offset=0, now=now).total == 0
        assert [one.version.status for one in desk.detail(at.ctx(at.chen), at.case.id).versions] == [Status.FINAL]
        assert [one.case.id for one in desk.detail(at.ctx(at.chen), at.other.id).priors] == [at.case.id]
        ((row, shown),) = opening.own(at.ctx(at.chen))
        assert (row.id, {one.id for one in shown.cases}) == (made.id, {at.case.id, at.other.id})
        assert [(one.reason, one.person_id) for one in emergency_rows.about(tx, at.case)] == [
            (Reason.LIFE, at.chen.person_id)
        ]
        event = events_about(tx, "patient", at.patient.id)[0]
        assert (event.action, event.actor.id, event.details["reason"]) == ("emergency.open", at.chen.person_id, "life")
        assert WORDS not in str([one.details for one in events_about(tx, "patient", at.patient.id)])
        assert [one.payload for one in messages(tx) if one.kind == "emergency.opened"] == [
            {"organisation_id": at.clinic.region.hills.id}
        ]

        at.now = made.until - timedelta(microseconds=1)
        assert looks(at, at.chen, at.case) == {True}
        at.now = made.until
        assert looks(at, at.chen, at.case) == {False}


def test_lists_ask_for_what_is_lent_only_where_something_is(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)

        def asked() -> str:
            with listening(engine) as statements:
                scope = visibility.scope(tx, at.chen, now, Action.STUDY_SEARCH)
                del statements[:]
                queries.search_studies(tx, scope, [], limit=25)
            return statements[0][0]

        lending = ("emergency_access", "consultation", "referral")
        assert [table in asked() for table in lending] == [False, False, False]
        opens(at, at.chen, wanted(FoundBy.IDENTITY_CARD, PIA_CARD))
        assert [table in asked() for table in lending] == [True, False, False]


def test_a_card_opens_the_person_and_an_accession_number_one_examination(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        (by_number,) = opens(at, at.chen, wanted(FoundBy.ACCESSION, "A-77", "hills"))

        assert (by_number.case_id, by_number.patient_id) == (at.other.id, None)
        assert looks(at, at.chen, at.other) == {True}
        assert looks(at, at.chen, at.case) == {False}
        assert opens(at, at.clinic.quinn, wanted(FoundBy.IDENTITY_CARD, PIA_CARD))[0].patient_id == at.patient.id
        assert looks(at, at.clinic.quinn, at.case) == {True}
        at.now += timedelta(minutes=1)
        with pytest.raises(NotThere):  # of another site, which may use the same number
            opens(at, at.chen, wanted(FoundBy.ACCESSION, "A-77", "lake"))


def close(at: Stage, made: Emergency) -> None:
    opening.close(at.ctx(at.chen), made.id)


def misuse(at: Stage, made: Emergency) -> None:
    sid = hire(at.tx, "sid", at.now, (Role.SECURITY_ADMINISTRATOR, at.clinic.region.city))
    emergencies.judge(at.ctx(sid), made.id, Verdict.MISUSE, "不是急诊")


def lose_the_role(at: Stage, _made: Emergency) -> None:
    sid = hire(at.tx, "sid", at.now, (Role.SECURITY_ADMINISTRATOR, at.clinic.region.city))
    roles.revoke(at.ctx(sid), "chen", "moor", Role.CLINICIAN)


def withhold_it(at: Stage, _made: Emergency) -> None:
    withhold.withhold(at.ctx(at.clinic.mona), at.case.id, why="患者错误")


def doubt_it(at: Stage, _made: Emergency) -> None:
    cases.change(at.tx, cases.by_id(at.tx, at.case.id), identity=Identity.DIFFERS)


@pytest.mark.parametrize("ends", [close, misuse, lose_the_role, withhold_it, doubt_it])
def test_it_ends_before_its_time(engine: Engine, now: datetime, ends: Callable[[Stage, Emergency], None]) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        (made,) = opens(at, at.chen, wanted(FoundBy.NUMBER, at.patient.number))
        ends(at, made)
        chen = staff_of(tx, at.chen.person_id, now)

        assert looks(at, chen, at.case) == {False}
        if ends in {withhold_it, doubt_it}:  # it is said that something is held back, and by whom
            ((_, shown),) = opening.own(at.ctx(chen))
            assert (shown.kept_back, [one.id for one in shown.cases]) == ([at.clinic.region.hills.id], [at.other.id])
        elif ends is not lose_the_role:
            assert opening.own(at.ctx(chen)) == []


def test_each_refusal(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        number = wanted(FoundBy.NUMBER, at.patient.number)
        sam = hire(tx, "sam", now, (Role.SYSTEM_ADMINISTRATOR, at.clinic.region.city))
        both = replace(at.chen, grants=(*at.chen.grants, *sam.grants))
        refusals: list[tuple[type[Exception], Callable[[], object]]] = [
            *(
                (NotAllowed, lambda who=who: opens(at, who, number))
                for who in (at.clinic.tang, at.clinic.mona, sam, both)
            ),
            (NotAllowed, lambda: opens(at, at.chen, number, timedelta(0))),
            (NotAllowed, lambda: opening.own(at.ctx(at.clinic.tang))),
            (Invalid, lambda: opens(at, at.chen, replace(number, words="急"))),
            (Invalid, lambda: opens(at, at.chen, replace(number, value=" "))),
            (Invalid, lambda: opens(at, at.chen, wanted(FoundBy.ACCESSION, "A-77", "nowhere"))),
            (Invalid, lambda: opens(at, at.clinic.ada, number)),  # who reads for the site sees it anyway
            (ProofTooOld, lambda: opening.open_in_emergency(at.ctx(at.chen), KEYS, number, LASTS)),
            (
                ProofTooOld,
                lambda: opening.open_in_emergency(
                    at.ctx(proved(at.chen, now - timedelta(minutes=6))), KEYS, number, LASTS
                ),
            ),
            (NotThere, lambda: opens(at, at.chen, replace(number, value="0000000000"))),
            (NotThere, lambda: opens(at, at.chen, replace(number, value="Pia"))),
            (NotThere, lambda: opens(at, at.chen, wanted(FoundBy.HEALTH_CARD, PIA_CARD))),
        ]
        for refusal, act in refusals:
            with pytest.raises(refusal):
                act()

        assert emergency_rows.about(tx, at.case) == []
        (made,) = opens(at, at.chen, number)
        with pytest.raises(NotThere):
            opening.close(at.ctx(at.clinic.quinn), made.id)


def test_a_person_all_of_whose_images_are_held_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        for one in (at.case, at.other):
            cases.change(tx, cases.by_id(tx, one.id), identity=Identity.DIFFERS)

        with pytest.raises(NotThere):
            opens(at, at.chen, wanted(FoundBy.NUMBER, at.patient.number))


def test_records_that_are_merged_afterwards_are_one_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        again = patients.register(
            tx, KEYS, name="Pia", birth_date=at.patient.birth_date, sex=at.patient.sex, identifiers=[], now=now
        )
        cases.change(tx, cases.by_id(tx, at.somebodys.id), patient_id=again.id, identity=Identity.AGREES)
        opens(at, at.chen, wanted(FoundBy.NUMBER, at.patient.number))
        assert looks(at, at.chen, cases.by_id(tx, at.somebodys.id)) == {False}
        tx.execute(patient_table.update().where(patient_table.c.id == again.id).values(merged_into=at.patient.id))

        assert looks(at, at.chen, cases.by_id(tx, at.somebodys.id)) == {True}


def test_records_that_are_parted_afterwards_leave_the_one_that_was_named(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        again = patients.register(
            tx, KEYS, name="Pia", birth_date=at.patient.birth_date, sex=at.patient.sex, identifiers=[], now=now
        )
        of_again = cases.change(tx, cases.by_id(tx, at.somebodys.id), patient_id=again.id, identity=Identity.AGREES)
        merged = patient_table.update().where(patient_table.c.id == again.id)
        tx.execute(merged.values(merged_into=at.patient.id))
        opens(at, at.chen, wanted(FoundBy.NUMBER, again.number))
        assert looks(at, at.chen, of_again) == looks(at, at.chen, at.case) == {True}
        tx.execute(merged.values(merged_into=None))

        assert looks(at, at.chen, of_again) == {True}
        assert looks(at, at.chen, at.case) == {False}


def test_many_openings_wait_and_wrong_numbers_are_counted_as_everywhere(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)
        numbers = []
        for each in range(FREE + 1):
            one = arrive(tx, at.clinic, f"1.7.{each}", now, patient_id=f"Q{each}", accession_number=f"B-{each}")
            numbers.append((one.id, f"B-{each}"))
        for _, number in numbers[:FREE]:
            at.now += timedelta(seconds=10)
            opens(at, at.chen, wanted(FoundBy.ACCESSION, number, "hills"))
        at.now += timedelta(seconds=10)
        with pytest.raises(TooManyAttempts) as wait:
            opens(at, at.chen, wanted(FoundBy.ACCESSION, numbers[-1][1], "hills"))

        assert wait.value.retry_after == timedelta(seconds=50)
        at.now += wait.value.retry_after
        assert opens(at, at.chen, wanted(FoundBy.ACCESSION, numbers[-1][1], "hills"))
    quinn = proved(at.clinic.quinn, at.now)
    with pytest.raises(NotThere), acting(engine, at.clinic.audit, at.now, quinn, naming=KEYS) as ctx:
        opening.open_in_emergency(ctx, KEYS, wanted(FoundBy.NUMBER, "0000000000"), LASTS)
    with transaction(engine) as tx:
        (event,) = [one for one in events_about(tx, "patient", "") if one.action == "emergency.find"]
        assert (event.outcome, event.actor.id) == (Outcome.REFUSED, at.clinic.quinn.person_id)


def test_no_table_is_read_from_end_to_end(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        at = stage(tx, now)

    plans = plans_of(engine, lambda tx: desk.standing(replace(at, tx=tx).ctx(at.clinic.ada), at.case.id))
    plans += plans_of(engine, lambda tx: door.open_study_again(tx, at.clinic.ada, STUDY, Action.STUDY_FRAMES, now))

    assert plans
    for plan in plans:
        for table in ("case", "case_study", "study", "patient", "emergency_access"):
            assert not reads_through(plan, table), plan
