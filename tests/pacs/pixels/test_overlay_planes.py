"""Overlay planes, by PS3.3 C.9.2 and C.9.3."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from pacs.pixels.lookup_table import LITTLE
from pacs.pixels.overlay_planes import draw
from tests.pacs.pixels.shades import header

BLACK = np.zeros((4, 4), np.uint8)


def plane(made: Dataset, rows: int, columns: int, bits: list[int] | None, group: int = 0x6000, **more: Any) -> Dataset:
    made.add_new((group, 0x0010), "US", rows)
    made.add_new((group, 0x0011), "US", columns)
    made.add_new((group, 0x0050), "SS", more.get("origin", [1, 1]))
    if "frames" in more:
        made.add_new((group, 0x0015), "IS", more["frames"])
        made.add_new((group, 0x0051), "US", more["first"])
    made.add_new((group, 0x0102), "US", more.get("position", 0))
    if bits is not None:
        packed = np.packbits(np.array(bits, np.uint8), bitorder="little").tobytes()
        made.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))
    return made


def white(made: Dataset, *, number: int = 1, native: bytes | None = None) -> list[list[int]]:
    """Rows and columns of what was drawn, from 0."""
    return np.argwhere(draw(BLACK, made, number, native, LITTLE) == 255).tolist()


def test_bits_apart_are_drawn_from_their_origin() -> None:
    made = plane(header(rows=4, columns=4), 2, 2, [1, 0, 0, 1], origin=[2, 3])

    assert white(made) == [[1, 2], [2, 3]]


@pytest.mark.parametrize(("origin", "expected"), [([0, 0], [[0, 0]]), ([4, 4], [[3, 3]]), ([9, 9], []), ([-8, 1], [])])
def test_what_lies_outside_is_left_out(origin: list[int], expected: list[list[int]]) -> None:
    assert white(plane(header(rows=4, columns=4), 2, 2, [1, 0, 0, 1], origin=origin)) == expected


def test_bits_in_unused_bits_are_drawn() -> None:
    made = plane(header(rows=4, columns=4), 4, 4, None, position=12)
    pixels = np.arange(16, dtype="<u2")
    pixels[5] |= 1 << 12

    assert white(made, native=pixels.tobytes()) == [[1, 1]]
    assert white(made, native=None) == []


def test_a_position_among_the_stored_bits_is_none() -> None:
    made = plane(header(rows=4, columns=4), 4, 4, None, position=3)

    assert white(made, native=bytes([255]) * 32) == []


def test_each_frame_has_its_own_plane() -> None:
    """Three bits a frame, without padding between frames; the plane begins at the second frame."""
    made = plane(header(rows=4, columns=4), 1, 3, [1, 0, 0, 0, 1, 0], frames=2, first=2)

    assert [white(made, number=number) for number in (1, 2, 3, 4)] == [[], [[0, 0]], [[0, 1]], []]


def test_a_plane_with_less_than_its_bits_is_not_drawn() -> None:
    assert white(plane(header(rows=4, columns=4), 40, 40, [1] * 16)) == []


def test_colour_is_drawn_over_too() -> None:
    made = plane(header(rows=4, columns=4), 1, 1, [1])
    drawn = draw(np.zeros((4, 4, 3), np.uint8), made, 1, None, LITTLE)

    assert drawn[0, 0].tolist() == [255, 255, 255]
    assert drawn.sum() == 3 * 255
