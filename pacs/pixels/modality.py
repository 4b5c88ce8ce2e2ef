"""The modality LUT: stored values become values of the modality, such as Hounsfield units (PS3.3 C.11.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from pacs.pixels.lookup_table import LookupTable, descriptor_of, table_of

_NOT_FOR_DISPLAY: Final = frozenset(
    ("1.2.840.10008.5.1.4.1.1.12.1", "1.2.840.10008.5.1.4.1.1.12.2", "1.2.840.10008.5.1.4.1.1.12.3")
)
"""X-ray angiography and fluoroscopy: their table leads back to what the detector measured (PS3.3 C.8.7.1.1.2)."""


@dataclass(frozen=True, kw_only=True)
class Modality:
    """A table, or else slope and intercept."""

    table: LookupTable | None
    slope: float
    intercept: float
    lowest: float
    """The lowest value that it can give."""

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        if self.table is not None:
            return self.table(stored)
        if self.slope == 1 and self.intercept == 0:
            return stored
        return stored.astype(np.float64) * self.slope + self.intercept


def modality_of(header: Dataset, words: str) -> Modality:
    """What the header says; a table goes before a rescale beside it, and a slope of 0 says nothing."""
    table = None
    signed = header.get("PixelRepresentation") == 1
    if header.get("ModalityLUTSequence") and str(header.get("SOPClassUID", "")) not in _NOT_FOR_DISPLAY:
        item = header.ModalityLUTSequence[0]
        table = table_of(descriptor_of(item.get("LUTDescriptor"), signed=signed), item.get("LUTData"), words)
    slope, intercept = number(header.get("RescaleSlope")), number(header.get("RescaleIntercept"))
    if slope is None or slope == 0:
        slope, intercept = 1.0, (intercept or 0.0) if slope is None else 0.0
    bits = int(header.get("BitsStored") or 16)
    ends = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    lowest = min(end * slope + (intercept or 0.0) for end in ends)
    return Modality(table=table, slope=slope, intercept=intercept or 0.0, lowest=0.0 if table else lowest)


def number(value: Any) -> float | None:
    """A value as a finite number, the first one of several; None for what is none."""
    try:
        found = float(value if isinstance(value, str | int | float) else value[0])
    except (TypeError, ValueError, IndexError):
        return None
    return found if math.isfinite(found) else None
