"""A code is right once, for minutes and a few tries; no number is flooded, and an asking for nobody looks alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.patients.patients import Patient
from reading.tables import outbox, telephone_code
from reading.telephones import codes
from reading.telephones.codes import SENT_A_DAY, TRIES, TRIES_A_DAY, VALID, Proved, Purpose
from storage.database import transaction
from tests.reading.messages.scene import MOBILE
from tests.reading.region import KEYS

ASKED = KEYS.digest("a test", "asked")
MINUTE = timedelta(minutes=1)


def send(tx: Connection, patient_id: str | None, at: datetime, *, asked: bytes = ASKED, number: str = MOBILE) -> str:
    """The code that went out, or would have."""
    codes.send(
        tx, KEYS, purpose=Purpose.SIGN_IN, asked=asked, patient_id=patient_id, number=number, now=at, site_id=None
    )
    return codes.words_of(tx, KEYS, newest(tx))["code"]


def newest(tx: Connection) -> str:
    found = tx.scalar(sa.select(telephone_code.c.id).order_by(telephone_code.c.id.desc()).limit(1))
    assert found is not None
    return found


def check(tx: Connection, code: str, at: datetime, *, asked: bytes = ASKED, is_known: bool = True) -> Proved | None:
    proved = codes.check(tx, KEYS, purpose=Purpose.SIGN_IN, asked=asked, code=code, now=at, is_known=is_known)
    if proved is not None:
        codes.use(tx, proved, at)
    return proved


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


def sent(tx: Connection) -> Sequence[bool]:
    return tx.scalars(sa.select(telephone_code.c.is_sent).order_by(telephone_code.c.id)).all()


def test_a_code_is_right_once_and_for_ten_minutes(engine: Engine, patient: Patient, now: datetime) -> None:
    with transaction(engine) as tx:
        code = send(tx, patient.id, now)
        stored = tx.execute(sa.select(telephone_code.c.code_cipher, telephone_code.c.number_cipher)).one()
        first = check(tx, f" {code[:3]}-{code[3:]}", now + VALID - timedelta(seconds=1))
        again = check(tx, code, now + MINUTE)
        late = send(tx, patient.id, now + 2 * VALID)
        too_late = check(tx, late, now + 3 * VALID)
        foreign = check(tx, send(tx, patient.id, now + 4 * VALID), now + 4 * VALID, asked=KEYS.digest("another"))

    assert len(code) == 6
    assert code.encode() not in stored[0]
    assert MOBILE.encode() not in stored[1]
    assert first is not None
    assert (first.patient_id, first.number) == (patient.id, MOBILE)
    assert (again, too_late, foreign) == (None, None, None)


def test_after_five_tries_the_right_code_is_wrong_too(engine: Engine, patient: Patient, now: datetime) -> None:
    with transaction(engine) as tx:
        code = send(tx, patient.id, now)
        tried = [check(tx, wrong(code), now) for _ in range(TRIES)]
        right = check(tx, code, now)

    assert [*tried, right] == [None] * (TRIES + 1)


def test_a_minute_lies_between_two_messages_and_the_one_that_is_on_its_way_holds(
    engine: Engine, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        first = send(tx, patient.id, now)
        soon = send(tx, patient.id, now + MINUTE / 2, asked=KEYS.digest("another browser"))
        proved = check(tx, soon, now + MINUTE, asked=KEYS.digest("another browser"))
        used_up = check(tx, first, now + MINUTE)
        send(tx, patient.id, now + MINUTE)
        flags = sent(tx)

    assert first == soon
    assert proved is not None
    assert used_up is None
    assert flags == [True, False, True]


def test_no_more_than_ten_messages_a_day_go_to_a_number_and_few_guesses_are_made_at_it(
    engine: Engine, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        for number in range(SENT_A_DAY + 2):
            code = send(tx, patient.id, now + number * 2 * MINUTE)
            for _ in range(3):
                check(tx, wrong(code), now + number * 2 * MINUTE)
        at = now + (SENT_A_DAY + 2) * 2 * MINUTE
        flags = sent(tx)
        # A right code, but the number was guessed at too often today: only who was here before gets in.
        tx.execute(sa.update(telephone_code).where(telephone_code.c.is_sent).values(is_sent=False))
        code = send(tx, patient.id, at)
        stranger = check(tx, code, at, is_known=False)
        known = check(tx, code, at)

    assert flags == [True] * SENT_A_DAY + [False] * 2
    assert 3 * (SENT_A_DAY + 2) > TRIES_A_DAY
    assert stranger is None
    assert known is not None


def test_an_asking_for_nobody_leaves_the_same_rows_and_no_code_opens_anything(
    engine: Engine, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        code = send(tx, None, now, number="")
        opened = check(tx, code, now)
        rows = tx.execute(sa.select(sa.func.count()).select_from(telephone_code)).scalar_one()
        kinds = tx.scalars(sa.select(outbox.c.kind)).all()
        wanted = codes.is_wanted(tx, newest(tx), now)
        gone = codes.forget(tx, now + timedelta(days=3))

    assert opened is None
    assert (rows, kinds, wanted, gone) == (1, [codes.CODE], False, 1)
