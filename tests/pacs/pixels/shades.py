"""Headers of small images as pydicom reads them from bytes, for tests of one stage of rendering."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.builders import encoded, image
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE

IMPLICIT: Final = IMPLICIT_LITTLE


def header(syntax: str = EXPLICIT_LITTLE, **shown: Any) -> Dataset:
    """A CT header that went over the wire."""
    made = image(**shown)
    del made.PixelData
    return dcmread(BytesIO(encoded(made, syntax)), force=True)


def table(descriptor: list[int], data: Any, vr: str = "US", **more: Any) -> Dataset:
    """An item of a Modality or VOI LUT Sequence; ``vr`` is the descriptor's, bytes are OW."""
    item = Dataset()
    item.add_new("LUTDescriptor", vr, descriptor)
    item.add_new("LUTData", "OW" if isinstance(data, bytes) else "US", data)
    for keyword, value in more.items():
        setattr(item, keyword, value)
    return item


def row(*values: float, dtype: str = "<u2") -> np.ndarray:
    """One row of pixels."""
    return np.array([values], dtype)
