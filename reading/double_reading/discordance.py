"""Discordance: when two blind readings differ, and when a third person decides, as a pure table.

After NHSDigital/manage-breast-screening-prototype, ``reading-cases.js`` (2026-08).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.reports.opinion import Opinion, Result
from reading.rules.rule import Arbitration


class Difference(StrEnum):
    """In what two readings differ."""

    RESULT = "result"
    VIEWS = "views"
    """Both ask for pictures to be taken again, and not for the same."""
    SIDE = "side"
    """Both recall, and not for the same side."""


class Because(StrEnum):
    """Why a third person decides."""

    DISCORDANT = "discordant"
    IMAGES = "images"
    """Images came or went between the two readings."""
    RECALL = "recall"
    NOT_NORMAL = "not_normal"


BY_POLICY: Final[dict[tuple[Arbitration, Result], Because]] = {
    (Arbitration.ALL_RECALLS, Result.RECALL): Because.RECALL,
    (Arbitration.ALL_NOT_NORMAL, Result.RECALL): Because.NOT_NORMAL,
    (Arbitration.ALL_NOT_NORMAL, Result.TECHNICAL_RECALL): Because.NOT_NORMAL,
}
"""Readings that say the same and are decided by a third person all the same; all others are released."""


class Reading(StrEnum):
    """One of two blind readings."""

    FIRST = "first"
    SECOND = "second"


BY_ONE: Final[dict[tuple[Arbitration, Result, Result], Reading]] = {
    (Arbitration.RECALL_IF_EITHER, Result.RECALL, Result.NORMAL): Reading.FIRST,
    (Arbitration.RECALL_IF_EITHER, Result.NORMAL, Result.RECALL): Reading.SECOND,
}
"""By policy, first and second result: readings that differ and of which one is released as it is."""


class Settled(StrEnum):
    """How two blind readings become one report."""

    RELEASED = "released"
    """One of them stands as it is."""
    CONSENSUS = "consensus"
    """One of their readers signs the other one's words."""
    ARBITER = "arbiter"
    """A third person decides."""


BY_WHOM: Final[dict[Because, Settled]] = {
    Because.DISCORDANT: Settled.CONSENSUS,
    # Neither saw what the other one saw: they have nothing to meet on.
    Because.IMAGES: Settled.ARBITER,
    Because.RECALL: Settled.CONSENSUS,
    Because.NOT_NORMAL: Settled.CONSENSUS,
}
"""By why they are not released: who settles them where the rule lets their readers meet."""


def way(because: Because | None, *, confers: bool) -> Settled:
    """How two readings are settled; ``confers``: whether the rule lets their readers meet first."""
    if because is None:
        return Settled.RELEASED
    return BY_WHOM[because] if confers else Settled.ARBITER


def settled_by(first: Opinion, second: Opinion, policy: Arbitration) -> Reading | None:
    """Which of two readings that differ is released without a third person; None: neither is."""
    return BY_ONE.get((policy, first.result, second.result))


def difference(first: Opinion, second: Opinion) -> Difference | None:
    """In what two readings differ; None where they are concordant. Comments have no part in it."""
    if first.result is not second.result:
        return Difference.RESULT
    match first.result:
        case Result.NORMAL:
            return None
        case Result.TECHNICAL_RECALL:
            return Difference.VIEWS if first.views != second.views else None
        case Result.RECALL:
            sides = (first.right, first.left), (second.right, second.left)
            return Difference.SIDE if sides[0] != sides[1] else None


def arbitration(first: Opinion, second: Opinion, policy: Arbitration, *, same_images: bool) -> Because | None:
    """Why a third person decides between two readings; None where they are released as they are."""
    if difference(first, second) is not None and settled_by(first, second, policy) is None:
        return Because.DISCORDANT
    if not same_images:
        return Because.IMAGES
    return BY_POLICY.get((policy, first.result))
