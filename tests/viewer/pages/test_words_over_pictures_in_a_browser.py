"""Words over a picture read on bone and air as on black: 4.5:1 around each letter, computed from what is drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.browser import chromium

SHEET: Final = Path(__file__).parents[3] / "viewer" / "web" / "src" / "images" / "images.css"
TEXT: Final = 4.5
"""What words need (WCAG 2.2, 1.4.3)."""
WORDS: Final = "<p class='top-left'>李波 B2 男 74岁<br>CT 胸部 5 mm Axial</p><p class='orientation right'>L</p>"
OVERLAY: Final = f"<div class='overlay'>{WORDS}</div>"


def luminance(png: bytes) -> NDArray[np.float64]:
    """Relative luminance of each pixel (WCAG 2.2)."""
    colours: Any = imagecodecs.png_decode(png)
    parts = np.asarray(colours)[..., :3].astype(float) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def beside(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels that touch one that is inked, and the inked ones themselves."""
    padded = np.pad(ink, 1)
    rows, columns = ink.shape
    return np.logical_or.reduce([padded[y : y + rows, x : x + columns] for y in range(3) for x in range(3)])


@pytest.mark.parametrize("width", [640, 340])
def test_corner_words_read_on_white_and_on_black(width: int) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": 300})
        try:
            page.set_content(f"<div class='stage'><tierread-cell style='display:block'>{OVERLAY}</tierread-cell></div>")
            page.add_style_tag(content=SHEET.read_text("utf-8"))
            page.add_style_tag(content="html, body, .stage { margin: 0; height: 100%; } .stage { display: block; }")
            page.add_style_tag(content="tierread-cell { height: 100%; background: var(--picture); }")
            drawn = {}
            for picture in ("#000000", "#808080", "#ffffff"):
                page.evaluate("(colour) => document.body.style.setProperty('--picture', colour)", picture)
                drawn[picture] = luminance(page.screenshot())
        finally:
            page.context.close()
    # The letters: bright on black, and the same on white.
    letters = (drawn["#000000"] > 0.6) & (np.abs(drawn["#000000"] - drawn["#ffffff"]) < 0.1)
    edge = beside(letters) & (drawn["#000000"] < 0.1)

    assert min(letters.sum(), edge.sum()) > 100
    for picture, shade in drawn.items():
        ratio = (shade[letters].mean() + 0.05) / (shade[edge].mean() + 0.05)
        assert ratio >= TEXT, (picture, ratio)
