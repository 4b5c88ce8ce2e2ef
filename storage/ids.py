"""Ids of ours: ULIDs, which sort by the time they were made and say nothing about a person."""

from __future__ import annotations

from datetime import UTC, datetime

from ulid import ULID


def new_id() -> str:
    return str(ULID())


def made_at(ulid: str) -> datetime:
    """The moment that an id carries, to the millisecond."""
    return ULID.from_str(ulid).datetime.astimezone(UTC)
