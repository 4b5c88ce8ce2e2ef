"""Palettes: stored values become colours, all of them or those from a first one on (PS3.3 C.7.6.3.1.5, C.7.6.19)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydicom.dataset import Dataset

from pacs.pixels.lookup_table import LITTLE, LookupTable, descriptor_of, little_endian_words, of_entries, table_of

_COLOURS: Final = ("Red", "Green", "Blue")
_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2
"""Kinds of segments (PS3.3 C.7.9.2)."""


class BadPalette(ValueError):
    """The header has no palette that could be read."""


@dataclass(frozen=True, kw_only=True)
class Palette:
    """A table for red, green and blue each, with entries of 0 to 255."""

    tables: tuple[LookupTable, ...]

    @property
    def first(self) -> int:
        return self.tables[0].first

    def __call__(self, stored: np.ndarray) -> np.ndarray:
        """(rows, columns, 3) for (rows, columns)."""
        return np.stack([table(stored) for table in self.tables], axis=-1)


def palette_of(header: Dataset, words: str) -> Palette:
    """Read the palette, segmented or not.

    Entries of 16 bits lose their low byte; where all three tables stay below 256, they have 8 bits whatever the
    descriptor says.

    Raises:
        BadPalette: a table is missing or damaged.

    """
    tables = [_table(header, colour, words) for colour in _COLOURS]
    wide = max(int(table.entries.max()) for table in tables) > 255
    shift = max(table.bits for table in tables) - 8 if wide else 0
    return Palette(
        tables=tuple(
            LookupTable(entries=(one.entries >> shift).astype(np.uint8), first=one.first, bits=8) for one in tables
        )
    )


def is_supplemental(header: Dataset) -> bool:
    """Whether a grey image shows its values from a first one on in colour (PS3.3 C.7.6.19, C.8.15.3.10)."""
    return (
        str(header.get("PhotometricInterpretation", "")) == "MONOCHROME2"
        and str(header.get("PixelPresentation", "")) == "COLOR"
        and "RedPaletteColorLookupTableDescriptor" in header
    )


def _table(header: Dataset, colour: str, words: str) -> LookupTable:
    signed = header.get("PixelRepresentation") == 1
    descriptor = descriptor_of(header.get(f"{colour}PaletteColorLookupTableDescriptor"), signed=signed)
    plain: Any = header.get(f"{colour}PaletteColorLookupTableData")
    if plain is None and descriptor is not None:
        found = _segmented(descriptor, header.get(f"Segmented{colour}PaletteColorLookupTableData"), words)
    else:
        found = table_of(descriptor, plain, words)
    if found is None:
        raise BadPalette(colour)
    return found


def _segmented(descriptor: tuple[int, int, int], data: Any, words: str) -> LookupTable | None:
    """A table given as segments: so many entries, a line to an entry, or segments again (PS3.3 C.7.9.2)."""
    count, first, bits = descriptor
    raw = little_endian_words(data, words)
    units = np.frombuffer(raw, np.uint8 if bits <= 8 else LITTLE).astype(np.int64)
    entries: list[int] = []
    at = 0
    while at + 1 < len(units) and len(entries) < count:
        at = _expanded(units, at, bits, entries, count)
    return of_entries(np.array(entries[:count], np.uint16), first, bits)


def _expanded(units: np.ndarray, at: int, bits: int, entries: list[int], most: int) -> int:
    """Put the entries of the segment at ``at`` to the others; the place of the next one.

    Raises:
        BadPalette: the segment is of no known kind, or leads outside.

    """
    kind, length = int(units[at]), int(units[at + 1])
    if kind == _DISCRETE:
        entries.extend(int(one) for one in units[at + 2 : at + 2 + length])
        return at + 2 + length
    if kind == _LINEAR and at + 2 < len(units) and entries:
        start, end = entries[-1], int(units[at + 2])
        entries.extend(round(start + (end - start) * step / length) for step in range(1, length + 1))
        return at + 3
    parts = 4 if bits <= 8 else 2  # an offset of 32 bits, the least significant part first
    offset = units[at + 2 : at + 2 + parts]
    if kind != _INDIRECT or len(offset) < parts:
        raise BadPalette("segment")
    copied = sum(int(one) << (8 if bits <= 8 else 16) * place for place, one in enumerate(offset))
    for _ in range(length):
        if copied + 1 >= len(units) or int(units[copied]) == _INDIRECT or len(entries) >= most:
            raise BadPalette("segment")
        copied = _expanded(units, copied, bits, entries, most)
    return at + 2 + parts
