"""Signing in with a second factor: nothing opens before it, no code is good twice, and nobody guesses without end."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Outcome, events_about
from reading.context import Acts, Context
from reading.errors import Invalid, NotAllowed, ProofTooOld, ReadingError, SignInOver, TooManyAttempts, WrongCredentials
from reading.factors.factors import Shown
from reading.factors.requirement import Needs, Requirement
from reading.kinds import Role
from reading.sessions import account_notices, attempts, half_sessions, own_factors, own_proof, sign_in, staff_sessions
from reading.sessions.attempts import Caller
from reading.sessions.half_sessions import LASTS, HalfSession
from reading.sessions.sign_in import NewFactor, Terms
from reading.sessions.staff_sessions import EndReason, StaffSession
from reading.tables import factor, recovery_code, staff_session
from reading.viewers import Staff
from service.installation.setting_values import networks
from storage.database import snapshot, transaction
from tests.reading.factors.phone import (
    HASH,
    PASSWORD,
    READERS_MUST,
    WEB,
    Phone,
    enrol,
    half,
    password,
    show,
    with_phone,
)
from tests.reading.region import KEYS, NO_FACTORS, hire, make_region

STEP = timedelta(seconds=30)
ELSEWHERE = Caller(address="192.0.2.77")


@pytest.fixture(autouse=True)
def ada(engine: Engine, now: datetime) -> Staff:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        return hire(tx, "ada", now, (Role.READER, region.oak), password_hash=HASH)


def test_who_must_and_has_none_sets_one_up_before_anything_opens(engine: Engine, now: datetime, ada: Staff) -> None:
    waiting = half(engine, now, READERS_MUST)

    assert waiting.needs is Needs.ENROLMENT
    with snapshot(engine) as tx:
        assert tx.execute(sa.select(staff_session)).all() == []
        assert staff_sessions.by_token(tx, waiting.token, now) is None
        wrong = sign_in.offer(Context(tx, WEB, now, SYSTEM), KEYS, waiting.token, None)
    with pytest.raises(Invalid, match="wrong"):
        sign_in.enrol(
            Acts(engine, WEB, lambda: now, SYSTEM),
            KEYS,
            READERS_MUST,
            token=waiting.token,
            new=NewFactor(name="Phone", shown=Shown(code=Phone(wrong.secret).code(now, 5))),
            caller=ELSEWHERE,
        )
    phone, enrolled = enrol(engine, now, waiting)

    assert enrolled.session.staff.session is not None
    assert enrolled.session.staff.session.with_factor
    assert len(set(enrolled.recovery_codes)) == 10
    assert isinstance(show(engine, now, waiting, phone.code(now, 1)), SignInOver)
    with snapshot(engine) as tx:
        kept = tx.execute(sa.select(factor)).one()
        codes = tx.execute(sa.select(recovery_code)).all()
        actions = [one.action for one in events_about(tx, "person", ada.person_id)]
    assert phone.secret not in kept.secret
    assert phone.secret.hex().encode() not in kept.secret
    assert not any(code in repr(codes) for code in enrolled.recovery_codes)
    assert actions == ["session.open", "factor.add", "session.ask"]


def test_a_sign_in_that_was_begun_before_a_factor_was_set_up_adds_none(
    engine: Engine, now: datetime, ada: Staff
) -> None:
    def may_change() -> Staff:
        opened = password(engine, now)
        assert isinstance(opened, StaffSession)
        own_proof.prove_by_password(Acts(engine, WEB, lambda: now, opened.staff), KEYS, password=PASSWORD)
        staff = staff_sessions.at_work(engine, opened.token, now)
        assert staff is not None
        return staff

    at_her_account, thief = may_change(), half(engine, now, READERS_MUST)
    with transaction(engine) as tx:
        ctx = Context(tx, WEB, now, at_her_account)
        secret = own_factors.offer(ctx, KEYS, None).secret
        codes = own_factors.add(ctx, KEYS, NewFactor(name="Phone", shown=Shown(code=Phone(secret).code(now))))
    with pytest.raises(SignInOver):
        enrol(engine, now, thief)
    # one that stands open still, and asks for a first factor
    with transaction(engine) as tx:
        stale = half_sessions.begin(tx, ada.person_id, "ada", Needs.ENROLMENT, now)
    with pytest.raises(SignInOver):
        enrol(engine, now, stale)
    assert isinstance(show(engine, now, half(engine, now), codes[0]), StaffSession)


def test_who_has_one_is_asked_for_it_whatever_the_settings(engine: Engine, now: datetime, ada: Staff) -> None:
    phone, _ = with_phone(engine, now)
    later = now + STEP
    waiting = half(engine, later)

    assert waiting.needs is Needs.FACTOR
    assert isinstance(show(engine, later, waiting, "000000"), WrongCredentials)
    opened = show(engine, later, waiting, phone.code(later))
    assert isinstance(opened, StaffSession)
    assert opened.staff.session is not None
    assert opened.staff.session.with_factor
    with snapshot(engine) as tx:
        outcomes = [one.outcome for one in events_about(tx, "person", ada.person_id) if one.action == "session.factor"]
    assert outcomes == [Outcome.DONE, Outcome.REFUSED]


def test_no_code_is_good_twice(engine: Engine, now: datetime) -> None:
    phone, _ = with_phone(engine, now)
    assert isinstance(show(engine, now, half(engine, now), phone.code(now)), WrongCredentials)  # it set the phone up

    later = now + STEP
    assert isinstance(show(engine, later, half(engine, later), phone.code(later)), StaffSession)
    for steps in (0, -1):
        assert isinstance(show(engine, later, half(engine, later), phone.code(later, steps)), WrongCredentials)
    assert isinstance(show(engine, later, half(engine, later), phone.code(later, 1)), StaffSession)  # a fast clock


def test_a_sign_in_waits_ten_minutes_and_for_one_second_step(engine: Engine, now: datetime) -> None:
    phone, _ = with_phone(engine, now)
    waiting = half(engine, now)
    late = now + LASTS

    assert isinstance(show(engine, late, waiting, phone.code(late)), SignInOver)
    again = half(engine, late)
    assert isinstance(show(engine, late, again, phone.code(late)), StaffSession)
    assert isinstance(show(engine, late, again, phone.code(late, 1)), SignInOver)


def test_a_new_password_ends_the_sign_ins_that_wait(engine: Engine, now: datetime, ada: Staff) -> None:
    phone, _ = with_phone(engine, now)
    waiting = half(engine, now)
    with transaction(engine) as tx:
        staff_sessions.end_all(tx, ada.person_id, now)

    assert isinstance(show(engine, now, waiting, phone.code(now, 1)), SignInOver)


def test_who_knows_the_password_guesses_codes_no_oftener_than_passwords(engine: Engine, now: datetime) -> None:
    phone, _ = with_phone(engine, now)
    heard, at, end = 0, now + STEP, now + timedelta(hours=3)
    # The thief is patient: waits as long as each refusal says, and gives the password before every guess.
    while at < end:
        waiting = password(engine, at, caller=ELSEWHERE)
        refused = waiting
        if isinstance(waiting, HalfSession):
            refused = show(engine, at, waiting, "000000", caller=ELSEWHERE)
            heard += isinstance(refused, WrongCredentials)
        at += refused.retry_after if isinstance(refused, TooManyAttempts) else timedelta(seconds=1)

    assert 20 < heard < 30  # five at once, ten at doubling waits, then four an hour: some 110 of a million in a day
    owner = half(engine, at)  # a place that she proved before
    assert isinstance(show(engine, at, owner, phone.code(at)), StaffSession)


def test_a_password_made_anew_and_an_unlocking_forgive_no_guessed_code(
    engine: Engine, now: datetime, ada: Staff
) -> None:
    with_phone(engine, now)
    heard = 0
    for _ in range(12):
        guessed: object = password(engine, now, caller=ELSEWHERE)
        if isinstance(guessed, HalfSession):
            guessed = show(engine, now, guessed, "000000", caller=ELSEWHERE)
        heard += isinstance(guessed, WrongCredentials)
        with transaction(engine) as tx:
            attempts.clear(tx, ada.person_id)

    assert heard == 6  # five are free, and one begins the first wait


def test_a_new_password_forgives_no_guessed_code_in_an_open_session(engine: Engine, now: datetime) -> None:
    phone, enrolled = with_phone(engine, now)
    acts = Acts(engine, WEB, lambda: now, enrolled.session.staff)
    for _ in range(6):
        with pytest.raises(WrongCredentials):
            own_proof.prove_by_factor(acts, KEYS, Shown(code="000000"))
    own_proof.change_password(acts, KEYS, current=PASSWORD, new="elm-tree-in-summer")

    with pytest.raises(TooManyAttempts):
        own_proof.prove_by_factor(acts, KEYS, Shown(code=phone.code(now, 1)))


def test_who_mistypes_for_long_comes_in_all_the_same(engine: Engine, now: datetime) -> None:
    phone, _ = with_phone(engine, now)
    at = now + STEP
    for _ in range(20):
        refused: object = password(engine, at, caller=ELSEWHERE)
        if isinstance(refused, HalfSession):
            refused = show(engine, at, refused, "000000", caller=ELSEWHERE)
        at += refused.retry_after if isinstance(refused, TooManyAttempts) else timedelta(0)
    at += timedelta(minutes=15)

    opened = show(engine, at, half(engine, at, caller=ELSEWHERE), phone.code(at), caller=ELSEWHERE)

    assert isinstance(opened, StaffSession)


def test_a_recovery_code_stands_in_once_and_its_owner_is_told(engine: Engine, now: datetime, ada: Staff) -> None:
    _, enrolled = with_phone(engine, now)
    code = enrolled.recovery_codes[3]
    typed = code.replace("-", " ").upper()

    assert isinstance(show(engine, now, half(engine, now), typed), StaffSession)
    assert isinstance(show(engine, now, half(engine, now), code), WrongCredentials)
    with snapshot(engine) as tx:
        told = account_notices.unread(tx, ada.person_id)
    assert [one.kind for one in told] == ["recovery_code_used"]


def test_the_longest_idle_session_makes_room_and_says_why(engine: Engine, now: datetime) -> None:
    two = Terms(requirement=NO_FACTORS.requirement, sessions=2)
    opened = [password(engine, now + timedelta(minutes=minute), two) for minute in range(2)]
    assert isinstance(opened[0], StaffSession)
    assert isinstance(opened[1], StaffSession)
    staff_sessions.at_work(engine, opened[0].token, now + timedelta(minutes=5))
    password(engine, now + timedelta(minutes=6), two)

    with snapshot(engine) as tx:
        alive = [staff_sessions.by_token(tx, one.token, now + timedelta(minutes=7)) is not None for one in opened]  # type: ignore[union-attr]
        why = staff_sessions.end_reason(tx, opened[1].token)
    assert alive == [True, False]
    assert why is EndReason.TOO_MANY


def test_a_factor_is_asked_of_readers_from_outside_alone_where_the_networks_are_known(
    engine: Engine, now: datetime
) -> None:
    inside = networks("10.0.0.0/8")
    terms = Terms(requirement=Requirement(roles=frozenset(), inside=inside), sessions=9)

    assert isinstance(password(engine, now, terms), StaffSession)
    assert isinstance(password(engine, now, terms, caller=ELSEWHERE), HalfSession)
    assert isinstance(password(engine, now, terms, caller=Caller(address="::ffff:10.2.3.4")), StaffSession)


def test_where_there_is_a_factor_it_is_the_proof(engine: Engine, now: datetime) -> None:
    phone, enrolled = with_phone(engine, now)
    acts = Acts(engine, WEB, lambda: now, enrolled.session.staff)

    with pytest.raises(NotAllowed, match="factor_is_the_proof"):
        own_proof.prove_by_password(acts, KEYS, password=PASSWORD)
    with pytest.raises(WrongCredentials):
        own_proof.prove_by_factor(acts, KEYS, Shown(code=phone.code(now)))  # the step that set it up
    assert own_proof.prove_by_factor(acts, KEYS, Shown(code=phone.code(now, 1))).proved_at == now
    refused: ReadingError | None = None
    for _ in range(7):
        with pytest.raises(ReadingError) as caught:
            own_proof.prove_by_factor(acts, KEYS, Shown(code="000000"))
        refused = caught.value
    assert isinstance(refused, TooManyAttempts)


def test_an_account_is_changed_by_whoever_typed_a_proof_just_now(engine: Engine, now: datetime) -> None:
    phone, enrolled = with_phone(engine, now)
    later = now + timedelta(minutes=6)
    staff = staff_sessions.at_work(engine, enrolled.session.token, later)
    assert staff is not None

    def act(who: Staff) -> Context[Staff]:
        return Context(tx, WEB, later, who)

    with transaction(engine) as tx:
        with pytest.raises(ProofTooOld):
            own_factors.renew_recovery_codes(act(staff), KEYS)
        one = own_factors.mine(act(staff), READERS_MUST.requirement, "10.0.0.1").factors[0]
        with pytest.raises(ProofTooOld):
            own_factors.remove(act(staff), NO_FACTORS.requirement, "10.0.0.1", one.id)
    own_proof.prove_by_factor(Acts(engine, WEB, lambda: later, staff), KEYS, Shown(code=phone.code(later)))
    staff = staff_sessions.at_work(engine, enrolled.session.token, later)
    assert staff is not None
    with transaction(engine) as tx:
        codes = own_factors.renew_recovery_codes(act(staff), KEYS)
        with pytest.raises(NotAllowed, match="last_factor_is_required"):
            own_factors.remove(act(staff), READERS_MUST.requirement, "10.0.0.1", one.id)
    assert isinstance(show(engine, later, half(engine, later), enrolled.recovery_codes[0]), WrongCredentials)
    assert isinstance(show(engine, later, half(engine, later), codes[0]), StaffSession)
    with transaction(engine) as tx:
        own_factors.remove(act(staff), NO_FACTORS.requirement, "10.0.0.1", one.id)
    assert isinstance(password(engine, later), StaffSession)
