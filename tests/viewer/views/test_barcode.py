"""Code 128: the table is that of the standard, the check character is right, and scanners get their quiet zone."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from viewer.views.barcode import HEIGHT, QUIET, START_B, STOP, WIDTHS, barcode_of, symbols

MODULES = 11
"""Of a symbol character (ISO/IEC 15417, 4.2.1)."""


def test_each_symbol_is_eleven_modules_wide_with_an_even_number_of_dark_ones_and_is_another_one() -> None:
    shapes = [[int(width) for width in shape] for shape in WIDTHS]

    assert len(set(WIDTHS)) == 106
    assert {sum(shape) for shape in shapes} == {MODULES}
    assert {sum(shape[::2]) % 2 for shape in shapes} == {0}


def test_a_known_text_has_its_known_check_character() -> None:
    assert symbols("Wikipedia")[0] == START_B
    assert symbols("Wikipedia")[-1] == 88  # an example that is published


@given(st.text(alphabet="0123456789ABCDEFGHJKMNPQRSTVWXYZ-", min_size=1, max_size=16))
def test_what_is_drawn_reads_as_what_was_said(said: str) -> None:
    drawn = barcode_of(said)
    bars = [(int(left), int(width)) for left, width in re.findall(rf"M(\d+) 0h(\d+)v{HEIGHT}", drawn)]
    gaps = [later[0] - sum(bar) for bar, later in pairwise(bars)]
    widths = "".join(f"{bar[1]}{gap}" for bar, gap in zip(bars, [*gaps, ""], strict=True))
    known: list[str] = list(WIDTHS)
    read = [known.index(widths[place : place + 6]) for place in range(0, len(widths) - len(STOP), 6)]

    assert widths.endswith(STOP)
    assert "".join(chr(value + ord(" ")) for value in read[1:-1]) == said
    assert bars[0][0] == QUIET
    assert f'viewBox="0 0 {sum(bars[-1]) + QUIET} ' in drawn


def test_what_no_scanner_reads_is_not_drawn() -> None:
    assert barcode_of("检查") == ""
