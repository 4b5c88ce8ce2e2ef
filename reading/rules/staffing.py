"""What a rule asks of whoever takes its cases: skills, and whether they may choose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

SEPARATOR: Final = ","
"""Between the skills in the column of a case."""


class MayChoose(StrEnum):
    """Whether somebody may take another case than the one that they would be handed."""

    FREELY = "freely"
    WITH_REASON = "with_reason"
    NO = "no"


def folded(code: str) -> str:
    """A skill as it is compared and kept: ``ct`` and ``CT`` are one."""
    return code.strip().upper()


def asked(skills: Iterable[str]) -> str:
    """The skills that a rule asks for, as a case keeps them; empty: none."""
    return SEPARATOR.join(sorted(skills))


def open_from(received_at: datetime, due_at: datetime) -> datetime:
    """When a case no longer waits for the skills: half of its time is over, and whoever reads there may take it."""
    return received_at + (due_at - received_at) / 2


def met(sets: Iterable[str], skills: Iterable[str]) -> frozenset[str]:
    """Those of the sets of skills that somebody has all of; the empty one always."""
    theirs = set(skills)
    return frozenset(one for one in sets if not one or theirs.issuperset(one.split(SEPARATOR))) | {""}
