"""Which way the patient lies in a picture, and how pictures are turned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from playwright.sync_api import Page

from tests.builders import image, new_uid, thing
from tests.pictures import desk, gallery, reference
from tests.pictures.comparison import TOLERANCE, Sent, difference

STUDY: Final = new_uid()
CORONAL: Final = [1, 0, 0, 0, 0, -1]


def picture(name: str, **shown: Any) -> Sent:
    """Of 16 columns and rows, with a value of its own in each pixel, in a series of its own."""
    made = image(rows=16, columns=16, WindowCenter=128, WindowWidth=256, **shown)
    made.StudyInstanceUID, made.SeriesDescription = STUDY, name
    made.PixelData = np.arange(256, dtype="<u2").tobytes()
    return gallery.read(name, thing(made))


def coronal() -> Sent:
    return picture(
        "coronal",
        ImageOrientationPatient=CORONAL,
        ImagePositionPatient=[0, 0, 0],
        PixelSpacing=[1, 1],
        SliceThickness=5,
    )


def radiograph() -> Sent:
    return picture("radiograph", Modality="DX", PatientOrientation=["R", "F"], ImagerPixelSpacing=[0.2, 0.2])


def unknown() -> Sent:
    return picture("unknown", Modality="OT")


@pytest.fixture
def things() -> list[Sent]:
    return [coronal(), radiograph(), unknown()]


@pytest.fixture
def page(things: list[Sent], way: str, sqlite_template: Path, tmp_path: Path) -> Iterator[Page]:
    with gallery.on_desk(things, way, sqlite_template, tmp_path) as page:
        yield page


def drawn(page: Page, one: Sent) -> np.ndarray:
    desk.begin(page, one.whole, 1)
    return desk.drawn(page).pixels


def sides(page: Page) -> str:
    """The letters from the top clockwise."""
    return " ".join(page.locator(".overlay .orientation").all_inner_texts())


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.locator(".viewport").press(key)


@pytest.mark.parametrize("way", list(desk.WAYS))
def test_pictures_and_their_letters_are_turned_alike(things: list[Sent], page: Page) -> None:
    slice_, plain, nameless = things
    upright = reference.picture(slice_.whole, 1)
    apart = [difference(drawn(page, slice_), upright)]
    letters = [sides(page)]
    for key, turned in (("o", np.rot90(upright, -1)), ("l", np.fliplr(np.rot90(upright, -1))), ("r", upright)):
        press(page, key)
        apart.append(difference(drawn(page, slice_), turned))
        letters.append(sides(page))
    drawn(page, plain)
    of_radiograph = (sides(page), page.locator(".overlay .bottom-left").inner_text().strip())
    drawn(page, nameless)

    assert apart == [pytest.approx(0, abs=TOLERANCE)] * 4
    assert letters == ["H L F R", "R H L F", "R F L H", "H L F R"]
    assert of_radiograph == ("H R F L", "#1\n长度按探测器或胶片平面计算")
    assert (sides(page), page.locator(".overlay .bottom-left").inner_text().strip()) == ("", "#1\n未校准，长度为像素")
