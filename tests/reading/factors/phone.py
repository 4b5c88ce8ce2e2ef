"""Somebody with a second factor: an app on a phone that makes codes, and the steps of signing in with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Engine

from reading.audit import SYSTEM, Audit
from reading.context import Acts, Context
from reading.errors import ReadingError
from reading.factors import totp
from reading.factors.factors import Shown
from reading.factors.requirement import Requirement
from reading.kinds import Role
from reading.sessions import sign_in
from reading.sessions.attempts import Caller
from reading.sessions.half_sessions import HalfSession
from reading.sessions.sign_in import Enrolled, NewFactor, Terms
from reading.sessions.staff_sessions import StaffSession
from storage.database import snapshot
from tests.passwords import quick_hash
from tests.reading.region import KEYS, NO_FACTORS

WEB: Final = Audit("web")
PASSWORD: Final = "oak-tree-in-winter"
HASH: Final = quick_hash(PASSWORD)
READERS_MUST: Final = Terms(requirement=Requirement(roles=frozenset({Role.READER})), sessions=1000)
HOME: Final = Caller(address="10.0.0.1")


@dataclass
class Phone:
    """An authenticator app."""

    secret: bytes

    def code(self, now: datetime, steps: int = 0) -> str:
        """What it shows, or shows so many steps later."""
        return totp.code_of(self.secret, totp.step_at(now + timedelta(seconds=30 * steps)))


def password(
    engine: Engine, now: datetime, terms: Terms = NO_FACTORS, *, username: str = "ada", caller: Caller = HOME
) -> StaffSession | HalfSession | ReadingError:
    try:
        return sign_in.open_session(
            Acts(engine, WEB, lambda: now, SYSTEM), KEYS, terms, username=username, password=PASSWORD, caller=caller
        )
    except ReadingError as refused:
        return refused


def half(engine: Engine, now: datetime, terms: Terms = NO_FACTORS, caller: Caller = HOME) -> HalfSession:
    opened = password(engine, now, terms, caller=caller)
    assert isinstance(opened, HalfSession), opened
    return opened


def show(  # noqa: PLR0917
    engine: Engine, now: datetime, waiting: HalfSession, code: str, terms: Terms = NO_FACTORS, caller: Caller = HOME
) -> StaffSession | ReadingError:
    try:
        return sign_in.show_factor(
            Acts(engine, WEB, lambda: now, SYSTEM),
            KEYS,
            terms,
            token=waiting.token,
            shown=Shown(code=code),
            caller=caller,
        )
    except ReadingError as refused:
        return refused


def enrol(engine: Engine, now: datetime, waiting: HalfSession) -> tuple[Phone, Enrolled]:
    """Set up an app, as the page asks."""
    with snapshot(engine) as tx:
        offer = sign_in.offer(Context(tx, WEB, now, SYSTEM), KEYS, waiting.token, None)
    phone = Phone(offer.secret)
    enrolled = sign_in.enrol(
        Acts(engine, WEB, lambda: now, SYSTEM),
        KEYS,
        READERS_MUST,
        token=waiting.token,
        new=NewFactor(name="Phone", shown=Shown(code=phone.code(now))),
        caller=HOME,
    )
    return phone, enrolled


def with_phone(engine: Engine, now: datetime) -> tuple[Phone, Enrolled]:
    """Ada sets up a phone because readers must."""
    return enrol(engine, now, half(engine, now, READERS_MUST))
