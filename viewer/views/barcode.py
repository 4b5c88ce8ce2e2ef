"""Bar codes (Code 128, ISO/IEC 15417) as SVG, drawn on the server: what the scanner of a device or a counter reads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from markupsafe import Markup

# Annex A, table A.1: the widths of bar, space, bar, space, bar, space of each symbol character, from value 0.
_TABLE: Final = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 "
    "113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 "
    "212123 212321 232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 "
    "113123 113321 133121 313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 "
    "314111 221411 431111 111224 111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 "
    "241211 221114 413111 241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 "
    "214121 412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 211214 "
    "211232"
)
WIDTHS: Final = _TABLE.split()
STOP: Final = "2331112"
START_B: Final = 104
"""Code set B: the printable characters of ASCII, the space being 0."""
MODULO: Final = 103
QUIET: Final = 10
"""Modules left white on either side."""
HEIGHT: Final = 60
"""Modules; a hand scanner meets it at an angle."""


def symbols(said: str) -> Sequence[int]:
    """The values of the symbol characters of a text, start and check character included, stop excluded.

    Raises:
        ValueError: a character that is not printable ASCII.

    """
    if not said.isascii() or not said.isprintable():
        raise ValueError("only printable ASCII is written as a bar code")
    values = [ord(character) - ord(" ") for character in said]
    check = START_B + sum(place * value for place, value in enumerate(values, start=1))
    return [START_B, *values, check % MODULO]


def barcode_of(said: str) -> Markup:
    """The bar code of a number that we gave; empty where it cannot be written as one."""
    try:
        written = "".join(WIDTHS[value] for value in symbols(said)) + STOP
    except ValueError:
        return Markup()
    edges = list(accumulate(map(int, written), initial=QUIET))
    bars = "".join(
        f"M{left} 0h{right - left}v{HEIGHT}h-{right - left}z"
        for left, right in zip(edges[::2], edges[1::2], strict=True)
    )
    width = edges[-1] + QUIET
    drawing = (
        f'<svg class="barcode" viewBox="0 0 {width} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true"'
        f' shape-rendering="crispEdges"><path d="{bars}"/></svg>'
    )
    return Markup(drawing)  # noqa: S704 -- numbers alone
