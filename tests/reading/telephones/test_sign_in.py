"""Card and code open the person's whole history; the card alone, a code alone or another's open nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.audit import Outcome, stranger
from reading.context import Context
from reading.errors import TooManyAttempts, WrongCredentials
from reading.kinds import IdentifierKind
from reading.patients.patients import Patient
from reading.sessions import patient_sessions
from reading.sessions.attempts import Caller
from reading.sessions.patient_sessions import PatientSession
from reading.tables import audit_event, failed_proof
from reading.telephones import numbers, sign_in
from reading.telephones.sign_in import Asked
from storage.database import transaction
from tests.reading.clinic import Clinic
from tests.reading.region import KEYS, PIA_CARD
from tests.reading.telephones.test_numbers import last_code

HERE = Caller(address="203.0.113.9")
NOBODYS = "11010519491231002X"
KIND = IdentifierKind.IDENTITY_CARD


def ask(tx: Connection, clinic: Clinic, now: datetime, card: str = PIA_CARD, caller: Caller = HERE) -> str:
    asked = sign_in.ask(
        Context(tx, clinic.audit, now, stranger(caller.address)), KEYS, card_kind=KIND, card=card, caller=caller
    )
    assert isinstance(asked, Asked)
    return asked.token


def open_with(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, now: datetime, token: str, code: str, card: str = PIA_CARD
) -> PatientSession | WrongCredentials | TooManyAttempts:
    ctx = Context(tx, clinic.audit, now, stranger(HERE.address))
    return sign_in.open_session(ctx, KEYS, card_kind=KIND, card=card, token=token, code=code, caller=HERE)


def test_card_and_code_open_the_whole_history_until_the_number_ends(
    engine: Engine, clinic: Clinic, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        token = ask(tx, clinic, now)
        opened = open_with(tx, clinic, now, token, last_code(tx))
        assert isinstance(opened, PatientSession)
        seen = patient_sessions.by_token(tx, opened.token, now + timedelta(minutes=1))
        failures = tx.scalars(sa.select(failed_proof.c.failures)).all()
        numbers.end(tx, KEYS, patient.id, now)
        shut = patient_sessions.by_token(tx, opened.token, now + timedelta(minutes=2))

    assert seen is not None
    assert (seen.patient_id, seen.case_id) == (patient.id, None)
    assert sum(failures) == 0
    assert shut is None


def test_nothing_opens_without_the_card_the_browser_and_the_code_together(
    engine: Engine, clinic: Clinic, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        token = ask(tx, clinic, now)
        code = last_code(tx)
        tried = [
            open_with(tx, clinic, now, "x" * 43, code),
            open_with(tx, clinic, now, token, code, card=NOBODYS),
            open_with(tx, clinic, now, token, f"{(int(code) + 1) % 10**6:06}"),
            open_with(tx, clinic, now, token, ""),
        ]
    with transaction(engine) as tx:
        numbers.end(tx, KEYS, patient.id, now)
        after_its_end = open_with(tx, clinic, now, token, code)

    assert [type(one) for one in (*tried, after_its_end)] == [WrongCredentials] * 5


def test_asking_is_slowed_down_as_failed_proofs_are_and_alike_for_cards_of_nobody(
    engine: Engine, clinic: Clinic, patient: Patient, now: datetime
) -> None:
    answers: dict[str, list[str]] = {}
    for place, card in (("203.0.113.1", PIA_CARD), ("203.0.113.2", NOBODYS)):
        with transaction(engine) as tx:
            ctx = Context(tx, clinic.audit, now, stranger(place))
            caller = Caller(address=place)
            answers[card] = [
                type(sign_in.ask(ctx, KEYS, card_kind=KIND, card=card, caller=caller)).__name__ for _ in range(8)
            ]
    with transaction(engine) as tx:
        event = audit_event.c
        asked = sa.select(event.outcome, sa.func.count()).where(event.action == "session.code").group_by(event.outcome)
        on_record = {row[0]: row[1] for row in tx.execute(asked)}

    assert answers[PIA_CARD] == answers[NOBODYS]
    assert answers[PIA_CARD][:5] == ["Asked"] * 5
    assert "TooManyAttempts" in answers[PIA_CARD]
    assert on_record[Outcome.DONE] == on_record[Outcome.REFUSED] == answers[PIA_CARD].count("Asked")
