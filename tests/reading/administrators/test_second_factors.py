"""Resets of lost factors: by an administrator with a slip, by two for one of their own, by nobody for themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from reading.administrators import second_factors
from reading.audit import SYSTEM, Actor, events_about
from reading.context import Acts, Context
from reading.errors import NotAllowed, NotThere, SignInOver, WrongCredentials
from reading.factors import resets
from reading.factors.factors import Kind
from reading.factors.requirement import Needs
from reading.kinds import Role
from reading.register import organisations
from reading.sessions import account_notices, sign_in, staff_sessions
from reading.sessions.half_sessions import HalfSession
from reading.sessions.staff_sessions import EndReason, StaffSession
from reading.viewers import Staff
from storage.database import snapshot, transaction
from storage.open_transactions import is_writing
from tests.reading.factors.phone import HASH, HOME, READERS_MUST, WEB, enrol, half, password, show, with_phone
from tests.reading.region import KEYS, NO_FACTORS, hire, make_region

People = dict[str, Staff]


@pytest.fixture
def people(engine: Engine, now: datetime) -> People:
    with transaction(engine) as tx:
        city = make_region(tx, now).city
        roles = {
            "ada": Role.READER,
            "sam": Role.SYSTEM_ADMINISTRATOR,
            "sid": Role.SYSTEM_ADMINISTRATOR,
            "sec": Role.SECURITY_ADMINISTRATOR,
            "aud": Role.AUDIT_ADMINISTRATOR,
        }
        return {name: hire(tx, name, now, (role, city), password_hash=HASH) for name, role in roles.items()}


def acts(engine: Engine, now: datetime, who: Staff) -> Acts[Staff]:
    return Acts(engine, WEB, lambda: now, who)


def reset(engine: Engine, now: datetime, who: Staff | Actor, username: str = "ada") -> str | None:
    with transaction(engine) as tx:
        return second_factors.ask_reset(Context(tx, WEB, now, who), KEYS, username)


def confirm(engine: Engine, now: datetime, who: Staff, username: str) -> str:
    with transaction(engine) as tx:
        return second_factors.confirm_reset(Context(tx, WEB, now, who), KEYS, username)


def slip(engine: Engine, now: datetime, waiting: HalfSession, code: str) -> HalfSession:
    acts = Acts(engine, WEB, lambda: now, SYSTEM)
    return sign_in.show_slip(acts, KEYS, token=waiting.token, slip=code, caller=HOME)


def test_a_lost_phone_has_a_way_back(engine: Engine, now: datetime, people: People) -> None:
    phone, before = with_phone(engine, now)
    code = reset(engine, now, people["sam"])
    assert code is not None

    with snapshot(engine) as tx:
        assert staff_sessions.by_token(tx, before.session.token, now) is None
        assert staff_sessions.end_reason(tx, before.session.token) is EndReason.RESET
    waiting = half(engine, now)
    assert waiting.needs is Needs.SLIP
    for nothing in (phone.code(now, 1), before.recovery_codes[0]):
        with pytest.raises(WrongCredentials):
            slip(engine, now, waiting, nothing)
    assert slip(engine, now, waiting, code.upper()).needs is Needs.ENROLMENT
    # whoever lets the page go begins again with the same slip
    again = half(engine, now)
    assert again.needs is Needs.SLIP
    _, after = enrol(engine, now, slip(engine, now, again, code))
    assert isinstance(show(engine, now, half(engine, now), after.recovery_codes[0]), StaffSession)
    reset(engine, now, people["sam"])
    with pytest.raises(WrongCredentials):
        slip(engine, now, half(engine, now), code)
    with snapshot(engine) as tx:
        told = [one.kind for one in account_notices.unread(tx, people["ada"].person_id)]
        resets_on_record = [
            one.details["step"]
            for one in events_about(tx, "person", people["ada"].person_id)
            if one.action == "factors.reset"
        ]
    assert told.count(account_notices.Notice.FACTORS_RESET) == 2
    assert sorted(str(step) for step in resets_on_record) == ["ask", "ask", "slip", "slip"]


def test_without_the_slip_the_password_opens_nothing_not_even_later(
    engine: Engine, now: datetime, people: People
) -> None:
    with_phone(engine, now)
    code = reset(engine, now, people["sam"])
    late = now + resets.SLIP_FOR

    waiting = half(engine, late)
    assert waiting.needs is Needs.SLIP
    with pytest.raises(WrongCredentials):
        slip(engine, late, waiting, code or "")
    fresh = reset(engine, late, people["sam"])
    assert slip(engine, late, half(engine, late), fresh or "").needs is Needs.ENROLMENT


def test_an_administrators_factors_are_reset_by_two_others(engine: Engine, now: datetime, people: People) -> None:
    assert reset(engine, now, people["sam"], "aud") is None
    assert isinstance(password(engine, now, username="aud"), StaffSession)  # nothing has changed yet
    with pytest.raises(NotAllowed, match="another_administrator_confirms"):
        confirm(engine, now, people["sam"], "aud")
    for own in ("sid", "sec"):
        assert reset(engine, now, people["sam"], own) is None
        with pytest.raises(NotAllowed, match="not_ones_own_factors"):
            confirm(engine, now, people[own], own)
    assert confirm(engine, now, people["sec"], "aud")
    with pytest.raises(NotThere):
        confirm(engine, now, people["sid"], "aud")
    waiting = password(engine, now, username="aud")
    assert isinstance(waiting, HalfSession)
    assert waiting.needs is Needs.SLIP


def test_asking_again_for_an_administrators_reset_opens_nothing(engine: Engine, now: datetime, people: People) -> None:
    def of_aud() -> HalfSession:
        opened = password(engine, now, username="aud")
        assert isinstance(opened, HalfSession)
        return opened

    reset(engine, now, people["sam"], "aud")
    first = confirm(engine, now, people["sec"], "aud")
    begun = slip(engine, now, of_aud(), first)
    assert reset(engine, now, people["sid"], "aud") is None

    waiting = of_aud()  # the password alone opens no session, though her factors are gone
    assert waiting.needs is Needs.SLIP
    with pytest.raises(SignInOver):
        enrol(engine, now, begun)
    with pytest.raises(WrongCredentials):
        slip(engine, now, waiting, first)
    with pytest.raises(NotAllowed, match="reset_is_confirmed"), transaction(engine) as tx:
        second_factors.withdraw_reset(Context(tx, WEB, now, people["sec"]), "aud")
    with pytest.raises(NotAllowed, match="another_administrator_confirms"):
        confirm(engine, now, people["sid"], "aud")
    second = confirm(engine, now, people["sam"], "aud")
    enrol(engine, now, slip(engine, now, of_aud(), second))
    assert of_aud().needs is Needs.FACTOR


def test_who_may_not_reset_does_not(engine: Engine, now: datetime, people: People) -> None:
    for name in ("ada", "sec", "aud"):
        with pytest.raises(NotAllowed, match="system_administrators_only"):
            reset(engine, now, people[name], "sid")
    with pytest.raises(NotAllowed, match="not_ones_own_factors"):
        reset(engine, now, people["sam"], "sam")
    reset(engine, now, people["sam"], "sid")
    for name in ("ada", "aud"):
        with pytest.raises(NotAllowed, match="system_or_security"):
            confirm(engine, now, people[name], "sid")


def test_a_reset_that_nobody_confirmed_is_taken_back(engine: Engine, now: datetime, people: People) -> None:
    reset(engine, now, people["sam"], "sid")
    with transaction(engine) as tx:
        second_factors.withdraw_reset(Context(tx, WEB, now, people["sec"]), "sid")

    with pytest.raises(NotThere):
        confirm(engine, now, people["sec"], "sid")


def test_the_servers_operator_resets_the_last_administrator(engine: Engine, now: datetime, people: People) -> None:
    assert reset(engine, now, SYSTEM, people["sam"].username)


def test_a_security_administrator_requires_it_of_one_person(engine: Engine, now: datetime, people: People) -> None:
    def require(who: Staff, *, required: bool) -> None:
        with transaction(engine) as tx:
            second_factors.require(Context(tx, WEB, now, who), "ada", required=required)

    with pytest.raises(NotAllowed, match="security_administrators_only"):
        require(people["sam"], required=True)
    assert isinstance(password(engine, now), StaffSession)
    require(people["sec"], required=True)
    require(people["sec"], required=True)
    assert half(engine, now).needs is Needs.ENROLMENT
    seen = second_factors.holdings(acts(engine, now, people["sec"]), READERS_MUST.requirement)
    lines = {one.person.username: (one.kinds, one.by_role, one.by_name) for one in seen}
    assert lines["ada"] == ((), True, True)
    assert lines["aud"] == ((), False, False)
    require(people["sec"], required=False)
    assert isinstance(password(engine, now, NO_FACTORS), StaffSession)


def test_who_sees_the_list(engine: Engine, now: datetime, people: People) -> None:
    for name, sees in {"ada": False, "aud": False, "sam": True, "sec": True}.items():
        by = acts(engine, now + timedelta(seconds=1), people[name])
        if sees:
            assert len(second_factors.holdings(by, NO_FACTORS.requirement)) == 5
        else:
            with pytest.raises(NotAllowed):
                second_factors.holdings(by, NO_FACTORS.requirement)


def test_the_list_takes_as_many_statements_for_ten_people_as_for_five(
    engine: Engine, now: datetime, people: People
) -> None:
    def note(*_statement: object) -> None:
        writing.append(is_writing())

    def asked() -> list[bool]:
        writing.clear()
        event.listen(engine, "before_cursor_execute", note)
        second_factors.holdings(acts(engine, now + timedelta(seconds=1), people["sec"]), READERS_MUST.requirement)
        event.remove(engine, "before_cursor_execute", note)
        return [*writing]

    writing: list[bool] = []

    few = asked()
    with_phone(engine, now)
    reset(engine, now, people["sid"], "sam")
    with transaction(engine) as tx:
        city = organisations.list_all(tx)[0]
        for number in range(5):
            hire(tx, f"one{number}", now, (Role.READER, city))

    assert asked() == few
    assert few.count(False) > few.count(True)
    seen = second_factors.holdings(acts(engine, now, people["sec"]), READERS_MUST.requirement)
    lines = {one.person.username: (one.kinds, one.recovery_codes, one.reset is not None) for one in seen}
    assert lines["ada"] == ((Kind.TOTP,), 10, False)
    assert lines["sam"] == ((), 0, True)
