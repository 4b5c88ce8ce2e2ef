"""Images of every kind that a picture can go wrong by, small enough to be compared pixel by pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import imagecodecs
import numpy as np
from PIL import ImageCms
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from tests.builders import BIG_ENDIAN, compressed, fragmented, image, new_uid
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

SIDE: Final = 16
ANGIOGRAPHY: Final = "1.2.840.10008.5.1.4.1.1.12.1"
PET: Final = "1.2.840.10008.5.1.4.1.1.128"
SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
CODECS: Final[dict[str, tuple[str, Callable[[np.ndarray], bytes]]]] = {
    "1.2.840.10008.1.2.4.80": ("JPEG-LS", lambda array: bytes(imagecodecs.jpegls_encode(array))),
    "1.2.840.10008.1.2.4.90": (
        "JPEG 2000",
        lambda array: bytes(imagecodecs.jpeg2k_encode(array, level=0, reversible=True, codecformat="j2k", mct=False)),
    ),
}
RLE: Final = "1.2.840.10008.1.2.5"
RAMP: Final = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)


@dataclass(frozen=True, kw_only=True)
class Made:
    name: str
    dataset: Dataset
    syntax: str = EXPLICIT_LITTLE
    frame: int = 1


def every(study_uid: str) -> list[Made]:
    """All of them, as series of one study."""
    return [
        one for kind in (_grey, _windows, _tables, _palettes, _colours, _enhanced, _others) for one in kind(study_uid)
    ]


def _image(study_uid: str, values: np.ndarray, **shown: Any) -> Dataset:
    made = image(rows=values.shape[-2] if values.ndim < 3 else values.shape[0], columns=SIDE, **shown)
    made.StudyInstanceUID = study_uid
    made.PixelData = values.tobytes() + b"\0" * (values.nbytes % 2)
    made["PixelData"].VR = "OB" if values.dtype.itemsize == 1 else "OW"
    return made


def _of_12_bits(study_uid: str, **shown: Any) -> Dataset:
    return _image(study_uid, (RAMP * 16).astype("<u2"), **shown)


def _signed(study_uid: str, **shown: Any) -> Dataset:
    values = ((RAMP * 16 - 2048) & 0x0FFF).astype("<u2")  # the bits above are 0, not the sign
    return _image(study_uid, values, PixelRepresentation=1, **shown)


def _of_8_bits(study_uid: str, values: np.ndarray | None = None, **shown: Any) -> Dataset:
    bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}
    return _image(study_uid, (RAMP if values is None else values).astype(np.uint8), **bits | shown)


WIDE: Final = {"WindowCenter": 2048, "WindowWidth": 4096}
MIDDLE: Final = {"WindowCenter": 1500, "WindowWidth": 2000}


def _grey(uid: str) -> Iterator[Made]:
    yield Made(name="12 bits", dataset=_of_12_bits(uid, **WIDE))
    yield Made(name="12 bits in implicit VR", dataset=_of_12_bits(uid, **WIDE), syntax=IMPLICIT_LITTLE)
    yield Made(name="12 bits in big endian", dataset=_of_12_bits(uid, **WIDE), syntax=BIG_ENDIAN)
    for syntax, (named, encode) in CODECS.items():
        made = fragmented(_of_12_bits(uid, **WIDE), [encode((RAMP * 16).astype(np.uint16))])
        yield Made(name=f"12 bits in {named}", dataset=made, syntax=syntax)
    yield Made(name="12 bits in RLE", dataset=compressed(_of_12_bits(uid, **WIDE), RLE), syntax=RLE)
    yield Made(
        name="signed in RLE", dataset=compressed(_signed(uid, WindowCenter=0, WindowWidth=4096), RLE), syntax=RLE
    )
    yield Made(name="8 bits", dataset=_of_8_bits(uid, WindowCenter=128, WindowWidth=256))
    yield Made(name="no window", dataset=_of_12_bits(uid))
    yield Made(name="no window, rescaled", dataset=_of_12_bits(uid, RescaleSlope="0.5", RescaleIntercept="-300"))
    yield Made(name="one value", dataset=_image(uid, np.full((SIDE, SIDE), 77, "<u2")))
    yield Made(name="signed 12 bits", dataset=_signed(uid, WindowCenter=0, WindowWidth=4096))
    rescaled = {"RescaleSlope": 1, "RescaleIntercept": -1024}
    yield Made(name="negative rescale", dataset=_of_12_bits(uid, **rescaled, WindowCenter=40, WindowWidth=400))
    yield Made(
        name="slope of fractions", dataset=_of_12_bits(uid, RescaleSlope="0.37", RescaleIntercept="-3.5", **MIDDLE)
    )
    yield Made(name="slope 0", dataset=_of_12_bits(uid, RescaleSlope=0, RescaleIntercept=0, **WIDE))
    for photometric in ("MONOCHROME1", "MONOCHROME2"):
        for shape in (None, "IDENTITY", "INVERSE"):
            said = {} if shape is None else {"PresentationLUTShape": shape}
            made = _of_12_bits(uid, PhotometricInterpretation=photometric, **MIDDLE, **said)
            yield Made(name=f"{photometric} {shape or 'without a shape'}", dataset=made)
    padded = (RAMP * 8 + 1000).astype("<u2")
    padded[:4] = 0
    yield Made(name="padding", dataset=_image(uid, padded, PixelPaddingValue=0))
    padded[2:4] = 40
    yield Made(name="padding of a range", dataset=_image(uid, padded, PixelPaddingValue=0, PixelPaddingRangeLimit=50))
    yield Made(
        name="PET",
        dataset=_of_12_bits(
            uid,
            SOPClassUID=PET,
            Modality="PT",
            Units="BQML",
            RescaleSlope="2.75",
            RescaleIntercept=0,
            WindowCenter=4000,
            WindowWidth=8000,
        ),
    )
    yield Made(name="no modality", dataset=_of_12_bits(uid, Modality=None, **WIDE))
    yield Made(name="0 frames", dataset=_of_12_bits(uid, NumberOfFrames=0, **WIDE))


def _windows(uid: str) -> Iterator[Made]:
    for width in (0, 1, 2):
        yield Made(name=f"window width {width}", dataset=_of_12_bits(uid, WindowCenter=2000, WindowWidth=width))
    for function in ("LINEAR_EXACT", "SIGMOID"):
        for photometric in ("MONOCHROME1", "MONOCHROME2"):
            made = _of_12_bits(uid, PhotometricInterpretation=photometric, VOILUTFunction=function, **MIDDLE)
            yield Made(name=f"{function} {photometric}", dataset=made)
    yield Made(name="two windows", dataset=_of_12_bits(uid, WindowCenter=[2000, 500], WindowWidth=[1000, 100]))
    yield Made(
        name="two windows, the first of 0", dataset=_of_12_bits(uid, WindowCenter=[0, 500], WindowWidth=[0, 900])
    )


def _item(descriptor: list[int], entries: list[int], vr: str = "US") -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", vr, descriptor)
    item.add_new("LUTData", "US", entries)
    return item


def _tables(uid: str) -> Iterator[Made]:
    curve = [min(4095, at * at // 4096) for at in range(4096)]
    yield Made(name="VOI table", dataset=_of_12_bits(uid, VOILUTSequence=[_item([4096, 0, 12], curve)]))
    yield Made(
        name="VOI table and a window", dataset=_of_12_bits(uid, VOILUTSequence=[_item([4096, 0, 12], curve)], **MIDDLE)
    )
    for first, vr, syntax in (
        (-1024, "SS", EXPLICIT_LITTLE),
        (0, "US", EXPLICIT_LITTLE),
        (64512, "US", IMPLICIT_LITTLE),
    ):
        made = _of_12_bits(
            uid, RescaleSlope=1, RescaleIntercept=-1024, VOILUTSequence=[_item([4096, first, 12], curve, vr)]
        )
        yield Made(name=f"VOI table from {first} in {vr}", dataset=made, syntax=syntax)
    table = _item([4096, 0, 16], [at * 3 for at in range(4096)])
    table.ModalityLUTType = "US"
    yield Made(
        name="modality table",
        dataset=_of_12_bits(uid, ModalityLUTSequence=[table], WindowCenter=6000, WindowWidth=12000),
    )
    made = _of_12_bits(uid, SOPClassUID=ANGIOGRAPHY, Modality="XA", ModalityLUTSequence=[table], **WIDE)
    yield Made(name="modality table of an angiogram", dataset=made)
    overlaid = _of_12_bits(uid, **WIDE)
    _plane(overlaid, data=np.packbits(RAMP.ravel() % 5 == 0, bitorder="little").tobytes())
    yield Made(name="overlay apart", dataset=overlaid)
    values = (RAMP * 16 | (RAMP % 7 == 0) << 12).astype("<u2")
    embedded = _image(uid, values, **WIDE)
    _plane(embedded, position=12)
    yield Made(name="overlay in unused bits", dataset=embedded)


def _plane(made: Dataset, *, data: bytes | None = None, position: int = 0) -> None:
    for element, vr, value in (
        (0x10, "US", SIDE),
        (0x11, "US", SIDE),
        (0x40, "CS", "G"),
        (0x50, "SS", [1, 1]),
        (0x100, "US", 16 if position else 1),
        (0x102, "US", position),
    ):
        made.add_new((0x6000, element), vr, value)
    if data is not None:
        made.add_new((0x6000, 0x3000), "OW", data)


def _with_palette(
    made: Dataset, descriptor: list[int], entries: Callable[[int], bytes], *, segmented: bool = False
) -> Dataset:
    for at, colour in enumerate(("Red", "Green", "Blue")):
        made.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", descriptor)
        made.add_new(f"{'Segmented' if segmented else ''}{colour}PaletteColorLookupTableData", "OW", entries(at))
    return made


def _palettes(uid: str) -> Iterator[Made]:
    def ramp(at: int) -> np.ndarray:
        return (np.arange(256), np.arange(255, -1, -1), np.arange(256) * 7 % 256)[at]

    coloured: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    kinds: tuple[tuple[str, list[int], Callable[[int], bytes]], ...] = (
        ("8 bits in bytes", [256, 0, 8], lambda at: ramp(at).astype("<u1").tobytes()),
        ("8 bits in words", [256, 0, 8], lambda at: ramp(at).astype("<u2").tobytes()),
        ("8 bits that say 16", [256, 0, 16], lambda at: ramp(at).astype("<u2").tobytes()),
        ("16 bits", [256, 0, 16], lambda at: (ramp(at) * 257).astype("<u2").tobytes()),
        ("255 entries and padding", [255, 0, 8], lambda at: ramp(at)[:255].astype("<u1").tobytes() + b"\0"),
        ("from 100", [100, 100, 8], lambda at: ramp(at)[:100].astype("<u1").tobytes()),
    )
    for name, descriptor, entries in kinds:
        yield Made(name=f"palette of {name}", dataset=_with_palette(_of_8_bits(uid, **coloured), descriptor, entries))
    wide = _with_palette(
        _image(uid, (RAMP * 4).astype("<u2"), **coloured), [1024, 0, 8], lambda _: bytes(i // 4 for i in range(1024))
    )
    yield Made(name="palette of bytes for 16-bit pixels", dataset=wide)
    segments = [0, 2, 0, 0x1000, 1, 253, 0xF000, 0, 1, 0xFFFF]
    made = _with_palette(
        _of_8_bits(uid, **coloured), [256, 0, 16], lambda _: np.array(segments, "<u2").tobytes(), segmented=True
    )
    yield Made(name="segmented palette", dataset=made)
    swapped = _of_12_bits(uid, **coloured)
    made = _with_palette(swapped, [4096, 0, 16], lambda _: (np.arange(4096) * 16).astype(">u2").tobytes())
    yield Made(name="palette in big endian", dataset=made, syntax=BIG_ENDIAN)
    made = _of_12_bits(uid, WindowCenter=1000, WindowWidth=2000, PixelPresentation="COLOR")
    _with_palette(made, [256, 2000, 8], lambda at: ramp(at).astype("<u1").tobytes())
    yield Made(name="supplemental palette", dataset=made)


def _rgb() -> np.ndarray:
    return np.stack([RAMP, 255 - RAMP, RAMP * 3 % 256], axis=-1).astype(np.uint8)


def _colours(uid: str) -> Iterator[Made]:
    def colour(values: np.ndarray, photometric: str, planes: int = 0, **more: Any) -> Dataset:
        made = _of_8_bits(
            uid, values, SamplesPerPixel=3, PhotometricInterpretation=photometric, PlanarConfiguration=planes, **more
        )
        made.Rows = SIDE
        return made

    yield Made(name="RGB", dataset=colour(_rgb(), "RGB"))
    wide = _image(
        uid,
        _rgb().astype("<u2") * 257,
        SamplesPerPixel=3,
        PhotometricInterpretation="RGB",
        PlanarConfiguration=0,
        BitsStored=16,
        HighBit=15,
    )
    yield Made(name="RGB with a rescale", dataset=colour(_rgb(), "RGB", RescaleSlope=1, RescaleIntercept=-1024))
    yield Made(name="RGB of 16 bits", dataset=wide)
    yield Made(name="RGB by plane", dataset=colour(_rgb().transpose(2, 0, 1), "RGB", 1))
    ybr = np.stack([RAMP, np.full_like(RAMP, 100), np.full_like(RAMP, 160)], axis=-1)
    yield Made(name="YBR_FULL", dataset=colour(ybr, "YBR_FULL"))
    coded = imagecodecs.htj2k_encode(
        ybr.astype(np.uint8), rgb=False, reversible=True, tlm=True, tilepart=1, resolutions=0
    )
    made = fragmented(colour(ybr, "YBR_FULL"), [bytes(coded)])
    yield Made(name="YBR_FULL in HTJ2K", dataset=made, syntax="1.2.840.10008.1.2.4.202")
    pairs = np.stack(
        [RAMP[:, ::2], RAMP[:, 1::2], np.full((SIDE, SIDE // 2), 100), np.full((SIDE, SIDE // 2), 160)], axis=-1
    )
    yield Made(name="YBR_FULL_422 native", dataset=colour(pairs, "YBR_FULL_422"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = srgb.replace(b"rXYZ", b"tmp_").replace(b"bXYZ", b"rXYZ").replace(b"tmp_", b"bXYZ")
    yield Made(name="RGB with a profile", dataset=colour(_rgb(), "RGB", ICCProfile=turned + b"\0" * (len(turned) % 2)))
    for syntax, (named, encode) in CODECS.items():
        yield Made(name=f"RGB in {named}", dataset=fragmented(colour(_rgb(), "RGB"), [encode(_rgb())]), syntax=syntax)
    in_rle = colour(_rgb(), "RGB")
    in_rle.file_meta = FileMetaDataset()
    in_rle.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE)
    in_rle.compress(RLE, generate_instance_uid=False)
    del in_rle.file_meta  # or it would be written before the data set
    yield Made(name="RGB in RLE", dataset=in_rle, syntax=RLE)


def _group(**macros: dict[str, Any]) -> Dataset:
    group = Dataset()
    for macro, values in macros.items():
        item = Dataset()
        for keyword, value in values.items():
            setattr(item, keyword, value)
        setattr(group, macro, [item])
    return group


def _enhanced(uid: str) -> Iterator[Made]:
    frames = np.stack([RAMP * 16, RAMP * 8, RAMP * 4]).astype("<u2")
    shared = _group(
        PixelValueTransformationSequence={"RescaleSlope": 1, "RescaleIntercept": -1024, "RescaleType": "HU"}
    )
    own = [
        _group(FrameVOILUTSequence={"WindowCenter": 40, "WindowWidth": 400}),
        _group(FrameVOILUTSequence={"WindowCenter": 0, "WindowWidth": 2000, "VOILUTFunction": "LINEAR_EXACT"}),
        _group(
            FrameVOILUTSequence={"WindowCenter": 500, "WindowWidth": 1000},
            PixelValueTransformationSequence={"RescaleSlope": 2, "RescaleIntercept": 10, "RescaleType": "US"},
        ),
    ]
    made = _image(uid, frames, SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1", NumberOfFrames=3)
    made.Rows = SIDE
    made.SharedFunctionalGroupsSequence, made.PerFrameFunctionalGroupsSequence = [shared], own
    yield from (Made(name=f"enhanced, frame {at}", dataset=made, frame=at) for at in (1, 2, 3))


def _others(uid: str) -> Iterator[Made]:
    bits = np.packbits(RAMP.ravel() % 3 == 0, bitorder="little")
    single = _of_8_bits(
        uid, bits.reshape(2, SIDE), SOPClassUID=SEGMENTATION, Modality="SEG", BitsAllocated=1, BitsStored=1, HighBit=0
    )
    single.Rows = SIDE
    yield Made(name="single bits", dataset=single)
    fractions = _of_8_bits(uid, RAMP % 91, SOPClassUID=SEGMENTATION, Modality="SEG", MaximumFractionalValue=100)
    yield Made(name="fractions of a segment", dataset=fractions)
    dose = _image(uid, (RAMP * 100_000).astype("<u4"), Modality="RTDOSE", BitsAllocated=32, BitsStored=32, HighBit=31)
    yield Made(name="32 bits", dataset=dose)
    floats = _image(
        uid, (RAMP / 7).astype("<f4"), BitsAllocated=32, BitsStored=None, HighBit=None, PixelRepresentation=None
    )
    floats.FloatPixelData = floats.PixelData
    del floats.PixelData
    yield Made(name="floating point", dataset=floats)


def in_series(made: list[Made]) -> list[Made]:
    """The same, each instance in a series of its own."""
    for one in made:
        one.dataset.SeriesInstanceUID = new_uid()
    return made
