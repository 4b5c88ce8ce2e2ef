"""Passwords: their rules, their argon2id hashes (RFC 9106), and first passwords to read out on the telephone."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reading.errors import Invalid

SHORTEST: Final = 10
LONGEST: Final = 256
"""Characters; longer ones would only cost computing time."""
ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""31 characters, none of which looks like another."""
GROUPS: Final = 4
GROUP_LENGTH: Final = 4

_hasher: Final = PasswordHasher()


def check(password: str, *, username: str) -> None:
    """Make sure that a password follows the rules.

    Raises:
        Invalid: it is too short, too long, too short without the username in it, or has no UTF-8 form.

    """
    if not _has_utf_8(password):
        raise Invalid("password", "characters")
    if len(password) < SHORTEST:
        raise Invalid("password", "too_short")
    if len(password) > LONGEST:
        raise Invalid("password", "too_long")
    if len(password.lower().replace(username.lower(), "")) < SHORTEST:
        raise Invalid("password", "holds_username")


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify(password_hash: str, password: str) -> bool:
    """Whether the password has this hash; a wrong one takes as long as the right one."""
    if len(password) > LONGEST or not _has_utf_8(password):
        return False
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def generate() -> str:
    """A first password of 79 bits, such as ``k3vw-9mpt-x2hd-7qrs``."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def _has_utf_8(text: str) -> bool:
    return not any(0xD800 <= ord(character) < 0xE000 for character in text)


@cache
def nobodys_hash() -> str:
    """A hash to verify against for an unknown username, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(32))
