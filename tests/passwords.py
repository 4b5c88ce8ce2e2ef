"""Hashes of the passwords of the tests."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher


@cache
def quick_hash(password: str) -> str:
    """A hash whose parameters, which a verification follows, ask for little work."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)
