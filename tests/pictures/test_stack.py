"""One series whose pictures differ in size, window and white: each is shown in its own, until somebody chooses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.builders import image, new_uid, thing
from tests.pictures import desk, gallery, reference
from tests.pictures.comparison import TOLERANCE, Sent, difference

STUDY = new_uid()
SERIES = new_uid()


def picture(number: int, rows: int, columns: int, **shown: Any) -> Sent:
    made = image(rows=rows, columns=columns, InstanceNumber=number, **shown)
    made.StudyInstanceUID, made.SeriesInstanceUID = STUDY, SERIES
    made.PixelData = (np.arange(rows * columns, dtype=np.uint32) * 5 % 4096).astype("<u2").tobytes()
    return gallery.read(str(number), thing(made))


@pytest.fixture
def series() -> list[Sent]:
    return [
        picture(1, 16, 16, WindowCenter=300, WindowWidth=600),
        picture(2, 40, 24, WindowCenter=2500, WindowWidth=3000, PhotometricInterpretation="MONOCHROME1"),
        picture(3, 16, 16),
        picture(4, 16, 16, WindowCenter=900, WindowWidth=900, VOILUTFunction="SIGMOID"),
    ]


@pytest.fixture
def page(series: list[Sent], way: str, sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    with gallery.on_desk(series, way, sqlite_template, tmp_path) as page:
        yield page


def drawn(page: Page, one: Sent) -> np.ndarray:
    desk.begin(page, one.whole, 1)
    return desk.drawn(page).pixels


def does(page: Page, what: str) -> None:
    page.evaluate(f"() => document.querySelector('tierread-cell').stack.{what}")


def zoom_of(page: Page, one: Sent) -> float:
    """How large the desk shows a picture when it comes to it by itself."""
    return page.evaluate("([uid, to]) => window.zoomAt(uid, to)", [SERIES, str(one.whole.SOPInstanceUID)])


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_each_picture_has_its_own_window_white_and_size(series: list[Sent], page: Page) -> None:
    order = (0, 1, 2, 3, 1, 0)
    apart = [difference(drawn(page, series[at]), reference.picture(series[at].whole, 1)) for at in order]
    does(page, "invert()")
    inverted = difference(drawn(page, series[1]), 255 - reference.picture(series[1].whole, 1))
    does(page, "reset()")
    after = difference(drawn(page, series[1]), reference.picture(series[1].whole, 1))
    does(page, "setWindow({ center: 1000, width: 2000 })")
    series[0].whole.WindowCenter, series[0].whole.WindowWidth = 1000, 2000
    chosen = difference(drawn(page, series[0]), reference.picture(series[0].whole, 1))
    large, small = zoom_of(page, series[1]), zoom_of(page, series[0])

    assert max(apart) <= TOLERANCE, apart
    assert (inverted, after, chosen) <= (TOLERANCE, TOLERANCE, TOLERANCE)
    assert small / large == pytest.approx(40 / 16, rel=0.01)  # each fills the height of the stage
