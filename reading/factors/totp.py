"""One-time codes by time (RFC 6238): SHA-1, six digits, steps of thirty seconds, as every app on a phone makes them."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from typing import Final

from pyotp.hotp import HOTP
from pyotp.totp import TOTP

from reading.patients.keys import Keys
from reading.texts import bare

DIGITS: Final = 6
STEP_SECONDS: Final = 30
SKEW: Final = 1
"""Steps before and after this one whose codes are taken as well (RFC 6238 6: at most one)."""
SECRET_BYTES: Final = 20
"""The length of the digest, as RFC 4226 4 recommends."""
ISSUER: Final = "TierRead"


def proposed_secret(keys: Keys, token_digest: bytes, number: int) -> bytes:
    """The secret that a session is offered for its person's factor ``number``: the same until that factor is added.

    So a page shows it without writing anything. Nobody without the key of this installation can tell it.
    """
    return keys.digest("totp", token_digest.hex(), str(number))[:SECRET_BYTES]


def step_at(now: datetime) -> int:
    """T of RFC 6238 4.2, counted from the Unix epoch."""
    return int(now.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    return HOTP(spelled(secret), digits=DIGITS).at(step)


def taken_step(secret: bytes, typed: str, now: datetime, *, after: int | None) -> int | None:
    """The step whose code was typed; None for a wrong code, and for one of a step that is not ``after`` the last."""
    plain = digits_of(typed)
    found: int | None = None
    for step in range(step_at(now) - SKEW, step_at(now) + SKEW + 1):
        # All are compared, so that the time of the answer says nothing.
        same = hmac.compare_digest(code_of(secret, step), plain)
        if same and found is None and (after is None or step > after):
            found = step
    return found


def digits_of(typed: str) -> str:
    """What was typed without spaces and dashes, full-width digits as plain ones; empty where it is no code at all."""
    digits = bare(typed)
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdigit() else ""


def spelled(secret: bytes) -> str:
    """The secret in base32 (RFC 4648 6), as it is typed into an app."""
    return base64.b32encode(secret).decode("ascii")


def address(secret: bytes, username: str) -> str:
    """The `otpauth` address that a QR code holds."""
    return TOTP(spelled(secret), digits=DIGITS, interval=STEP_SECONDS).provisioning_uri(
        name=username, issuer_name=ISSUER
    )
