"""Sessions of patients."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from reading.intake.intake import take_in
from reading.kinds import HeldAs, IdentifierKind, Role, Sex
from reading.patients import merges, patient_identifiers, patients
from reading.patients.merge_moves import Move
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import organisations, people
from reading.sessions import attempts, patient_sessions, receipts, staff_sessions
from reading.sessions.attempts import Caller
from reading.sessions.patient_sessions import PatientSession
from reading.sessions.receipts import Printed
from reading.sessions.staff_sessions import StaffSession
from reading.tables import case, patient_session
from storage.database import snapshot, transaction
from tests.reading.region import KEYS, PIA_CARD, hire, make_region, pia, received
from tests.reading.sessions.test_staff_sessions import HASH, WEB, sign_in

STUDY: Final = "1.2.840.1"


WRONG: Final[list[dict[str, str]]] = [
    {"code": ""},
    {"code": "wrong"},
    {"code": "\0\ud800"},
    {"card": "\0\ud800"},
    {"card": ""},
    {"card": "11010519491231002X"},
    {"card_kind": "health_card"},
    {"card_kind": "patient_number", "card": "\0\ud800"},
]


def printed(engine: Engine, now: datetime) -> tuple[Patient, Printed]:
    """Pia was examined at Hills, and Tang printed her receipt."""
    with transaction(engine) as tx:
        region = make_region(tx, now)
        patient = pia(tx, now)
        tang = hire(tx, "tang", now, (Role.TECHNICIAN, region.hills))
        case = take_in(Context(tx, WEB, now, SYSTEM), KEYS, received(tx, region.hills, STUDY, now))
        return patient, receipts.print_receipt(tx, KEYS, case.id, printed_by=tang.person_id, now=now)


def come_in(
    engine: Engine,
    now: datetime,
    code: str,
    *,
    card_kind: str = "identity_card",
    card: str = PIA_CARD,
    address: str = "10.0.0.1",
) -> PatientSession | WrongCredentials | TooManyAttempts:
    with transaction(engine) as tx:
        return patient_sessions.open_session(
            Context(tx, WEB, now, SYSTEM),
            KEYS,
            card_kind=card_kind,
            card=card,
            code=code,
            caller=Caller(address=address),
        )


def test_a_card_with_its_code_opens_the_case_of_the_receipt(engine: Engine, now: datetime) -> None:
    patient, paper = printed(engine, now)
    opened = come_in(engine, now, f"{paper.code[:4]} {paper.code[4:]}", card=f" {PIA_CARD}")

    assert isinstance(opened, PatientSession)
    assert isinstance(come_in(engine, now, paper.code), PatientSession)
    with snapshot(engine) as tx:
        assert (opened.patient.patient_id, opened.patient.case_id) == (patient.id, tx.scalar(sa.select(case.c.id)))
        assert patient_sessions.by_token(tx, opened.token, now) == opened.patient
        assert patient_sessions.by_token(tx, "another", now) is None
        assert opened.token not in repr(tx.execute(sa.select(patient_session)).all())


def test_somebody_without_a_card_comes_by_the_number_on_the_receipt(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        tang = hire(tx, "tang", now, (Role.TECHNICIAN, region.hills))
        device = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value="P1")
        patient = patients.register(
            tx, KEYS, name="Pia", birth_date=date(1990, 3, 7), sex=Sex.FEMALE, identifiers=[device], now=now
        )
        of_theirs = take_in(Context(tx, WEB, now, SYSTEM), KEYS, received(tx, region.hills, STUDY, now))
        paper = receipts.print_receipt(tx, KEYS, of_theirs.id, printed_by=tang.person_id, now=now)
    number = paper.patient_number
    assert number == patient.number

    opened = come_in(engine, now, paper.code, card_kind="patient_number", card=f" {number[:5].lower()}{number[5:]}")
    wrong = come_in(engine, now, "00000000", card_kind="patient_number", card=number)
    later = now + timedelta(minutes=1)
    with transaction(engine) as tx:  # a second record of the same person had a card all the time
        card_of_another = Identifier(kind=IdentifierKind.HEALTH_CARD, value="A" * 64)
        second = patients.register(
            tx,
            KEYS,
            name="Pia",
            birth_date=date(1990, 3, 7),
            sex=Sex.FEMALE,
            identifiers=[card_of_another],
            now=now,
        )
        claim = merges.propose(tx, patient.id, second.id, reason="x", made_by=tang.person_id, now=now)
        merges.move(tx, claim, Move.MERGE, reason="x", made_by=tang.person_id, now=now)
    merged = come_in(engine, later, paper.code, card_kind="patient_number", card=number)
    with transaction(engine) as tx:
        card = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD)
        patient_identifiers.link(tx, KEYS, patient.id, card, later)
        again = receipts.print_receipt(tx, KEYS, of_theirs.id, printed_by=tang.person_id, now=later)

    assert isinstance(opened, PatientSession)
    assert (opened.patient.patient_id, opened.patient.case_id) == (patient.id, of_theirs.id)
    assert isinstance(wrong, WrongCredentials)
    assert isinstance(merged, PatientSession)
    assert again.patient_number == ""
    assert isinstance(come_in(engine, later, again.code, card_kind="patient_number", card=number), WrongCredentials)
    assert isinstance(come_in(engine, later, again.code), PatientSession)


def test_whoever_held_a_card_comes_by_the_card(engine: Engine, now: datetime) -> None:
    patient, paper = printed(engine, now)

    assert paper.patient_number == ""
    by_number = come_in(engine, now, paper.code, card_kind="patient_number", card=patient.number)
    assert isinstance(by_number, WrongCredentials)


def test_guesses_at_a_number_are_counted_however_it_is_typed(engine: Engine, now: datetime) -> None:
    patient, _ = printed(engine, now)
    typed = (patient.number, patient.number.lower(), f"{patient.number[:4]} {patient.number[4:]}")

    answers = [
        come_in(engine, now, f"{n:08}", card_kind="patient_number", card=typed[n % 3], address=f"10.0.{n}.1")
        for n in range(attempts.CARD.free + 2)
    ]

    assert any(isinstance(one, TooManyAttempts) for one in answers)


def test_neither_a_card_nor_a_code_opens_alone(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)

    for wrong in WRONG:
        assert isinstance(come_in(engine, now, **({"code": paper.code} | wrong)), WrongCredentials)
    assert isinstance(come_in(engine, now, paper.code), PatientSession)


def test_no_other_kind_of_card_is_taken(engine: Engine, now: datetime) -> None:
    for kind in ("name", "device_id", ""):
        with pytest.raises(Invalid) as refused:
            come_in(engine, now, "12345678", card_kind=kind, card="P1")
        assert (refused.value.field, refused.value.problem) == ("card_type", "unknown")


def test_guesses_at_a_code_close_the_card_at_that_address(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    for _ in range(attempts.PAIR.free or 0, -1, -1):
        come_in(engine, now, "00000000" if paper.code != "00000000" else "1")

    assert isinstance(come_in(engine, now, paper.code), TooManyAttempts)
    assert isinstance(come_in(engine, now, paper.code, address="10.0.0.2"), PatientSession)


def test_thirty_five_wrong_cards_keep_no_other_patient_of_the_hospital_out(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    for number in range(35):
        come_in(engine, now, "12345678", card_kind="health_card", card=f"{number:064}")

    assert isinstance(come_in(engine, now, paper.code), PatientSession)


def test_a_guardians_card_opens_the_child_that_the_code_was_printed_for(engine: Engine, now: datetime) -> None:
    mother, _ = printed(engine, now)
    with transaction(engine) as tx:
        shown = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD, held_as=HeldAs.GUARDIAN)
        own = Identifier(kind=IdentifierKind.DEVICE_ID, issuer="HILLS", value="P2")
        kit = patients.register(
            tx, KEYS, name="Kit", birth_date=date(2020, 5, 1), sex=Sex.UNKNOWN, identifiers=[own, shown], now=now
        )
        tang, hills = people.by_username(tx, "tang"), organisations.by_code(tx, "hills")
        assert tang is not None
        assert hills is not None
        case = take_in(
            Context(tx, WEB, now, SYSTEM),
            KEYS,
            received(tx, hills, "1.2.840.2", now, patient_id="P2", patient_name="Kit"),
        )
        paper = receipts.print_receipt(tx, KEYS, case.id, printed_by=tang.id, now=now)

    opened = come_in(engine, now, paper.code)

    assert isinstance(opened, PatientSession)
    assert opened.patient.patient_id == kit.id != mother.id


def test_a_patients_session_is_short(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    opened = come_in(engine, now, paper.code)
    assert isinstance(opened, PatientSession)

    def open_still(minutes: int, *, touch: bool) -> bool:
        at = now + timedelta(minutes=minutes)
        if touch:
            return patient_sessions.at_work(engine, opened.token, at) is not None
        with snapshot(engine) as tx:
            return patient_sessions.by_token(tx, opened.token, at) is not None

    assert open_still(14, touch=True)
    assert open_still(28, touch=False)
    assert not open_still(29, touch=True)


def test_a_session_ends_when_another_receipt_is_printed(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    opened = come_in(engine, now, paper.code)
    assert isinstance(opened, PatientSession)
    with transaction(engine) as tx:
        tang = people.by_username(tx, "tang")
        assert tang is not None
        assert opened.patient.case_id is not None
        receipts.print_receipt(tx, KEYS, opened.patient.case_id, printed_by=tang.id, now=now + timedelta(minutes=1))

    with snapshot(engine) as tx:
        assert patient_sessions.by_token(tx, opened.token, now + timedelta(minutes=1)) is None


def test_a_session_ends_when_the_case_is_somebody_elses(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    opened = come_in(engine, now, paper.code)
    assert isinstance(opened, PatientSession)
    with transaction(engine) as tx:
        assert opened.patient.case_id is not None
        cases.change(tx, cases.by_id(tx, opened.patient.case_id), patient_id=None)

    with snapshot(engine) as tx:
        assert patient_sessions.by_token(tx, opened.token, now) is None


def test_a_patient_signs_out(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    opened = come_in(engine, now, paper.code)
    assert isinstance(opened, PatientSession)

    with transaction(engine) as tx:
        patient_sessions.end(Context(tx, WEB, now, opened.patient), opened.token)
        assert patient_sessions.by_token(tx, opened.token, now) is None


def test_a_patients_token_is_no_staff_token_and_the_other_way_round(engine: Engine, now: datetime) -> None:
    _, paper = printed(engine, now)
    opened = come_in(engine, now, paper.code)
    assert isinstance(opened, PatientSession)
    with transaction(engine) as tx:
        people.set_password(tx, people.list_all(tx)[0].id, HASH, must_change=True)
    staff = sign_in(engine, now, username="tang")
    assert isinstance(staff, StaffSession)

    assert staff.staff.session is not None
    assert staff.staff.session.must_change_password
    with snapshot(engine) as tx:
        assert staff_sessions.by_token(tx, opened.token, now) is None
        assert patient_sessions.by_token(tx, staff.token, now) is None
