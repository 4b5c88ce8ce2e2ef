"""The VOI LUT: which values of the modality are worth a grey level, by a window or by a table (PS3.3 C.11.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from pacs.pixels.lookup_table import LookupTable, descriptor_of, table_of
from pacs.pixels.modality import Modality, number

_BAND_PIXELS: Final = 1 << 21
"""Pixels that are looked at a time for their range."""


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

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Values through the window to 0..255 (PS3.3 C.11.2.1.2.1, C.11.2.1.3)."""
        x = values.astype(np.float32 if values.dtype.itemsize <= 2 else np.float64)
        match self.shape:
            case Shape.SIGMOID:
                y = 1 / (1 + np.exp(np.clip(-4 * (x - self.center) / self.width, -60, 60)))
            case Shape.LINEAR_EXACT:
                y = (x - self.center) / self.width + 0.5
            case Shape.LINEAR if self.width > 1:
                y = (x - (self.center - 0.5)) / (self.width - 1) + 0.5
            case Shape.LINEAR:
                y = (x > self.center - 0.5).astype(np.float32)
        return (np.nan_to_num(y).clip(0, 1) * 255 + 0.5).astype(np.uint8)


def voi_of(header: Dataset, modality: Modality, words: str) -> Window | LookupTable | None:
    """The first window that means something, else the VOI LUT Sequence; None where the header has neither."""
    return next(_windows(header), None) or _table(header, modality, words)


def _windows(header: Dataset) -> Iterator[Window]:
    named = str(header.get("VOILUTFunction") or "LINEAR").strip().lower().replace("_", "-")
    shape = Shape(named) if named in SHAPES else Shape.LINEAR
    for center, width in zip(_several(header.get("WindowCenter")), _several(header.get("WindowWidth")), strict=False):
        # PS3.3 C.11.2.1.2.1: at least 1 for LINEAR; C.11.2.1.3: above 0 for the others.
        if center is not None and width is not None and (width >= 1 or (width > 0 and shape is not Shape.LINEAR)):
            yield Window(center=center, width=width, shape=shape)


def _several(value: Any) -> list[float | None]:
    return [number(one) for one in (value if isinstance(value, MultiValue) else [value])]


def _table(header: Dataset, modality: Modality, words: str) -> LookupTable | None:
    if not header.get("VOILUTSequence"):
        return None
    item = header.VOILUTSequence[0]
    # PS3.3 C.11.2.1.1: the first input is signed where the modality can give negative values.
    descriptor = descriptor_of(item.get("LUTDescriptor"), signed=modality.lowest < 0)
    return table_of(descriptor, item.get("LUTData"), words)


def promised_range(header: Dataset) -> Window | None:
    """The range that an image without a window has by its kind: single bits, fractions of a segment (C.8.20.2)."""
    most = 1 if header.get("BitsAllocated") == 1 else number(header.get("MaximumFractionalValue"))
    return None if not most else Window(center=most / 2, width=most, shape=Shape.LINEAR_EXACT)


def full_range(array: np.ndarray, header: Dataset, modality: Modality) -> Window:
    """A window from the lowest to the highest value of the frame; padding does not count (PS3.3 C.7.5.1.1.2)."""
    every = array.ravel()
    ends: list[float] = []
    for start in range(0, every.size, _BAND_PIXELS):
        band = every[start : start + _BAND_PIXELS]
        values = modality(band[~_padding(band, header)])
        values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        ends += [float(values.min()), float(values.max())] if values.size else []
    low, high = (min(ends), max(ends)) if ends else (0.0, 0.0)
    return Window(center=(low + high) / 2, width=(high - low) or 1.0, shape=Shape.LINEAR_EXACT)


def _padding(stored: np.ndarray, header: Dataset) -> np.ndarray:
    """Which stored values are padding: one value, or all up to the limit of the range."""
    kind = {"f": "Float" if stored.dtype.itemsize == 4 else "DoubleFloat"}.get(stored.dtype.kind, "")
    one = number(header.get(f"{kind}PixelPaddingValue"))
    if one is None:
        return np.zeros(stored.shape, bool)
    other = number(header.get(f"{kind}PixelPaddingRangeLimit"))
    if stored.dtype.kind == "i":  # written as US by many
        one, other = (None if end is None else end - 65536 if end > 0x7FFF else end for end in (one, other))
    low, high = sorted((one, one if other is None else other))  # type: ignore[type-var]
    return (stored >= low) & (stored <= high)
