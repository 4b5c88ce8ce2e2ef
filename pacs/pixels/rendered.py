"""Renders a frame for people: modality LUT, VOI LUT and presentation (PS3.18 8.3.5, 10.4.1.1.3)."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut

from pacs.errors import InvalidInput
from pacs.pixels.memory import MEMORY
from pacs.pixels.opened import StoredInstance
from pacs.pixels.transcode import NotDecodable, decoded, memory_for

MAX_SIDE_PIXELS: Final = 16_384
THUMBNAIL_PIXELS: Final = 160
QUALITY: Final = 90
_BAND_PIXELS: Final = 1 << 21
"""Pixels that are presented at a time."""
_SAMPLED: Final = 200_000
"""Pixels of which the range is made where the header has no window."""


class BadParameter(InvalidInput):
    """A parameter of rendering that is not well-formed."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Picture(StrEnum):
    PNG = "image/png"
    JPEG = "image/jpeg"


class Shape(StrEnum):
    """VOI LUT Function (PS3.3 C.11.2.1.2, C.11.2.1.3)."""

    LINEAR = "linear"
    LINEAR_EXACT = "linear-exact"
    SIGMOID = "sigmoid"


SHAPES: Final = frozenset(shape.value for shape in Shape)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A window, in units after the modality LUT."""

    center: float
    width: float
    shape: Shape = Shape.LINEAR


@dataclass(frozen=True, kw_only=True)
class Viewport:
    """The picture fits into width x height pixels; ``region`` (left, top, width, height) crops the frame before."""

    width: int
    height: int
    region: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Rendering:
    viewport: Viewport | None = None
    window: Window | None = None
    quality: int = QUALITY


def rendering(viewport: str | None, window: str | None, quality: str | None) -> Rendering:
    """Read the query parameters (PS3.18 8.3.5.1).

    Raises:
        BadParameter: one of them is not well-formed.

    """
    return Rendering(
        viewport=None if viewport is None else _viewport(viewport),
        window=None if window is None else _window(window),
        quality=QUALITY if quality is None else _quality(quality),
    )


def render(opened: StoredInstance, header: Dataset, number: int, how: Rendering, kind: Picture) -> bytes:
    """Frame ``number`` (from 1) as a picture.

    Raises:
        NotDecodable, NoSuchFrame, Unreadable: the frame cannot be rendered.
        TooLarge, Busy: see `pacs.pixels.memory`.

    """
    frame = opened.frame(number)
    with MEMORY.hold(memory_for(header) + _picture_bytes(header, how.viewport)):
        array = decoded(header, opened.syntax, frame, rgb=True)
        try:
            eight = _presented(array, _of_frame(header, number), how.window)
        except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError, IndexError) as error:
            raise NotDecodable("presentation") from error
        del array
        image = _fit(Image.fromarray(eight), _pixel_aspect(header), how.viewport)
        out = io.BytesIO()
        if kind is Picture.PNG:
            image.save(out, "PNG", compress_level=3)
        else:
            image.save(out, "JPEG", quality=how.quality)
        return out.getvalue()


def _picture_bytes(header: Dataset, viewport: Viewport | None) -> int:
    """Bytes of the picture in full size and scaled, three samples a pixel at most, with the copies of the scaling."""
    full = int(header.get("Rows") or 0) * int(header.get("Columns") or 0)
    scaled = full if viewport is None else viewport.width * viewport.height
    samples = 1 if str(header.get("PhotometricInterpretation", "")).startswith("MONOCHROME") else 3
    return samples * (full + 3 * scaled)


def _presented(array: np.ndarray, header: Dataset, window: Window | None) -> np.ndarray:
    """The picture in 8 bits, made in bands of rows: in floating point a whole frame would be many times its size."""
    if array.ndim > 2:
        present = partial(_colour, header=header)
    elif str(header.get("PhotometricInterpretation", "")) == "PALETTE COLOR":
        present = partial(_palette, header=header)
    elif header.get("BitsAllocated") == 1:
        present = _single_bits
    else:
        lut = window is None and _window_of(header) is None and bool(header.get("VOILUTSequence"))
        shown = None if lut else window or _window_of(header) or _full_range(array, header)
        present = partial(_grey, header=header, window=shown)
    rows = max(1, _BAND_PIXELS // max(1, array.shape[1]))
    first = present(array[:rows])
    if rows >= array.shape[0]:
        return first
    whole = np.empty((array.shape[0], *first.shape[1:]), np.uint8)
    whole[:rows] = first
    for start in range(rows, array.shape[0], rows):
        whole[start : start + rows] = present(array[start : start + rows])
    return whole


def _colour(array: np.ndarray, header: Dataset) -> np.ndarray:
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array[..., :3])
    bits = int(header.get("BitsStored") or 16)
    return (array[..., :3].astype(np.uint32) * 255 // max(1, (1 << bits) - 1)).clip(0, 255).astype(np.uint8)


def _palette(array: np.ndarray, header: Dataset) -> np.ndarray:
    return _colour16(apply_color_lut(array, header))


def _single_bits(array: np.ndarray) -> np.ndarray:
    return (array > 0).astype(np.uint8) * 255


def _grey(array: np.ndarray, header: Dataset, window: Window | None) -> np.ndarray:
    """Grey values through ``window``, or without one through the VOI LUT Sequence."""
    values = apply_modality_lut(array, header)
    if window is None:
        values = apply_voi_lut(values.astype(array.dtype), header, prefer_lut=True)
        table = header.VOILUTSequence[0].LUTDescriptor
        eight = (values.astype(np.float64) * (255 / ((1 << int(table[2])) - 1))).clip(0, 255).astype(np.uint8)
    else:
        eight = apply_window(values, window)
    # MONOCHROME1: the lowest value is white (PS3.3 C.7.6.3.1.2).
    photometric = str(header.get("PhotometricInterpretation", ""))
    inverse = (photometric == "MONOCHROME1") != (str(header.get("PresentationLUTShape", "")) == "INVERSE")
    if photometric == "MONOCHROME1" and "PresentationLUTShape" in header:
        inverse = True
    return 255 - eight if inverse else eight


def apply_window(values: np.ndarray, window: Window) -> np.ndarray:
    """Grey values through a window to 0..255 (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
    x = values.astype(np.float32)
    center, width = window.center, window.width
    match window.shape:
        case Shape.SIGMOID:
            y = 1 / (1 + np.exp(np.clip(-4 * (x - center) / width, -60, 60)))
        case Shape.LINEAR_EXACT:
            y = (x - center) / width + 0.5
        case Shape.LINEAR:
            y = (x - (center - 0.5)) / (width - 1) + 0.5 if width > 1 else (x > center - 0.5).astype(np.float32)
    return (np.nan_to_num(y).clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _window_of(header: Dataset) -> Window | None:
    center, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    if center is None or width is None or width <= 0:
        return None
    named = str(header.get("VOILUTFunction") or "LINEAR").lower().replace("_", "-")
    shape = Shape(named) if named in list(Shape) else Shape.LINEAR
    return Window(center=center, width=width if shape is not Shape.LINEAR else max(1.0, width), shape=shape)


def _full_range(array: np.ndarray, header: Dataset) -> Window:
    """A window over the values of the frame, after the modality LUT, without the lowest and highest half percent."""
    every = array.ravel()
    step = max(1, every.size // _SAMPLED)
    values = _finite(apply_modality_lut(every[::step], header))
    if values.size == 0:
        return Window(center=0, width=1, shape=Shape.LINEAR_EXACT)
    low, high = (float(one) for one in np.percentile(values, (0.5, 99.5)))
    if high <= low:
        for start in range(0, every.size, _BAND_PIXELS):
            band = _finite(apply_modality_lut(every[start : start + _BAND_PIXELS], header))
            ends = (low, high, *_ends(band))
            low, high = min(ends), max(ends)
    return Window(center=(low + high) / 2, width=max(high - low, 1e-6), shape=Shape.LINEAR_EXACT)


def _ends(values: np.ndarray) -> tuple[float, ...]:
    return (float(values.min()), float(values.max())) if values.size else ()


def _finite(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values)] if values.dtype.kind == "f" else values


def _of_frame(header: Dataset, number: int) -> Dataset:
    """The header with one frame's functional groups moved to where a single-frame image has them (PS3.3 C.7.6.16)."""
    shared = header.get("SharedFunctionalGroupsSequence") or [Dataset()]
    per_frame = header.get("PerFrameFunctionalGroupsSequence") or []
    groups = [shared[0], per_frame[number - 1] if number <= len(per_frame) else Dataset()]
    macros = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
    found = [group[macro].value[0] for group in groups for macro in macros if group.get(macro)]
    if not found:
        return header
    merged = Dataset()
    merged.update(header)
    for item in found:
        merged.update(item)
    return merged


def _fit(image: Image.Image, aspect: float, viewport: Viewport | None) -> Image.Image:
    """Crop, make the pixels square, and scale the picture into the viewport with its aspect ratio."""
    if viewport is not None and viewport.region is not None:
        left, top, width, height = viewport.region
        box = (max(0, int(left)), max(0, int(top)), int(left + width), int(top + height))
        box = (box[0], box[1], min(image.width, box[2]), min(image.height, box[3]))
        if box[2] <= box[0] or box[3] <= box[1]:
            raise BadParameter("viewport")
        image = image.crop(box)
    width, height = image.width * max(1.0, 1 / aspect), image.height * max(1.0, aspect)
    if viewport is not None:
        scale = min(viewport.width / width, viewport.height / height)
        width, height = width * scale, height * scale
    size = (max(1, min(MAX_SIDE_PIXELS, round(width))), max(1, min(MAX_SIDE_PIXELS, round(height))))
    return image if size == image.size else image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)


def _pixel_aspect(header: Dataset) -> float:
    """Height of a pixel over its width (PS3.3 C.7.6.3.1.7); 1 where the header has none."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        pair: Any = header.get(keyword)
        try:
            vertical, horizontal = float(pair[0]), float(pair[1])
        except (TypeError, ValueError, IndexError):
            continue
        if vertical > 0 and horizontal > 0:
            ratio = vertical / horizontal
            return ratio if 0.1 <= ratio <= 10 and abs(ratio - 1) > 0.001 else 1.0
    return 1.0


def _colour16(array: np.ndarray) -> np.ndarray:
    return array if array.dtype == np.uint8 else (array >> 8).astype(np.uint8)


def _first(value: Any) -> float | None:
    try:
        return float(value if isinstance(value, str | int | float) else value[0])
    except (TypeError, ValueError, IndexError):
        return None


def _viewport(text: str) -> Viewport:
    parts = text.split(",")
    if not (len(parts) in (2, 6) and all(re.fullmatch(r"\d{1,5}(\.\d+)?", part, re.ASCII) for part in parts)):
        raise BadParameter("viewport")
    width, height = int(float(parts[0])), int(float(parts[1]))
    if not (0 < width <= MAX_SIDE_PIXELS and 0 < height <= MAX_SIDE_PIXELS):
        raise BadParameter("viewport")
    left, top, wide, high = (float(part) for part in parts[2:]) if len(parts) == 6 else (0.0, 0.0, 0.0, 0.0)
    return Viewport(width=width, height=height, region=(left, top, wide, high) if len(parts) == 6 else None)


def _window(text: str) -> Window:
    parts = text.split(",")
    if len(parts) not in (2, 3):
        raise BadParameter("window")
    number = r"[+-]?\d{1,9}(\.\d{1,9})?"
    if not all(re.fullmatch(number, part, re.ASCII) for part in parts[:2]):
        raise BadParameter("window")
    shape = parts[2].lower() if len(parts) == 3 else "linear"
    if shape not in SHAPES or float(parts[1]) <= 0:
        raise BadParameter("window")
    return Window(center=float(parts[0]), width=float(parts[1]), shape=Shape(shape))


def _quality(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or not 1 <= int(text) <= 100:
        raise BadParameter("quality")
    return int(text)
