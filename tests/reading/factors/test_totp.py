"""One-time codes: the vectors of RFC 6238, the skew of one step, and no code twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pyotp import parse_uri

from reading.factors import totp
from tests.reading.region import KEYS

SECRET = b"12345678901234567890"
# RFC 6238 appendix B, SHA-1; eight digits there, of which a code of six is the last six (RFC 4226 5.3).
VECTORS = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}


@pytest.mark.parametrize(("seconds", "eight"), VECTORS.items())
def test_the_vectors_of_the_standard(seconds: int, eight: str) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

    assert totp.code_of(SECRET, totp.step_at(at)) == eight[-6:]
    assert totp.taken_step(SECRET, eight[-6:], at, after=None) == seconds // 30


def test_a_clock_may_be_wrong_by_one_step_and_no_more(now: datetime) -> None:
    step = totp.step_at(now)
    taken = {off: totp.taken_step(SECRET, totp.code_of(SECRET, step + off), now, after=None) for off in range(-3, 4)}

    assert taken == {-3: None, -2: None, -1: step - 1, 0: step, 1: step + 1, 2: None, 3: None}


def test_no_step_is_taken_twice_nor_one_before_it(now: datetime) -> None:
    step = totp.step_at(now)
    taken = [totp.taken_step(SECRET, totp.code_of(SECRET, step + off), now, after=step) for off in (-1, 0, 1)]

    assert taken == [None, None, step + 1]


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "12 34", "12345x"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.digits_of(typed) == ""


def test_digits_are_taken_as_keyboards_send_them() -> None:
    assert totp.digits_of("１２３ ４５６") == totp.digits_of(" 123456 ") == "123456"


def test_a_session_is_offered_the_same_secret_until_it_is_used() -> None:
    first = totp.proposed_secret(KEYS, b"t" * 32, 0)

    assert len(first) == 20
    assert first == totp.proposed_secret(KEYS, b"t" * 32, 0)
    assert len({first, totp.proposed_secret(KEYS, b"t" * 32, 1), totp.proposed_secret(KEYS, b"u" * 32, 0)}) == 3


def test_an_app_reads_the_same_secret_from_the_address() -> None:
    read = parse_uri(totp.address(SECRET, "ada"))

    assert (read.secret, read.name, read.issuer, read.digits) == (totp.spelled(SECRET), "ada", "TierRead", 6)
