"""A code is right once, for minutes and a few tries; no number is flooded, and an asking for nobody looks alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.patients.patients import Patient
from reading.tables import outbox, telephone_code
from reading.telephones import codes
from reading.telephones.codes import SENT_A_DAY, SIGNING_IN, TRIES, VALID, Proved, Purpose
from storage.database import transaction
from tests.reading.messages.scene import MOBILE
from tests.reading.region import KEYS

ASKED = KEYS.digest("a test", "asked")
MINUTE = timedelta(minutes=1)


def send(
    tx: Connection,
    patient_id: str | None,
    at: datetime,
    *,
    asked: bytes = ASKED,
    number: str = MOBILE,
    purpose: Purpose = Purpose.SIGN_IN,
) -> str:
    """The code that went out, or would have."""
    codes.send(tx, KEYS, purpose=purpose, asked=asked, patient_id=patient_id, number=number, now=at)
    return codes.words_of(tx, KEYS, newest(tx))["code"]


def newest(tx: Connection) -> str:
    found = tx.scalar(sa.select(telephone_code.c.id).order_by(telephone_code.c.id.desc()).limit(1))
    assert found is not None
    return found


def check(tx: Connection, code: str, at: datetime, *, asked: bytes = ASKED) -> Proved | None:
    proved = codes.check(tx, KEYS, purposes=SIGNING_IN, asked=asked, code=code, now=at)
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


def test_a_code_that_holds_for_two_askings_is_used_once_and_tried_five_times_together(
    engine: Engine, patient: Patient, now: datetime
) -> None:
    browsers = [KEYS.digest("browser", name) for name in "ab"]
    with transaction(engine) as tx:
        codes_sent = [send(tx, patient.id, now, asked=one) for one in browsers]
        right, again = (check(tx, code, now, asked=one) for code, one in zip(codes_sent, browsers, strict=True))
        later = now + 2 * MINUTE
        code, same = (send(tx, patient.id, later, asked=one) for one in browsers)
        for one in (*browsers, *browsers, browsers[0]):
            check(tx, wrong(code), later, asked=one)
        too_often = [check(tx, code, later, asked=one) for one in browsers]

    assert right is not None
    assert again is None
    assert code == same
    assert too_often == [None, None]


def test_what_strangers_ask_for_shuts_neither_the_counter_nor_who_was_here_before(
    engine: Engine, patient: Patient, now: datetime
) -> None:
    at, code = now, ""
    with transaction(engine) as tx:
        for _ in range(SENT_A_DAY[Purpose.SIGN_IN] + 2):
            code = send(tx, patient.id, at)
            for _ in range(TRIES):
                check(tx, wrong(code), at)
            at += 2 * MINUTE
        flags = sent(tx)
        beyond = check(tx, code, at - MINUTE)
        asked = KEYS.digest("the counter")
        at_counter: list[bool] = []
        for _ in range(SENT_A_DAY[Purpose.VERIFY]):
            at += 2 * MINUTE
            at_counter.append(
                codes.send(tx, KEYS, purpose=Purpose.VERIFY, asked=asked, patient_id=patient.id, number=MOBILE, now=at)
            )
        read_there = codes.words_of(tx, KEYS, newest(tx))["code"]
        verified = codes.check(tx, KEYS, purposes=[Purpose.VERIFY], asked=asked, code=read_there, now=at)
        returned = check(tx, send(tx, patient.id, at, purpose=Purpose.RETURN), at)

    assert flags == [True] * SENT_A_DAY[Purpose.SIGN_IN] + [False] * 2
    assert beyond is None
    assert all(at_counter)
    assert verified is not None
    assert returned is not None


def test_there_is_as_little_to_look_through_for_nobody_as_for_anybody(
    engine: Engine, patient: Patient, now: datetime
) -> None:
    with transaction(engine) as tx:
        for number in range(20):
            send(tx, None, now + number * 2 * MINUTE, number="")
            send(tx, patient.id, now + number * 2 * MINUTE)
        of_number = sa.func.count().label("rows")
        asked = sa.select(of_number).select_from(telephone_code).group_by(telephone_code.c.number_digest)
        most, *others = sorted(tx.scalars(asked).all(), reverse=True)

    assert most == SENT_A_DAY[Purpose.SIGN_IN]
    assert set(others) == {1}


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
