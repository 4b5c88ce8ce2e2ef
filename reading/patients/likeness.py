"""Whether two records are likely one person's; only a person says that they are."""

from __future__ import annotations

from collections.abc import Collection

from reading.kinds import Sex
from reading.patients.names import bare
from reading.patients.patients import Patient


def likely_one(one: Patient, other: Patient) -> bool:
    """Whether to propose it, if their cards do not `contradict` it: the same name and birth date, and no other sex.

    Twins have one birth date and names that are alike, so a name that is only alike proposes nothing.
    """
    if one.birth_date is None or one.birth_date != other.birth_date or bare(one.name) != bare(other.name):
        return False
    return Sex.UNKNOWN in {one.sex, other.sex} or one.sex is other.sex


def contradict(cards: Collection[str], others_cards: Collection[str]) -> bool:
    """Whether two people's identity card numbers are those of two people; 15 digits may be 18 of before."""
    ours, theirs = {_eighteenths(card) for card in cards}, {_eighteenths(card) for card in others_cards}
    return bool(ours) and bool(theirs) and not ours & theirs


def _eighteenths(card: str) -> str:
    """The digits that both writings of one number have: without the century and the check character."""
    return card if len(card) == 15 else card[:6] + card[8:17]
