"""A card's number, typed in any way, and what it says of its owner."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reading.errors import Invalid
from reading.kinds import IdentifierKind, Sex
from reading.patients import card_facts
from reading.patients.patient_identifiers import normal
from tests.reading.region import PIA_CARD

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
WIDE = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")


def test_full_width_digits_are_those_of_any_keyboard() -> None:
    wide = f" {PIA_CARD[:6]} {PIA_CARD[6:]} ".translate(WIDE)

    assert normal(IdentifierKind.IDENTITY_CARD, wide) == PIA_CARD
    assert card_facts.read(wide, NOW) == card_facts.read(PIA_CARD, NOW)


def test_nobody_is_older_than_130() -> None:
    with pytest.raises(Invalid) as refused:
        card_facts.settled([], Sex.MALE, date(1895, 12, 31), NOW)

    assert refused.value.problem == "too_old"
    assert card_facts.settled([], Sex.MALE, date(1896, 1, 1), NOW) == (Sex.MALE, date(1896, 1, 1))
