"""Data sets in memory as the files that go out."""

from __future__ import annotations

from pydicom.dataset import FileDataset

from pacs.dataset.part10 import read_meta
from pacs.leaving.outgoing_file import written
from pacs.pixels.opened import EXPLICIT_BIG
from pacs.pixels.split import split_in_memory


def file_bytes(dataset: FileDataset, syntax: str) -> bytes:
    """The file of a data set that was read with its pixel data, in this transfer syntax."""
    frames = int(dataset.get("NumberOfFrames") or 1)
    parts = split_in_memory(dataset, number_of_frames=frames, little=syntax != EXPLICIT_BIG)
    return b"".join(written(parts, syntax))


def meta_end(file: bytes) -> int:
    """Offset of the data set in a PS3.10 file."""
    meta = read_meta(file, whole=True)
    assert meta is not None
    return meta.end
