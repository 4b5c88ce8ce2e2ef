"""How an assignment ends: taken, or passed on for a reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class End(StrEnum):
    TAKEN = "taken"
    CHOSEN_BY_ANOTHER = "chosen_by_another"
    CASE_LEFT = "case_left"
    """The case no longer waits where it was assigned."""
    ABSENT = "absent"
    SLOT_END = "slot_end"
    """Handed over."""
    SIGNED_OUT = "signed_out"
    NOT_TAKEN = "not_taken"
    """Its minutes are over: it is open to everybody."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is known of an assignment that nobody has taken."""

    waits: bool
    """The case still waits for this step at this tier."""
    absent: bool
    in_slot: bool
    away: bool
    """Signed out, for longer than the terms allow."""
    over: bool
    """The minutes in which it was to be taken."""


def end_of(one: Standing) -> End | None:
    """How an assignment that nobody has taken ends now; None: it stands."""
    said = (
        (not one.waits, End.CASE_LEFT),
        (one.absent, End.ABSENT),
        (not one.in_slot, End.SLOT_END),
        (one.away, End.SIGNED_OUT),
        (one.over, End.NOT_TAKEN),
    )
    return next((end for holds, end in said if holds), None)
