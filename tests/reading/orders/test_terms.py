"""What a counter offers is among the codes that prices, weights and ratios may name."""

from __future__ import annotations

from reading.cases import examination_codes
from reading.orders import terms


def test_what_can_be_ordered_can_be_priced() -> None:
    assert set(terms.MODALITIES) < set(examination_codes.MODALITIES)
    assert terms.MODALITIES[0] == "DX"
    assert set(terms.BODY_PARTS) <= set(examination_codes.BODY_PARTS)
