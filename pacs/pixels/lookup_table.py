"""A look-up table as modality, VOI and palettes have it: descriptor, entries, what lies outside (PS3.3 C.11.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

LITTLE: Final = "<u2"
BIG: Final = ">u2"
"""Order of bytes in the words of a table: pydicom leaves OW as it was sent."""


@dataclass(frozen=True, kw_only=True)
class LookupTable:
    """Inputs below ``first`` get the first entry, inputs beyond the last one get that (PS3.3 C.11.1.1, C.7.6.3.1.5)."""

    entries: np.ndarray
    first: int
    bits: int
    """Bits of an entry, as the descriptor says or as the entries need."""

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Entries for ``values``, which are integers or close to one."""
        whole = np.rint(np.nan_to_num(values)) if values.dtype.kind == "f" else values
        index = np.clip(whole.astype(np.int64) - self.first, 0, len(self.entries) - 1)
        return self.entries[index]

    def in_8_bits(self) -> LookupTable:
        """The same with entries of 0 to 255."""
        scaled = np.rint(self.entries * (255 / ((1 << self.bits) - 1)))
        return LookupTable(entries=scaled.clip(0, 255).astype(np.uint8), first=self.first, bits=8)


def descriptor_of(value: Any, *, signed: bool) -> tuple[int, int, int] | None:
    """Number of entries, first input, bits of an entry; None where the value is no descriptor.

    The first input stands in a VR that many a writer gets wrong: with ``signed`` one of US above 32767 is negative.
    """
    try:
        count, first, bits = (int(one) for one in value)
    except (TypeError, ValueError):
        return None
    count = (count & 0xFFFF) or 1 << 16
    return count, first - (1 << 16) if signed and first > 0x7FFF else first, bits


def table_of(descriptor: tuple[int, int, int] | None, data: Any, words: str) -> LookupTable | None:
    """The table of a descriptor and its data (bytes, or the words that pydicom made of them); None where there is none.

    Entries of 8 bits come one a byte, padded to an even length, or one a word, whatever the descriptor says of their
    bits (PS3.3 C.7.6.3.1.5 and its note, C.11.1.1).
    """
    if descriptor is None:
        return None
    count, first, bits = descriptor
    raw = little_endian_words(data, words)
    entries = np.frombuffer(raw, LITTLE) if len(raw) >= 2 * count or (len(raw) < count and bits > 8) else None
    entries = (np.frombuffer(raw, np.uint8) if entries is None else entries)[:count]
    return of_entries(entries, first, bits)


def of_entries(entries: np.ndarray, first: int, bits: int) -> LookupTable | None:
    """A table whose bits are enough for its entries."""
    if entries.size == 0:
        return None
    needed = max(1, int(entries.max()).bit_length())
    return LookupTable(entries=entries, first=first, bits=max(needed, bits if 1 <= bits <= 16 else 8))


def little_endian_words(data: Any, words: str) -> bytes:
    """Table data as bytes in little endian; a single word or several come from US and SS."""
    if data is None:
        return b""
    if isinstance(data, bytes | bytearray | memoryview):
        raw = bytes(data)
        return raw if words == LITTLE else np.frombuffer(raw[: len(raw) // 2 * 2], BIG).astype(LITTLE).tobytes()
    return (np.atleast_1d(np.asarray(data)).astype(np.int64) & 0xFFFF).astype(LITTLE).tobytes()
