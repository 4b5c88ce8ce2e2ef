"""How small pictures are stored, and how soon a radiograph can be recognised on a township's line."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from pacs.pixels.frames import htj2k
from service.demo import ct, radiographs
from service.demo.radiographs import Chest
from storage.segments.pax import HEADER_BYTES

LINE_BITS_PER_SECOND: Final = 4_000_000
RECOGNISABLE_PIXELS: Final = 700
"""Of the longer side: a chest on a quarter of a screen."""
_MANIFEST_BYTES: Final = 1200
"""Of an instance, compressed: its row, provenance and description."""
_SOT: Final = b"\xff\x90\x00\x0a"
"""Start of a tile-part and its length (ITU-T T.800 A.4.2)."""


@dataclass(frozen=True, kw_only=True)
class Stored:
    kind: str
    raw_bytes: int
    stored_bytes: int
    """Headers, padding and manifest included."""

    @property
    def share(self) -> float:
        return self.stored_bytes / self.raw_bytes


@dataclass(frozen=True, kw_only=True)
class Shown:
    pixels: int
    """Of the longer side at this resolution."""
    bytes_needed: int
    seconds: float
    """At `LINE_BITS_PER_SECOND`, the bytes alone."""


def stored() -> list[Stored]:
    """The demonstration's CT and radiograph, as compaction stores them."""
    slices = list(islice(ct.slices(seed=3, nodule=True), 0, None, 20))
    films = [radiographs.chest(Chest(seed=seed)) for seed in (1, 2)]
    return [
        _stored("CT", slices),
        _stored("DX", [np.asarray(each, np.uint16) for each in films]),
    ]


def shown() -> list[Shown]:
    """What of a radiograph is there after how many bytes, the smallest first."""
    film = np.asarray(radiographs.chest(Chest(seed=1)), np.uint16)
    ends = list(_tile_part_ends(htj2k(film, rgb=False)))
    longer = max(film.shape)
    return [
        Shown(pixels=-(-longer >> len(ends) - 1 - level), bytes_needed=end, seconds=end * 8 / LINE_BITS_PER_SECOND)
        for level, end in enumerate(ends)
    ]


def _stored(kind: str, pictures: list[np.ndarray]) -> Stored:
    sizes = [len(htj2k(each, rgb=False)) + HEADER_BYTES + 512 + _MANIFEST_BYTES for each in pictures]
    return Stored(kind=kind, raw_bytes=sum(each.nbytes for each in pictures), stored_bytes=sum(sizes))


def _tile_part_ends(codestream: bytes) -> Iterator[int]:
    """One tile-part holds one resolution (RPCL), so these are where each resolution is complete."""
    at = codestream.index(_SOT)
    while codestream[at : at + 4] == _SOT:
        (length,) = struct.unpack_from(">I", codestream, at + 6)
        at += length
        yield at
