"""A slide for tests: three levels of tiles that say by their colour which they are, and a label."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.builders import fragmented, image, new_uid
from tests.wire import EXPLICIT_LITTLE

WHOLE_SLIDE: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
JPEG: Final = "1.2.840.10008.1.2.4.50"
SIDE: Final = 512
"""Columns and rows of a tile."""
FINEST: Final = (2048, 1536)
PIXEL_MM: Final = 0.0005
"""Of a pixel of the finest level: 20x."""
Colour = tuple[int, int, int]


def finest_colour(x: int, y: int) -> Colour:
    """Of the tile in column x and row y, from 0, of four by three."""
    return 40 + 60 * x, 40 + 80 * y, 30


def middle_colour(x: int, y: int) -> Colour:
    """Of two by two, the lower of which are half empty."""
    return 60 + 120 * x, 60 + 120 * y, 170


def coarsest_colour(_x: int, _y: int) -> Colour:
    return 210, 120, 230


def slide(**known: Any) -> list[tuple[Dataset, str]]:
    """Levels and label with their transfer syntaxes: the finest is JPEG with a profile, the middle one sparse."""
    series = {"StudyInstanceUID": new_uid(), "SeriesInstanceUID": new_uid(), "FrameOfReferenceUID": new_uid(), **known}
    finest = _level(1, finest_colour, series)
    jpegs = [_jpeg(colour) for colour in _colours(FINEST, finest_colour)]
    finest = fragmented(finest, jpegs)
    finest.PhotometricInterpretation = "YBR_FULL_422"
    finest.OpticalPathSequence = Sequence([_path(profile=True)])
    middle = _sparse(_level(2, middle_colour, series))
    label = _level(4, coarsest_colour, series)
    label.ImageType = ["ORIGINAL", "PRIMARY", "LABEL", "NONE"]
    return [
        (label, EXPLICIT_LITTLE),
        (finest, JPEG),
        (middle, EXPLICIT_LITTLE),
        (_level(4, coarsest_colour, series), EXPLICIT_LITTLE),
    ]


def _level(coarser: int, colour_of: Callable[[int, int], Colour], series: dict[str, Any]) -> Dataset:
    columns, rows = FINEST[0] // coarser, FINEST[1] // coarser
    tiles = [bytes(colour) * (SIDE * SIDE) for colour in _colours((columns, rows), colour_of)]
    made = image(
        rows=SIDE, columns=SIDE, SOPClassUID=WHOLE_SLIDE, SOPInstanceUID=new_uid(), Modality="SM",
        SeriesDescription="HE", InstanceNumber=coarser, SamplesPerPixel=3, PhotometricInterpretation="RGB",
        PlanarConfiguration=0, BitsAllocated=8, BitsStored=8, HighBit=7, NumberOfFrames=len(tiles), **series,
    )  # fmt: skip
    made.ImageType = ["ORIGINAL" if coarser == 1 else "DERIVED", "PRIMARY", "VOLUME", "NONE"]
    made.PixelData = b"".join(tiles)
    made["PixelData"].VR = "OB"
    made.TotalPixelMatrixColumns, made.TotalPixelMatrixRows = columns, rows
    made.TotalPixelMatrixFocalPlanes, made.NumberOfOpticalPaths = 1, 1
    made.DimensionOrganizationType = "TILED_FULL"
    made.ImagedVolumeWidth, made.ImagedVolumeHeight = FINEST[0] * PIXEL_MM, FINEST[1] * PIXEL_MM
    made.OpticalPathSequence = Sequence([_path()])
    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing = [PIXEL_MM * coarser, PIXEL_MM * coarser]
    shared.PixelMeasuresSequence = Sequence([measures])
    made.SharedFunctionalGroupsSequence = Sequence([shared])
    return made


def _path(*, profile: bool = False) -> Dataset:
    made = Dataset()
    made.OpticalPathIdentifier, made.ObjectiveLensPower = "1", 20.0
    if profile:
        made.ICCProfile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        made["ICCProfile"].value += b"\0" * (len(made.ICCProfile) % 2)
    return made


def _sparse(made: Dataset) -> Dataset:
    """The same with its tiles from the last to the first, each of which says its place (C.7.6.17.1)."""
    across, down = -(-made.TotalPixelMatrixColumns // SIDE), -(-made.TotalPixelMatrixRows // SIDE)
    size = 3 * SIDE * SIDE
    tiles = [made.PixelData[at : at + size] for at in range(0, len(made.PixelData), size)]
    made.PixelData = b"".join(reversed(tiles))
    made.DimensionOrganizationType = "TILED_SPARSE"
    groups: list[Dataset] = []
    for y, x in reversed([(y, x) for y in range(down) for x in range(across)]):
        place, group = Dataset(), Dataset()
        place.ColumnPositionInTotalImagePixelMatrix = 1 + x * SIDE
        place.RowPositionInTotalImagePixelMatrix = 1 + y * SIDE
        group.PlanePositionSlideSequence = Sequence([place])
        groups.append(group)
    made.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return made


def _colours(size: tuple[int, int], colour_of: Callable[[int, int], Colour]) -> Iterator[Colour]:
    """From left to right, then downwards (C.7.6.17.3)."""
    for y in range(-(-size[1] // SIDE)):
        for x in range(-(-size[0] // SIDE)):
            yield colour_of(x, y)


def _jpeg(colour: Colour) -> bytes:
    out = BytesIO()
    Image.new("RGB", (SIDE, SIDE), colour).save(out, "JPEG", quality=95, subsampling="4:2:2")
    return out.getvalue() + b"\0" * (len(out.getvalue()) % 2)
