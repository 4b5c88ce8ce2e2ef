"""Checks the data set of an arriving instance: its UIDs, its structure to the end, and the pixels that it promises."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Final

from pacs.arriving.outcome import Reason
from pacs.dataset import tags
from pacs.dataset.frame_ranges import Extent, extent_of
from pacs.dataset.index_header import uid_of
from pacs.dataset.walk import DEFLATED, Problem, Walked, walk
from pacs.errors import UnreadableData

_MAX_INFLATED: Final = 256 << 20
"""Bytes that a deflated data set may have when inflated."""

_REASONS: Final = {
    Problem.TRUNCATED: Reason.TRUNCATED,
    Problem.MALFORMED: Reason.UNREADABLE,
    Problem.TOO_DEEP: Reason.UNREADABLE,
    Problem.TOO_LARGE: Reason.UNREADABLE,
}


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The UIDs under which an instance is stored; empty where the data set has none."""

    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str


class RefusedDataset(UnreadableData):
    """The data set is not stored; ``reason`` becomes the outcome."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason


def identity_of(walked: Walked, requested_class: str | None) -> Identity:
    """The UIDs of a data set; where it has no SOP class, as some old writers do, the one of the request."""
    return Identity(
        sop_class_uid=uid_of(walked, tags.SOP_CLASS_UID) or requested_class or "",
        sop_instance_uid=uid_of(walked, tags.SOP_INSTANCE_UID),
        study_uid=uid_of(walked, tags.STUDY_INSTANCE_UID),
    )


def checked(dataset: memoryview, transfer_syntax_uid: str) -> tuple[Walked, Extent]:
    """The data set, walked to its end, and the extent of its pixels.

    Raises:
        RefusedDataset: its structure does not hold, or it has fewer pixels than it promises.

    """
    deflated = transfer_syntax_uid in DEFLATED
    walked = walk(_inflated(dataset) if deflated else dataset, transfer_syntax_uid)
    if walked.problem is not None:
        raise RefusedDataset(_REASONS[walked.problem])
    extent = extent_of(walked, transfer_syntax_uid)
    if not extent.complete:
        raise RefusedDataset(Reason.NO_PIXELS)
    return walked, extent


def _inflated(deflated: memoryview) -> bytes:
    """The whole of a deflated data set (PS3.5 A.5), within `_MAX_INFLATED`."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = stream.decompress(deflated, _MAX_INFLATED)
    except zlib.error as error:
        raise RefusedDataset(Reason.UNREADABLE) from error
    if not stream.eof:
        raise RefusedDataset(Reason.UNREADABLE if stream.unconsumed_tail else Reason.TRUNCATED)
    return plain
