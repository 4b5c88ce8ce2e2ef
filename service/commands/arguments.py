"""Arguments of commands that are more than one kind of thing, or a time on the clock of this machine."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from service.commands.errors import Refused

_YEARS: Final = range(1900, 3000)
"""Near the ends of the calendar a time is none any longer on another clock."""


def is_number(typed: str) -> bool:
    """Whether an argument is the number of something, and not a name: digits, but no more than a number has."""
    return typed.isascii() and typed.isdigit() and len(typed) <= 9


def local_moment(option: str, typed: datetime | None) -> datetime | None:
    """A time on the clock of this machine, with its zone; None where nothing was typed.

    Raises:
        Refused: it is of a year that nobody means.

    """
    found = meant_moment(option, typed)
    return found.astimezone() if found else None


def meant_moment(option: str, typed: datetime | None) -> datetime | None:
    """A time as it was typed; None where nothing was.

    Raises:
        Refused: it is of a year that nobody means.

    """
    if typed is not None and typed.year not in _YEARS:
        raise Refused(f"{option} is in the year {typed.year}", f"a year from {_YEARS[0]} to {_YEARS[-1]}")
    return typed
