"""The header of one frame: its functional groups put where a single-frame image has them (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pydicom.dataset import Dataset

_MACROS: Final = ("PixelMeasuresSequence", "PixelValueTransformationSequence", "FrameVOILUTSequence")
"""Of the groups, those that say how pixels are shown: PS3.3 C.7.6.16.2.1, C.7.6.16.2.9 and C.7.6.16.2.10."""


def frame_header(header: Dataset, number: int) -> Dataset:
    """The header with the groups of frame ``number`` (from 1) at its top; those of the frame before the shared ones."""
    shared = header.get("SharedFunctionalGroupsSequence") or [Dataset()]
    per_frame = header.get("PerFrameFunctionalGroupsSequence") or []
    groups = [shared[0], per_frame[number - 1] if number <= len(per_frame) else Dataset()]
    found = [item for group in groups for item in _items(group)]
    if not found:
        return header
    merged = Dataset()
    merged.update(header)
    for item in found:
        merged.update(item)
    return merged


def _items(group: Dataset) -> Iterator[Dataset]:
    for macro in _MACROS:
        if group.get(macro):
            yield group[macro].value[0]
    for element in group:
        # Each modality has a frame type sequence of its own; the frame's Pixel Presentation stands in it (C.8.15.3.10).
        if element.VR == "SQ" and element.keyword.endswith("FrameTypeSequence") and element.value:
            said = Dataset()
            if "PixelPresentation" in element.value[0]:
                said.PixelPresentation = element.value[0].PixelPresentation
            yield said
