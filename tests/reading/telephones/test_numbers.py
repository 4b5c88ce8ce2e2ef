"""A number is verified at the counter with the person there, ends when another is noted, and serves no crowd."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.messages import addressing, queue
from reading.messages.routes import Audience, Template
from reading.patients.patients import Patient
from reading.registration import corrections, telephones
from reading.tables import telephone_code, verified_telephone
from reading.telephones import codes, numbers
from storage.database import transaction
from tests.reading.clinic import Clinic
from tests.reading.messages.scene import MOBILE, patient_with, released
from tests.reading.region import KEYS

OTHER = "13912345678"
MINUTE = timedelta(minutes=1)


def to_send(tx: Connection, now: datetime) -> list[tuple[Template, str]]:
    addressing.address(tx, KEYS, [Audience.PATIENT], now)
    found: list[tuple[Template, str]] = []
    while (due := queue.claim(tx, KEYS, now)) is not None:
        found.append((due.template, due.number))
        queue.sent(tx, due, now)
    return found


def last_code(tx: Connection) -> str:
    newest = tx.scalar(sa.select(telephone_code.c.id).order_by(telephone_code.c.id.desc()).limit(1))
    assert newest is not None
    return codes.words_of(tx, KEYS, newest)["code"]


def test_the_code_that_the_person_reads_verifies_the_number_that_was_noted(
    engine: Engine, clinic: Clinic, now: datetime
) -> None:
    with transaction(engine) as tx:
        one = patient_with(tx, now)
        tx.execute(sa.text("UPDATE patient SET site_id = :site"), {"site": clinic.region.hills.id})
        ctx = Context(tx, clinic.audit, now, clinic.tang)
        telephones.send_code(ctx, KEYS, one.id)
        code = last_code(tx)
        wrong = telephones.verify(ctx, KEYS, one.id, f"{(int(code) + 1) % 10**6:06}")
        sent = to_send(tx, now)
        right = telephones.verify(ctx, KEYS, one.id, code)
        verified = numbers.of_person(tx, KEYS, one.id)
        with pytest.raises(NotThere):
            telephones.send_code(Context(tx, clinic.audit, now, clinic.quinn), KEYS, one.id)

        asked = [
            telephones.send_code(Context(tx, clinic.audit, now + n * MINUTE, clinic.tang), KEYS, one.id)
            for n in range(2, 24, 2)
        ]

    assert asked[:-2] == [None] * 9
    assert all(isinstance(refused, Invalid) for refused in asked[-2:])
    assert sent == [(Template.SIGN_IN_CODE, MOBILE)]
    assert isinstance(wrong, Invalid)
    assert right is None
    assert verified is not None
    assert verified.number == MOBILE


def test_another_number_ends_the_verified_one_and_the_old_one_is_told(
    engine: Engine, clinic: Clinic, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        ctx = Context(tx, clinic.audit, now, clinic.tang)
        facts = corrections.facts_of(patient)
        corrections.correct(
            ctx, KEYS, patient.id, replace(facts, telephone=OTHER), revision=patient.revision, reason="a new telephone"
        )
        told = to_send(tx, now)
        left = numbers.of_person(tx, KEYS, patient.id)

    assert told == [(Template.TELEPHONE_REPLACED, MOBILE)]
    assert left is None


def test_a_number_serves_a_family_and_no_crowd(engine: Engine, clinic: Clinic, patient: Patient, now: datetime) -> None:
    with transaction(engine) as tx:
        family = [patient_with(tx, now, device_id=f"F{number}") for number in range(numbers.MOST_PERSONS)]
        for one in family[:-1]:
            numbers.enter(tx, KEYS, one.id, MOBILE, made_by=None, now=now)
        numbers.enter(tx, KEYS, patient.id, MOBILE, made_by=None, now=now)  # again, which is no other person
        in_force = tx.scalar(sa.select(sa.func.count()).where(verified_telephone.c.until.is_(None)))
        with pytest.raises(Invalid) as raised:
            numbers.enter(tx, KEYS, family[-1].id, MOBILE, made_by=None, now=now)

    assert in_force == numbers.MOST_PERSONS
    assert raised.value.problem == "used_by_many"


@pytest.mark.parametrize("verified", [True, False])
def test_a_verified_number_hears_where_and_any_other_that_there_is_news(
    engine: Engine, clinic: Clinic, now: datetime, verified: bool
) -> None:
    with transaction(engine) as tx:
        one = patient_with(tx, now)
        if verified:
            numbers.enter(tx, KEYS, one.id, OTHER, made_by=None, now=now)
        released(tx, clinic, now)
        told = to_send(tx, now)

    assert told == [(Template.REPORT_READY, OTHER) if verified else (Template.REPORT_NEWS, MOBILE)]
