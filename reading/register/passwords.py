"""Passwords as argon2id hashes (RFC 9106), and first passwords to read out on the telephone."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from reading.register.password_rules import LONGEST, has_utf_8
from storage.open_transactions import outside_transaction

ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""31 characters, none of which looks like another."""
GROUPS: Final = 4
GROUP_LENGTH: Final = 4

# One lane: the second core stays with the devices. RFC 9106's 64 MiB and three passes.
_hasher: Final = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
_LIGHT_MEMORY: Final = 8_192
_light_hasher: Final = PasswordHasher(time_cost=1, memory_cost=_LIGHT_MEMORY, parallelism=1)
_HASHING: Final = "hashing a password"


@dataclass(frozen=True, kw_only=True)
class NewPassword:
    """A password for somebody new, hashed before the transaction that adds them begins."""

    text: str = field(repr=False)
    hash: str = field(repr=False)
    is_first: bool
    """Made here, and changed at the first sign-in; otherwise somebody chose it."""


def chosen(password: str) -> NewPassword:
    """A password that somebody chose; whether it is good enough is asked once it is known for whom."""
    # One that cannot be hashed breaks a rule, and is refused before its hash is used.
    return NewPassword(text=password, hash=hash_password(password) if has_utf_8(password) else "", is_first=False)


def first() -> NewPassword:
    """A random password that is printed once."""
    return first_of(generate())


def first_of(made: str) -> NewPassword:
    """A password that `generate` or `derived` made.

    Hashed lightly: its 79 bits need no slow hash, and a table brings hundreds at once; the person's own replaces it.
    """
    outside_transaction(_HASHING)
    return NewPassword(text=made, hash=_light_hasher.hash(_normal(made)), is_first=True)


def hash_password(password: str) -> str:
    outside_transaction(_HASHING)
    return _hasher.hash(_normal(password))


def verify(password_hash: str, password: str) -> bool:
    """Whether the password has this hash; a wrong one takes as long as the right one."""
    outside_transaction(_HASHING)
    if len(password) > LONGEST or not has_utf_8(password):
        return False
    if password_hash.startswith("$argon2") and extract_parameters(password_hash).memory_cost == _LIGHT_MEMORY:
        _has_hash(nobodys_hash(), password)  # the time of an answer does not say who still has a first password
    # Hashes of older versions are of the password as it was typed.
    return any(_has_hash(password_hash, each) for each in dict.fromkeys((_normal(password), password)))


def is_outdated(password_hash: str) -> bool:
    """Whether a hash asks for several lanes, as older versions made them, and should be made again."""
    return extract_parameters(password_hash).parallelism > 1


def generate() -> str:
    """A first password of 79 bits, such as ``k3vw-9mpt-x2hd-7qrs``."""
    return _grouped("".join(secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP_LENGTH)))


def derived(seed: str, username: str) -> str:
    """As `generate`, always the same for a seed of `secrets` and a username: slips of a table need its seed alone."""
    number = int.from_bytes(hmac.digest(seed.encode(), username.encode(), "sha256"))
    letters: list[str] = []
    for _ in range(GROUPS * GROUP_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return _grouped("".join(letters))


@cache
def nobodys_hash() -> str:
    """A hash to verify against for an unknown username, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _grouped(letters: str) -> str:
    return "-".join(letters[at : at + GROUP_LENGTH] for at in range(0, len(letters), GROUP_LENGTH))


def _has_hash(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    # One keyboard sends full-width letters where another sends plain ones (NIST SP 800-63B-4 3.1.1.2).
    return unicodedata.normalize("NFKC", password)
