"""Passwords: argon2id (RFC 9106), first passwords that can be read out on the telephone, and what a good one is."""

from __future__ import annotations

import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from reading.errors import Invalid

SHORTEST: Final = 10
LONGEST: Final = 256
"""Characters; what is longer only makes the server work."""
ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""31 characters without those that look alike."""
GROUPS: Final = 4
GROUP_LENGTH: Final = 4

_hasher: Final = PasswordHasher()


def check(password: str, *, username: str) -> None:
    """Whether somebody may take this password.

    Raises:
        Invalid: too short, too long, too short without the username in it, or with characters without UTF-8.

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
    """Whether the password is the one; takes as long for a wrong one as for the right one."""
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
    """What to verify for a username that does not exist, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(32))
