"""Availability: whether somebody can be handed a case now, and what stands against it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Obstacle(StrEnum):
    """What stands against handing somebody a case."""

    OUTSIDE_SLOT = "outside_slot"
    ABSENT = "absent"
    SIGNED_OUT = "signed_out"
    IDLE = "idle"
    AT_LIMIT = "at_limit"


@dataclass(frozen=True, kw_only=True)
class AtWork:
    """What is known of somebody at a moment."""

    in_slot: bool
    absent: bool
    signed_in: bool
    active: bool
    """Did something in the last minutes, or holds a case."""
    open_cases: int
    """Those that they hold, and those that wait for them."""
    most: int | None
    """Their limit; None: there is none."""


def obstacles(one: AtWork) -> tuple[Obstacle, ...]:
    """Everything that stands against it, what lasts longest first; empty: they are available."""
    said = {
        Obstacle.OUTSIDE_SLOT: not one.in_slot,
        Obstacle.ABSENT: one.absent,
        Obstacle.SIGNED_OUT: not one.signed_in,
        Obstacle.IDLE: one.signed_in and not one.active,
        Obstacle.AT_LIMIT: one.most is not None and one.open_cases >= one.most,
    }
    return tuple(obstacle for obstacle, stands in said.items() if stands)
