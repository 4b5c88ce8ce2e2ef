"""Objects beside the images of a case: documents, which a reader opens before they sign, and what lies over images."""

from __future__ import annotations

from typing import Final

_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."
"""Storage SOP classes begin so (PS3.4 B.5)."""
_READ: Final = frozenset(
    _STORAGE + rest
    for rest in (
        *("104.1", "104.2"),  # encapsulated PDF and CDA
        *("88.11", "88.22", "88.33", "88.34", "88.35", "88.72"),  # structured reports in words
    )
)
"""Doses, key objects, marks of a detection program and presentation states come with most series: no documents."""
_WAVEFORMS: Final = f"{_STORAGE}9."
"""Electrocardiograms and the like: no picture, and part of what is read."""


_OVER: Final = frozenset(_STORAGE + rest for rest in ("66.4", "66.7", "481.2"))
"""Segmentations, label maps and doses have frames, and are looked at over the images that they were made of."""


def lies_over_images(sop_class_uid: str) -> bool:
    """Whether the frames of an instance mark places in other images, and are none to be read by themselves."""
    return sop_class_uid in _OVER


_WHOLE_SLIDE: Final = f"{_STORAGE}77.1.6"
"""A pyramid of tiles: thousands of frames, and one thing to see (ADR 48)."""


def is_slide(sop_class_uid: str) -> bool:
    """Whether the frames of an instance are tiles of a slide, which a series shows as one picture."""
    return sop_class_uid == _WHOLE_SLIDE


def is_document(sop_class_uid: str) -> bool:
    """Whether an instance without pictures says something that whoever signs has to know."""
    return sop_class_uid in _READ or sop_class_uid.startswith(_WAVEFORMS)
