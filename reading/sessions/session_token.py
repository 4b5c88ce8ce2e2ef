"""Tokens of sessions: given out once; the database holds only their digests."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

TOKEN_BYTES: Final = 32
TOUCH_EVERY: Final = timedelta(minutes=1)
"""The time of a session's last act is written no oftener than this."""


def new() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> bytes:
    # 256 random bits need no slow hash.
    return hashlib.sha256(token.encode()).digest()
