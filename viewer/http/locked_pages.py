"""The pages of staff that name patients: while nobody is there they ask who is (`callers`, static/lock.js)."""

from __future__ import annotations

from typing import Final

from viewer.shell.navigation import is_under

LOCKS: Final = (
    *("/t", "/quality", "/consultations", "/referrals", "/questions", "/reports", "/alerts", "/emergency"),
    "/sought",
    # An entry that rests may name somebody: what was corrected since was not compared with it.
    *("/teaching/new", "/teaching/entries"),
)
"""The desk locks itself."""


def locks(path: str) -> bool:
    """Whether a page names patients, so that after some idle minutes it asks for a proof."""
    return any(is_under(path, one) for one in LOCKS)
