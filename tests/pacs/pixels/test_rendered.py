"""Frames become the picture that the standard means."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from pacs.pixels import rendered
from pacs.pixels.codestream import NotDecodable, NotSupported
from pacs.pixels.memory import MEMORY, TooLarge
from pacs.pixels.opened import NoSuchFrame, StoredInstance
from pacs.pixels.rendered import render
from pacs.pixels.rendering import BadParameter, Picture, Rendering, rendering
from pacs.pixels.voi import Shape, Window
from tests.archive import Archive
from tests.builders import image, thing
from tests.pacs.pixels.shades import table
from tests.reading_bytes import bytes_of


def shown(archive: Archive, dataset: Dataset, *, number: int = 1, **query: str | None) -> np.ndarray:
    """The picture of an image that went the whole way through the archive."""
    outcome = archive.take(thing(dataset))
    opened = opened_in(archive, outcome.sop_instance_uid)
    asked = rendering(*(query.get(name) for name in ("viewport", "window", "quality")))
    return np.asarray(Image.open(BytesIO(render(opened, opened.header(), number, asked, Picture.PNG))))


def opened_in(archive: Archive, sop_instance_uid: str) -> StoredInstance:
    return StoredInstance(*bytes_of(archive, sop_instance_uid))


def grey(values: list[list[int]], **shown_: Any) -> Dataset:
    array = np.array(values, dtype="<u2")
    made = image(rows=array.shape[0], columns=array.shape[1], **shown_)
    made.PixelData = array.tobytes()
    return made


# PS3.3 C.11.2.1.2.1, by hand: center 50, width 101 gives 0 at 0, half at 50, full at 100.
@pytest.mark.parametrize(
    ("shape", "values"),
    [
        (Shape.LINEAR, {-1: 0, 0: 1, 49: 126, 99: 254, 100: 255, 200: 255}),
        (Shape.LINEAR_EXACT, {-1: 0, 0: 1, 50: 128, 100: 254, 101: 255}),
        (Shape.SIGMOID, {50: 128, -400: 0, 500: 255}),
    ],
)
def test_a_window_is_what_the_standard_says(shape: Shape, values: dict[int, int]) -> None:
    array = np.array([list(values)], dtype=np.int16)
    found = Window(center=50, width=101, shape=shape)(array)[0]

    assert np.abs(found.astype(int) - np.array(list(values.values()))).max() <= 1


def test_rescale_comes_before_the_window(archive: Archive) -> None:
    made = grey([[0, 1024, 2048]], RescaleSlope=1, RescaleIntercept=-1024, WindowCenter="0.5", WindowWidth="2")
    assert shown(archive, made).tolist() == [[0, 128, 255]]
    made = grey([[0, 1024, 2048]], RescaleSlope=1, RescaleIntercept=-1024)
    assert shown(archive, made, window="1024,2,linear").tolist()[0][:2] == [0, 0]


def test_the_lowest_value_of_monochrome1_is_white(archive: Archive) -> None:
    made = grey([[0, 4095]], PhotometricInterpretation="MONOCHROME1", WindowCenter=2048, WindowWidth=4096)

    assert shown(archive, made).tolist() == [[255, 0]]


def test_what_has_no_window_is_shown_from_end_to_end(archive: Archive) -> None:
    assert shown(archive, grey([[100, 150, 200]])).tolist() == [[0, 128, 255]]
    assert shown(archive, grey([[7, 7]])).shape == (1, 2)


def test_palette_colours_are_looked_up(archive: Archive) -> None:
    made = image(rows=1, columns=3, PhotometricInterpretation="PALETTE COLOR", BitsAllocated=8, BitsStored=8, HighBit=7)
    made.PixelData = b"\0\1\2\0"
    for colour, entries in (
        ("Red", b"\xff\x00\x00\x00"),
        ("Green", b"\x00\xff\x00\x00"),
        ("Blue", b"\x00\x00\xff\x00"),
    ):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [4, 0, 8])
        setattr(made, f"{colour}PaletteColorLookupTableData", entries)

    assert shown(archive, made).tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]


def test_colour_planes_and_ybr_become_rgb(archive: Archive) -> None:
    planes = image(
        rows=1, columns=2, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=1,
        BitsAllocated=8, BitsStored=8, HighBit=7,
    )  # fmt: skip
    planes.PixelData = bytes([255, 0, 0, 255, 0, 0])
    ybr = image(
        rows=1, columns=2, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL", PlanarConfiguration=0,
        BitsAllocated=8, BitsStored=8, HighBit=7,
    )  # fmt: skip
    ybr.PixelData = bytes([76, 85, 255, 255, 128, 128])

    assert shown(archive, planes).tolist() == [[[255, 0, 0], [0, 255, 0]]]
    assert np.abs(shown(archive, ybr).astype(int) - [[[255, 0, 0], [255, 255, 255]]]).max() <= 2


def test_each_frame_has_its_own_rescale(archive: Archive) -> None:
    made = image(rows=1, columns=1, frames=2)
    made.PixelData = np.array([10, 10], dtype="<u2").tobytes()
    groups = []
    for slope in (1, 20):
        transformation, voi, group = Dataset(), Dataset(), Dataset()
        transformation.RescaleSlope, transformation.RescaleIntercept = slope, 0
        voi.WindowCenter, voi.WindowWidth = 100.5, 2
        group.PixelValueTransformationSequence, group.FrameVOILUTSequence = [transformation], [voi]
        groups.append(group)
    made.PerFrameFunctionalGroupsSequence = groups

    assert [shown(archive, made, number=number).tolist() for number in (1, 2)] == [[[0]], [[255]]]


def test_a_frame_that_cannot_be_presented_is_damaged_and_no_other_one(archive: Archive) -> None:
    made = image(rows=1, columns=1, frames=2)
    groups = [Dataset(), Dataset()]
    for group in groups:
        voi, lut = Dataset(), Dataset()
        lut.LUTDescriptor, lut.LUTData = [2, 0, 8], b"\x00\x00\xff\x00"
        voi.VOILUTSequence = [lut]
        group.FrameVOILUTSequence = [voi]
    made.PerFrameFunctionalGroupsSequence = groups
    opened = opened_in(archive, archive.take(thing(made)).sop_instance_uid)
    header = opened.header()
    broken = header.PerFrameFunctionalGroupsSequence[1].FrameVOILUTSequence[0].VOILUTSequence[0]
    broken.LUTData = b"\x00\x00\xff\x00\xff"  # half a word too much

    assert render(opened, header, 1, Rendering(), Picture.PNG)
    with pytest.raises(NotDecodable) as refused:
        render(opened, header, 2, Rendering(), Picture.PNG)
    assert not isinstance(refused.value, NotSupported)


def test_a_palette_that_is_missing_is_damage(archive: Archive) -> None:
    made = image(rows=1, columns=2, PhotometricInterpretation="PALETTE COLOR", BitsAllocated=8, BitsStored=8, HighBit=7)
    made.PixelData = b"\0\1"

    with pytest.raises(NotDecodable) as refused:
        shown(archive, made)
    assert not isinstance(refused.value, NotSupported)


def test_stages_follow_each_other(archive: Archive) -> None:
    """Rescale, VOI table, MONOCHROME1, and an overlay that stays white over it."""
    made = grey(
        [[0, 1024, 2048, 3072]],
        RescaleSlope=1,
        RescaleIntercept=-1024,
        PhotometricInterpretation="MONOCHROME1",
        VOILUTSequence=[table([2049, 64512, 8], [min(255, at // 8) for at in range(2049)])],
    )
    for element, vr, value in ((0x10, "US", 1), (0x11, "US", 4), (0x50, "SS", [1, 1]), (0x3000, "OW", b"\4\0")):
        made.add_new((0x6000, element), vr, value)

    assert shown(archive, made).tolist() == [[255, 127, 255, 0]]
    opened = opened_in(archive, made.SOPInstanceUID)
    bare = render(opened, opened.header(), 1, Rendering(overlays=False), Picture.PNG)
    assert np.asarray(Image.open(BytesIO(bare))).tolist() == [[255, 127, 0, 0]]


def test_a_supplemental_palette_colours_from_its_first_value_on(archive: Archive) -> None:
    made = grey([[0, 50, 100, 101]], WindowCenter=50.5, WindowWidth=101, PixelPresentation="COLOR")
    for colour, entries in (("Red", b"\xff\0"), ("Green", b"\0\x80"), ("Blue", b"\0\0")):
        setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [2, 100, 8])
        setattr(made, f"{colour}PaletteColorLookupTableData", entries)

    assert shown(archive, made).tolist() == [[[0, 0, 0], [128, 128, 128], [255, 0, 0], [0, 128, 0]]]


def test_signed_pixels_of_12_bits_keep_their_sign(archive: Archive) -> None:
    made = grey([[0x0800, 0x0000, 0x07FF, 0xF800]], PixelRepresentation=1, WindowCenter=0.5, WindowWidth=4096)

    assert shown(archive, made).tolist() == [[0, 128, 255, 0]]


def test_the_picture_fits_the_viewport_in_its_shape(archive: Archive) -> None:
    made = image(rows=100, columns=50)
    flat = image(rows=100, columns=100, PixelSpacing=[2, 1])

    assert shown(archive, made, viewport="64,64").shape == (64, 32)
    assert shown(archive, made, viewport="10,10,0,0,50,50").shape == (10, 10)
    assert shown(archive, flat).shape == (200, 100)


def test_hostile_images_allocate_nothing(archive: Archive, tmp_path: Path) -> None:
    made = image()
    made.Rows = made.Columns = 65535
    row = archive.take(thing(image()))
    opened = opened_in(archive, row.sop_instance_uid)

    with pytest.raises(TooLarge):
        render(opened, made, 1, Rendering(), Picture.PNG)
    with pytest.raises(NoSuchFrame):
        render(opened, opened.header(), 2, Rendering(), Picture.PNG)


@pytest.mark.parametrize(
    "query",
    [
        {"viewport": "x"}, {"viewport": "0,10"}, {"viewport": "1,2,3"}, {"viewport": "99999,1"},
        {"window": "1"}, {"window": "nan,1"}, {"window": "1,0"}, {"window": "1,2,round"},
        {"quality": "0"}, {"quality": "101"}, {"quality": "x"},
    ],
)  # fmt: skip
def test_parameters_that_are_none_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadParameter):
        rendering(*(query.get(name) for name in ("viewport", "window", "quality")))


@pytest.mark.parametrize("kind", ["window", "range", "MONOCHROME1", "palette", "colour of 16 bits"])
def test_a_picture_that_is_made_in_bands_is_the_same(
    kind: str, small_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(3).integers(0, 1000, (64, 48), "<u2")
    made = image(rows=64, columns=48)
    match kind:
        case "window":
            made.WindowCenter, made.WindowWidth = "500", "300"
        case "MONOCHROME1":
            made.PhotometricInterpretation = "MONOCHROME1"
        case "palette":
            made.PhotometricInterpretation = "PALETTE COLOR"
            for colour in ("Red", "Green", "Blue"):
                setattr(made, f"{colour}PaletteColorLookupTableDescriptor", [1000, 0, 16])
                table = np.arange(0, 64_000, 64, dtype="<u2") if colour != "Blue" else np.arange(64_000, 0, -64)
                setattr(made, f"{colour}PaletteColorLookupTableData", table.astype("<u2").tobytes())
        case "colour of 16 bits":
            made.PhotometricInterpretation, made.SamplesPerPixel, made.PlanarConfiguration = "RGB", 3, 0
            values = np.random.default_rng(3).integers(0, 1000, (64, 48, 3), "<u2")
        case _:
            pass
    made.PixelData = values.tobytes()
    at_once = shown(small_archive, made)
    again = image(rows=64, columns=48)
    again.update({element.tag: element for element in made if element.keyword != "SOPInstanceUID"})
    monkeypatch.setattr(rendered, "_BAND_PIXELS", 5 * 48)

    assert np.array_equal(shown(small_archive, again), at_once)


def test_a_thumbnail_of_a_huge_image_takes_a_few_times_its_pixels(archive: Archive) -> None:
    """16 million pixels of 16 bits: in floating point their picture would take 300 MB."""
    made = image(rows=4096, columns=4096)
    made.PixelData = bytes(32 << 20)
    opened = opened_in(archive, archive.take(thing(made)).sop_instance_uid)
    header = opened.header()
    tracemalloc.start()
    render(opened, header, 1, rendering("160,160", None, None), Picture.JPEG)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 5 * (32 << 20)


def test_a_picture_needs_no_more_than_it_said(archive: Archive) -> None:
    made = image(rows=4096, columns=4096)
    made.PixelData = bytes(32 << 20)
    opened = opened_in(archive, archive.take(thing(made)).sop_instance_uid)
    before = MEMORY.most_for_one * 4 // 3
    MEMORY.limit(64 << 20)
    try:
        with pytest.raises(TooLarge):
            render(opened, opened.header(), 1, rendering("160,160", None, None), Picture.JPEG)
    finally:
        MEMORY.limit(before)
