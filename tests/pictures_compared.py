"""Real small pictures in every stored form, and the comparison of what left with what was sent.

What comes is decoded without the product's code: native samples by numpy and the clause, codestreams by Pillow,
OpenJPEG and pydicom's own RLE, each by the header that came with them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import generate_frames
from pydicom.pixels.decoders.rle import _rle_decode_frame

from tests.builders import fragmented, image
from tests.codestreams import (
    HTJ2K,
    HTJ2K_LOSSLESS,
    HTJ2K_RPCL,
    JPEG_2000,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    JPEG_LS_NEAR,
    LOSSY,
    RLE,
    codestream,
    without_markers,
)
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
NATIVE: Final = (EXPLICIT_LITTLE, IMPLICIT_LITTLE, BIG_ENDIAN, DEFLATED)
ROWS: Final = 22
COLUMNS: Final = 18
FRAMES: Final = 2
GREY: Final = (("u1", 8), ("i1", 8), ("u2", 12), ("i2", 12), ("u2", 16), ("i2", 16))
_LOST: Final = 12
"""Most that a lossy form of these pictures is from what was sent, of 255."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A picture of two frames as a device sends it, and what it is."""

    name: str
    syntax: str
    dataset: Dataset
    frames: list[np.ndarray]
    """What was drawn: grey samples, or colours by pixel in RGB or YBR_FULL, as ``ybr`` says."""
    ybr: bool = False

    @property
    def lossy(self) -> bool:
        return self.syntax in LOSSY


@dataclass(frozen=True, kw_only=True)
class Header:
    """What metadata or a file say of their pixels."""

    rows: int
    columns: int
    samples: int
    bits: int
    stored_bits: int
    signed: bool
    photometric: str
    planar: int


def of_dataset(dataset: Dataset) -> Header:
    return Header(
        rows=dataset.Rows,
        columns=dataset.Columns,
        samples=dataset.SamplesPerPixel,
        bits=dataset.BitsAllocated,
        stored_bits=dataset.BitsStored,
        signed=dataset.PixelRepresentation == 1,
        photometric=dataset.PhotometricInterpretation,
        planar=int(dataset.get("PlanarConfiguration", 0)),
    )


def of_json(metadata: Mapping[str, Any]) -> Header:
    tags = {"rows": "00280010", "columns": "00280011", "samples": "00280002", "bits": "00280100"}
    tags |= {"stored_bits": "00280101", "photometric": "00280004", "planar": "00280006", "signed": "00280103"}
    found = {name: metadata.get(tag, {"Value": [0]})["Value"][0] for name, tag in tags.items()}
    return Header(**found | {"signed": found["signed"] == 1})


def decoded(header: Header, syntax: str, content: bytes) -> np.ndarray:
    """One frame as (rows, columns) or (rows, columns, 3), as an independent client with this header reads it."""
    array = _native(header, content) if syntax in NATIVE else _coded(header, syntax, content)
    unused = 8 * array.itemsize - header.stored_bits
    return array << unused >> unused if header.samples == 1 and unused > 0 else array


def difference(stored: Stored, header: Header, frame: int, got: np.ndarray) -> int:
    """Most by which a sample differs from the one that was drawn."""
    drawn = stored.frames[frame]
    assert got.shape == drawn.shape, (got.shape, drawn.shape)
    if drawn.ndim > 2 and header.photometric.startswith("YBR_FULL") is not stored.ybr:
        drawn, got = (_rgb(drawn), got) if stored.ybr else (drawn, _rgb(got))
    return int(np.abs(got.astype(np.int64) - drawn).max())


def assert_is_what_was_sent(stored: Stored, file: FileDataset) -> None:
    """Every frame of a file, decoded by its own header, is the one that was drawn."""
    header, syntax = of_dataset(file), str(file.file_meta.TransferSyntaxUID)
    size = len(file.PixelData) // FRAMES
    if syntax == BIG_ENDIAN:
        file.PixelData = np.frombuffer(file.PixelData, ">u2").astype("<u2").tobytes()
    frames = (
        [file.PixelData[number * size : (number + 1) * size] for number in range(FRAMES)]
        if syntax in NATIVE
        else list(generate_frames(file.PixelData, number_of_frames=FRAMES))
    )
    for number, frame in enumerate(frames):
        away = difference(stored, header, number, decoded(header, syntax, frame))
        assert away <= allowed(stored, header), (stored.name, stored.syntax, syntax, away)


def allowed(stored: Stored, header: Header) -> int:
    """How far a picture may be from what was drawn: not at all, a grey level by conversion, or by what was lost."""
    converted = stored.ybr and not header.photometric.startswith("YBR_FULL")
    if stored.lossy:
        return _LOST << max(0, header.stored_bits - 8)
    return 2 if converted or stored.dataset.PhotometricInterpretation == "YBR_FULL_422" else 0


def _native(header: Header, content: bytes) -> np.ndarray:
    kind = f"<{'i' if header.signed else 'u'}{header.bits // 8}"
    pixels = header.rows * header.columns
    if header.photometric == "YBR_FULL_422":
        pairs = np.frombuffer(content, kind, pixels * 2).reshape(-1, 4)
        each = [pairs[:, [at, 2, 3]] for at in (0, 1)]
        return np.stack(each, axis=1).reshape(header.rows, header.columns, 3)
    flat = np.frombuffer(content, kind, pixels * header.samples)
    if header.samples == 1:
        return flat.reshape(header.rows, header.columns)
    if header.planar:
        return flat.reshape(3, header.rows, header.columns).transpose(1, 2, 0)
    return flat.reshape(header.rows, header.columns, 3)


def _coded(header: Header, syntax: str, content: bytes) -> np.ndarray:
    kind = f"<{'i' if header.signed else 'u'}{header.bits // 8}"
    if syntax == RLE:
        planes = _rle_decode_frame(content, header.rows, header.columns, header.samples, header.bits)
        array = np.frombuffer(bytes(planes), kind).reshape(header.samples, header.rows, header.columns)
        return array[0] if header.samples == 1 else array.transpose(1, 2, 0)
    if syntax == JPEG_BASELINE and header.samples == 3:
        rgb = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
        return _ybr(rgb) if header.photometric.startswith("YBR") else rgb
    if syntax in (JPEG_BASELINE, JPEG_EXTENDED, JPEG_LOSSLESS, JPEG_LOSSLESS_SV1):
        same = {"colorspace": "RGB", "outcolorspace": "RGB"} if header.samples == 3 else {}
        array = imagecodecs.jpeg8_decode(content, **same)
    elif syntax in (JPEG_LS, JPEG_LS_NEAR):
        array = imagecodecs.jpegls_decode(content)
    else:
        array = imagecodecs.jpeg2k_decode(content, planar=False)  # OpenJPEG, where the product encoded by OpenJPH
    return array.astype(kind.replace("i", "u")).view(kind)


def _rgb(ybr: np.ndarray) -> np.ndarray:
    """YBR_FULL to RGB (PS3.3 C.7.6.3.1.2)."""
    y, cb, cr = (ybr[..., each].astype(float) - (128 if each else 0) for each in range(3))
    found = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], -1)
    return found.round().clip(0, 255).astype(np.uint8)


def _ybr(rgb: np.ndarray) -> np.ndarray:
    """RGB to YBR_FULL (PS3.3 C.7.6.3.1.2)."""
    r, g, b = (rgb[..., each].astype(float) for each in range(3))
    y = 0.299 * r + 0.587 * g + 0.114 * b
    found = np.stack([y, (b - y) / 1.772 + 128, (r - y) / 1.402 + 128], -1)
    return found.round().clip(0, 255).astype(np.uint8)


def grey_frame(kind: str, bits: int, frame: int) -> np.ndarray:
    row, column = np.mgrid[:ROWS, :COLUMNS]
    lowest = -(1 << bits - 1) if kind.startswith("i") else 0
    return (((row * 3 + column * 5 + frame * 7) << bits) // 200 % (1 << bits) + lowest).astype(kind)


def colour_frame(kind: str, frame: int) -> np.ndarray:
    """Slopes that lossy codecs keep: another in each colour, none repeated."""
    row, column = np.mgrid[:ROWS, :COLUMNS]
    planes = [40 + row * 7 + frame * 9, 200 - column * 8, 60 + row * 3 + column * 5]
    return (np.stack(planes, -1) * (257 if kind == "u2" else 1)).astype(kind)


def _described(array: np.ndarray, photometric: str, bits: int, planar: int = 0) -> Dataset:
    colour = array.ndim > 2
    made = image(
        rows=ROWS,
        columns=COLUMNS,
        frames=FRAMES,
        SamplesPerPixel=3 if colour else 1,
        PhotometricInterpretation=photometric,
        BitsAllocated=8 * array.itemsize,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(array.dtype.kind == "i"),
    )
    if colour:
        made.PlanarConfiguration = planar
    if photometric == "PALETTE COLOR":
        for name in ("Red", "Green", "Blue"):
            setattr(made, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(made, f"{name}PaletteColorLookupTableData", bytes(range(256)) * 2)
    return made


def natively(frames: list[np.ndarray], photometric: str, bits: int, planar: int = 0) -> Dataset:
    made = _described(frames[0], photometric, bits, planar)
    if photometric == "YBR_FULL_422":
        pairs = [frame.reshape(-1, 2, 3) for frame in frames]
        content = b"".join(np.stack([p[:, 0, 0], p[:, 1, 0], p[:, 0, 1], p[:, 0, 2]], -1).tobytes() for p in pairs)
    else:
        content = b"".join((frame.transpose(2, 0, 1) if planar else frame).tobytes() for frame in frames)
    made.PixelData = content + b"\0" * (len(content) % 2)
    made["PixelData"].VR = "OB" if made.BitsAllocated == 8 else "OW"
    return made


def compressed(
    frames: list[np.ndarray], photometric: str, syntax: str, bits: int, *, transform: bool = False, planar: int = 0
) -> Dataset:
    made = _described(frames[0], photometric, bits, planar)
    return fragmented(made, [codestream(frame, syntax, bits=bits, transform=transform) for frame in frames])


def every_stored_picture() -> Iterator[Stored]:
    """In every transfer syntax, photometric interpretation, planar configuration and sample type."""
    yield from _grey_pictures()
    yield from _native_colours()
    yield from _coded_colours()


def _grey_pictures() -> Iterator[Stored]:
    for kind, bits in GREY:
        frames = [grey_frame(kind, bits, number) for number in range(FRAMES)]
        for syntax in NATIVE:
            if not (syntax == BIG_ENDIAN and kind.endswith("1")):  # the builder turns words
                yield Stored(name="grey", syntax=syntax, dataset=natively(frames, "MONOCHROME2", bits), frames=frames)
        for syntax in (RLE, JPEG_LOSSLESS, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000_LOSSLESS, HTJ2K_LOSSLESS, HTJ2K_RPCL):
            dataset = compressed(frames, "MONOCHROME2", syntax, bits)
            yield Stored(name="grey", syntax=syntax, dataset=dataset, frames=frames)
    byte = [grey_frame("u1", 8, number) for number in range(FRAMES)]
    for photometric in ("MONOCHROME1", "PALETTE COLOR"):
        yield Stored(name=photometric, syntax=EXPLICIT_LITTLE, dataset=natively(byte, photometric, 8), frames=byte)
        yield Stored(name=photometric, syntax=RLE, dataset=compressed(byte, photometric, RLE, 8), frames=byte)
    smooth = [frame[..., 0] for frame in (colour_frame("u1", number) for number in range(FRAMES))]
    deep = [frame.astype("u2") * 16 for frame in smooth]
    for syntax in (JPEG_BASELINE, JPEG_LS_NEAR, JPEG_2000, HTJ2K):
        yield Stored(name="grey", syntax=syntax, dataset=compressed(smooth, "MONOCHROME2", syntax, 8), frames=smooth)
    for syntax in (JPEG_EXTENDED, JPEG_LS_NEAR):
        yield Stored(name="grey", syntax=syntax, dataset=compressed(deep, "MONOCHROME2", syntax, 12), frames=deep)


def _native_colours() -> Iterator[Stored]:
    rgb = [colour_frame("u1", number) for number in range(FRAMES)]
    deep = [colour_frame("u2", number) for number in range(FRAMES)]
    ybr = [_ybr(frame) for frame in rgb]
    paired = [frame.copy() for frame in ybr]
    for frame in paired:
        frame[:, 1::2, 1:] = frame[:, ::2, 1:]
    for syntax in (EXPLICIT_LITTLE, IMPLICIT_LITTLE, DEFLATED):
        for planar in (0, 1):
            yield Stored(name="RGB", syntax=syntax, dataset=natively(rgb, "RGB", 8, planar), frames=rgb)
            yield Stored(name="RGB", syntax=syntax, dataset=natively(deep, "RGB", 16, planar), frames=deep)
            dataset = natively(ybr, "YBR_FULL", 8, planar)
            yield Stored(name="YBR_FULL", syntax=syntax, dataset=dataset, frames=ybr, ybr=True)
        dataset = natively(paired, "YBR_FULL_422", 8)
        yield Stored(name="YBR_FULL_422", syntax=syntax, dataset=dataset, frames=paired, ybr=True)


def _coded_colours() -> Iterator[Stored]:
    rgb = [colour_frame("u1", number) for number in range(FRAMES)]
    ybr = [_ybr(frame) for frame in rgb]
    for syntax in (RLE, JPEG_LOSSLESS, JPEG_LOSSLESS_SV1, JPEG_LS, JPEG_2000_LOSSLESS, HTJ2K_LOSSLESS, HTJ2K_RPCL):
        for planar in (0, 1):
            dataset = compressed(rgb, "RGB", syntax, 8, planar=planar)
            yield Stored(name=f"RGB, planar {planar}", syntax=syntax, dataset=dataset, frames=rgb)
            dataset = compressed(ybr, "YBR_FULL", syntax, 8, planar=planar)
            yield Stored(name=f"YBR_FULL, planar {planar}", syntax=syntax, dataset=dataset, frames=ybr, ybr=True)
    for syntax, photometric in (
        (JPEG_2000_LOSSLESS, "YBR_RCT"),
        (HTJ2K_LOSSLESS, "YBR_RCT"),
        (HTJ2K_RPCL, "YBR_RCT"),
        (JPEG_2000, "YBR_ICT"),
        (HTJ2K, "YBR_ICT"),
        (JPEG_BASELINE, "YBR_FULL_422"),
        (JPEG_BASELINE, "YBR_FULL"),
    ):
        dataset = compressed(rgb, photometric, syntax, 8, transform=True)
        yield Stored(name=photometric, syntax=syntax, dataset=dataset, frames=rgb)
    yield Stored(name="RGB", syntax=JPEG_BASELINE, dataset=compressed(rgb, "RGB", JPEG_BASELINE, 8), frames=rgb)
    bare = [without_markers(codestream(frame, JPEG_BASELINE, bits=8, transform=True)) for frame in rgb]
    dataset = fragmented(_described(rgb[0], "RGB", 8), bare)
    yield Stored(name="RGB, YCbCr without a marker", syntax=JPEG_BASELINE, dataset=dataset, frames=rgb)
