"""Ids of ours: ULIDs, which sort by the time they were made and say nothing about a person."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Final

from ulid import ULID

_STEP_BITS: Final = 64
"""Random bits that separate an id from the one that it has to follow or precede; an id has 80."""


def new_id() -> str:
    return str(ULID())


def new_id_after(latest: str | None) -> str:
    """An id that sorts behind ``latest``, even where another node made that by a clock that is ahead."""
    made = new_id()
    if latest is None or made > latest:
        return made
    return str(ULID.from_int(int(ULID.from_str(latest)) + 1 + secrets.randbits(_STEP_BITS)))


def new_id_before(earliest: str) -> str:
    """An id that sorts just before ``earliest``, for a segment that replaces it and others behind it."""
    return str(ULID.from_int(int(ULID.from_str(earliest)) - 1 - secrets.randbits(_STEP_BITS)))


def made_at(ulid: str) -> datetime:
    """The moment that an id carries, to the millisecond."""
    return ULID.from_str(ulid).datetime.astimezone(UTC)


def earliest_id(moment: datetime) -> str:
    """The smallest id that one made at ``moment`` or later can have."""
    return str(ULID.from_int(max(0, int(moment.timestamp() * 1000)) << 80))
