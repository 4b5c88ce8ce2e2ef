"""Sessions of staff."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final, TypeVar

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.engine import Engine

from reading import audit
from reading.audit import SYSTEM, Actor, Audit, Outcome, events_about
from reading.context import Acts, Context, Who
from reading.errors import Invalid, NotThere, TooManyAttempts, WrongCredentials
from reading.kinds import Role
from reading.register import passwords, people
from reading.sessions import own_proof, staff_sessions
from reading.sessions import sign_in as sign_in_acts
from reading.sessions.attempts import Caller
from reading.sessions.staff_sessions import StaffSession
from reading.tables import failed_proof, staff_session
from reading.viewers import Staff
from storage.database import snapshot, transaction
from storage.open_transactions import SlowInTransaction
from tests.passwords import quick_hash
from tests.reading.region import KEYS, NO_FACTORS, hire, make_region

WhoT = TypeVar("WhoT", bound=Who)
WEB: Final = Audit("web")
PASSWORD: Final = "oak-tree-in-winter"
HASH: Final = quick_hash(PASSWORD)


def ada(engine: Engine, now: datetime) -> Staff:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        return hire(tx, "ada", now, (Role.READER, region.oak), password_hash=HASH)


def acting(engine: Engine, now: datetime, who: WhoT) -> Acts[WhoT]:
    return Acts(engine, WEB, lambda: now, who)


def sign_in(
    engine: Engine,
    now: datetime,
    *,
    username: str = "ada",
    password: str = PASSWORD,
    address: str = "10.0.0.1",
    browser: str = "",
) -> StaffSession | WrongCredentials | TooManyAttempts:
    caller = Caller(address=address, browser=browser)
    try:
        opened = sign_in_acts.open_session(
            acting(engine, now, SYSTEM), KEYS, NO_FACTORS, username=username, password=password, caller=caller
        )
    except (WrongCredentials, TooManyAttempts) as refused:
        return refused
    assert isinstance(opened, StaffSession)
    return opened


def signed_in(engine: Engine, now: datetime) -> StaffSession:
    opened = sign_in(engine, now)
    assert isinstance(opened, StaffSession)
    return opened


def whose(engine: Engine, token: str, now: datetime, *, touch: bool = False) -> Staff | None:
    if touch:
        return staff_sessions.at_work(engine, token, now)
    with snapshot(engine) as tx:
        return staff_sessions.by_token(tx, token, now)


def test_a_password_opens_a_session_with_the_grants_of_the_moment(engine: Engine, now: datetime) -> None:
    person = ada(engine, now)
    opened = sign_in(engine, now, username=" Ada ")

    assert isinstance(opened, StaffSession)
    found = whose(engine, opened.token, now)
    assert found == opened.staff
    assert found is not None
    assert (found.person_id, found.grants) == (person.person_id, person.grants)
    with transaction(engine) as tx:
        people.end_grant(tx, person.grants[0].id, now + timedelta(seconds=1))
    later = whose(engine, opened.token, now + timedelta(seconds=1))
    assert later is not None
    assert later.grants == ()


def test_the_database_holds_the_digest_of_a_token_alone(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    opened = signed_in(engine, now)

    with snapshot(engine) as tx:
        rows = tx.execute(sa.select(staff_session)).all()
    assert len(opened.token) == 43
    assert opened.token not in repr(rows)
    assert opened.token not in repr(opened)


def test_an_act_waits_for_nobody_who_writes(engine: Engine, now: datetime) -> None:
    """A device that sends holds SQLite's lock for its commit; the page that somebody opens meanwhile needs none."""
    ada(engine, now)
    token = signed_in(engine, now).token

    with transaction(engine):
        found = staff_sessions.at_work(engine, token, now + timedelta(seconds=59))

    assert found is not None
    assert found.session is not None
    assert found.session.proved_at == now + timedelta(seconds=59)


def test_a_session_ends_when_nobody_works_in_it(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    token = signed_in(engine, now).token

    assert whose(engine, token, now + timedelta(minutes=29), touch=False) is not None
    assert whose(engine, token, now + timedelta(minutes=30), touch=True) is None


def test_work_keeps_a_session_open_and_polling_does_not(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    token = signed_in(engine, now).token

    assert whose(engine, token, now + timedelta(minutes=20), touch=True) is not None
    assert whose(engine, token, now + timedelta(minutes=45), touch=False) is not None
    assert whose(engine, token, now + timedelta(minutes=50), touch=False) is None


def test_no_session_is_longer_than_a_shift(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    token = signed_in(engine, now).token

    at = now
    while at < now + staff_sessions.LONGEST - timedelta(minutes=20):
        at += timedelta(minutes=20)
        assert whose(engine, token, at, touch=True) is not None or at >= now + staff_sessions.LONGEST
    assert whose(engine, token, now + staff_sessions.LONGEST, touch=True) is None


def test_signing_out_ends_the_session(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    opened = signed_in(engine, now)
    token, person_id = opened.token, opened.staff.person_id

    for _ in range(2):
        with transaction(engine) as tx:
            staff_sessions.end(Context(tx, WEB, now, opened.staff), token)

    assert whose(engine, token, now) is None
    assert whose(engine, "another", now) is None
    with snapshot(engine) as tx:
        assert [one.action for one in events_about(tx, "person", person_id)].count("session.end") == 1


def test_who_has_ended_is_out_at_once_and_stays_out(engine: Engine, now: datetime) -> None:
    person = ada(engine, now)
    token = signed_in(engine, now).token

    with transaction(engine) as tx:
        people.end(tx, person.person_id, now)

    assert whose(engine, token, now) is None
    assert isinstance(sign_in(engine, now), WrongCredentials)


def test_nobody_and_a_wrong_password_are_answered_alike(engine: Engine, now: datetime) -> None:
    ada(engine, now)

    for username, password in [
        ("ada", "wrong"),
        ("nobody", PASSWORD),
        ("", ""),
        ("ada", ""),
        ("a\0", "\0"),
        ("\ud800", "\ud800"),
    ]:
        refused = sign_in(engine, now, username=username, password=password)
        assert isinstance(refused, WrongCredentials)
        assert refused.args == ()


def test_who_fails_from_elsewhere_keeps_nobody_out(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    signed_in(engine, now)
    for number in range(254):
        sign_in(engine, now + timedelta(seconds=5 * number), password="wrong", address=f"10.9.{number % 9}.9")

    assert isinstance(sign_in(engine, now + timedelta(seconds=1270)), StaffSession)


def test_failures_from_one_address_close_the_account_there_for_a_growing_time(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    for _ in range(6):
        sign_in(engine, now, password="wrong")

    closed = sign_in(engine, now)
    assert isinstance(closed, TooManyAttempts)
    assert closed.retry_after == timedelta(seconds=1)
    assert isinstance(sign_in(engine, now, address="10.0.0.2"), StaffSession)
    assert isinstance(sign_in(engine, now + closed.retry_after), StaffSession)
    with snapshot(engine) as tx:
        pairs = tx.scalars(sa.select(failed_proof.c.failures).where(failed_proof.c.kind == "pair")).all()
    assert pairs == []


def test_a_browser_that_was_signed_in_is_not_closed_by_others_at_its_address(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    assert isinstance(sign_in(engine, now, browser="hers"), StaffSession)
    for _ in range(10):
        sign_in(engine, now, password="wrong")

    assert isinstance(sign_in(engine, now), TooManyAttempts)
    assert isinstance(sign_in(engine, now, browser="another"), TooManyAttempts)
    assert isinstance(sign_in(engine, now, browser="hers"), StaffSession)


def test_a_closed_door_counts_no_failures(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    for _ in range(11):
        sign_in(engine, now, password="wrong")

    assert isinstance(sign_in(engine, now + timedelta(seconds=1)), StaffSession)


def test_a_password_is_checked_with_no_transaction_open(engine: Engine, now: datetime) -> None:
    with transaction(engine), pytest.raises(SlowInTransaction):
        passwords.verify(HASH, PASSWORD)
    with transaction(engine), pytest.raises(SlowInTransaction):
        sign_in(engine, now, username="nobody")


def test_a_hash_that_asks_for_both_cores_is_made_again(engine: Engine, now: datetime) -> None:
    person = ada(engine, now)
    with transaction(engine) as tx:
        people.set_password(tx, person.person_id, PasswordHasher(1, 32, 4).hash(PASSWORD), must_change=False)
    signed_in(engine, now)
    with snapshot(engine) as tx:
        kept = people.by_id(tx, person.person_id)

    assert kept is not None
    assert not passwords.is_outdated(kept.password_hash)
    assert isinstance(sign_in(engine, now), StaffSession)


def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(engine: Engine, now: datetime) -> None:
    person = ada(engine, now)
    other = quick_hash("another-word-here")

    class Between(Acts[Actor]):
        parts = 0

        @contextmanager
        def act(self) -> Generator[Context[Actor]]:
            Between.parts += 1
            if Between.parts == 2:
                with transaction(engine) as tx:
                    people.set_password(tx, person.person_id, other, must_change=False)
            with super().act() as ctx:
                yield ctx

    with pytest.raises(WrongCredentials):
        sign_in_acts.open_session(
            Between(engine, WEB, lambda: now, SYSTEM),
            KEYS,
            NO_FACTORS,
            username="ada",
            password=PASSWORD,
            caller=Caller(address="10.0.0.1"),
        )


def test_every_opening_and_every_refusal_is_on_record(engine: Engine, now: datetime) -> None:
    person = ada(engine, now)
    sign_in(engine, now)
    sign_in(engine, now, password="wrong")
    sign_in(engine, now, username="nobody")

    with snapshot(engine) as tx:
        hers = audit.events_about(tx, "person", person.person_id)
        strangers = audit.events_about(tx, "person", "")
    assert [(event.action, event.outcome) for event in hers] == [
        ("session.open", Outcome.REFUSED),
        ("session.open", Outcome.DONE),
    ]
    assert [event.outcome for event in strangers] == [Outcome.REFUSED]


def test_signing_asks_again_after_idle_minutes(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    token = signed_in(engine, now).token

    def needs_proof(minutes: int) -> bool:
        found = whose(engine, token, now + timedelta(minutes=minutes), touch=True)
        assert found is not None
        return staff_sessions.needs_proof(found, now + timedelta(minutes=minutes))

    assert not needs_proof(9)
    assert not needs_proof(18)
    assert needs_proof(29)
    assert needs_proof(30)  # another act is no proof
    found = whose(engine, token, now + timedelta(minutes=31))
    assert found is not None
    acts = acting(engine, now + timedelta(minutes=31), found)
    with pytest.raises(WrongCredentials):
        own_proof.prove_by_password(acts, KEYS, password="wrong")
    proved = own_proof.prove_by_password(acts, KEYS, password=PASSWORD)
    assert proved.proved_at == now + timedelta(minutes=31)
    assert not needs_proof(32)


def test_a_proof_is_guessed_no_oftener_than_a_sign_in(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    acts = acting(engine, now, signed_in(engine, now).staff)
    for _ in range(6):
        with pytest.raises(WrongCredentials):
            own_proof.prove_by_password(acts, KEYS, password="wrong")

    with pytest.raises(TooManyAttempts):
        own_proof.prove_by_password(acts, KEYS, password=PASSWORD)
    assert isinstance(sign_in(engine, now), StaffSession)  # another session is another


def test_nobody_outside_keeps_a_reader_from_signing(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    acts = acting(engine, now, signed_in(engine, now).staff)
    for number in range(60):
        sign_in(engine, now, password="wrong", address=f"10.0.0.{number % 4}")

    assert own_proof.prove_by_password(acts, KEYS, password=PASSWORD).proved_at == now


def test_a_session_that_ended_proves_nothing(engine: Engine, now: datetime) -> None:
    person = ada(engine, now)
    opened = signed_in(engine, now)
    with transaction(engine) as tx:
        staff_sessions.end(Context(tx, WEB, now, opened.staff), opened.token)

    for viewer in (opened.staff, person):
        with pytest.raises(NotThere):
            own_proof.prove_by_password(acting(engine, now, viewer), KEYS, password=PASSWORD)
    assert staff_sessions.needs_proof(person, now)


def test_a_new_password_ends_the_other_sessions(engine: Engine, now: datetime) -> None:
    ada(engine, now)
    here, elsewhere = signed_in(engine, now), signed_in(engine, now)

    def change(current: str, new: str) -> None:
        own_proof.change_password(acting(engine, now, here.staff), KEYS, current=current, new=new)

    with pytest.raises(WrongCredentials):
        change("wrong", "elm-tree-in-summer")
    with pytest.raises(Invalid, match="too_short"):
        change(PASSWORD, "short")
    with pytest.raises(Invalid, match="same"):
        change(PASSWORD, PASSWORD)
    with pytest.raises(Invalid, match="common"):
        change(PASSWORD, "1234567890")
    change(PASSWORD, "elm-tree-in-summer")
    assert whose(engine, here.token, now) is not None
    assert whose(engine, elsewhere.token, now) is None
    assert isinstance(sign_in(engine, now), WrongCredentials)
    assert isinstance(sign_in(engine, now, password="elm-tree-in-summer"), StaffSession)
