"""Well-formed bytes with a few edits of the kinds that break parsers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hypothesis import strategies as st

LENGTHS: Final = (0, 1, 3, 0x7F, 0xFFFE, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
"""Values that parsers get wrong where they stand for a length or a count."""


class Kind(Enum):
    FLIP = "flip a bit"
    LENGTH = "write one of LENGTHS over four bytes, little endian"
    BIG_LENGTH = "the same, big endian"
    SHORT = "write one of LENGTHS over two bytes"
    CUT = "drop what follows"
    DROP = "drop a few bytes"
    REPEAT = "say a stretch twice"
    NOISE = "write bytes in between"


@dataclass(frozen=True)
class Edit:
    kind: Kind
    place: int
    """In 1/65536 of the length."""
    value: int

    def of(self, data: bytearray) -> bytearray:
        at = len(data) * self.place >> 16
        length = LENGTHS[self.value % len(LENGTHS)]
        match self.kind:
            case Kind.FLIP if data:
                data[at] ^= 1 << (self.value % 8)
            case Kind.LENGTH:
                data[at : at + 4] = length.to_bytes(4, "little")
            case Kind.BIG_LENGTH:
                data[at : at + 4] = length.to_bytes(4, "big")
            case Kind.SHORT:
                data[at : at + 2] = (length & 0xFFFF).to_bytes(2, "little")
            case Kind.CUT:
                del data[at:]
            case Kind.DROP:
                del data[at : at + 1 + self.value % 16]
            case Kind.REPEAT:
                data[at:at] = data[at : at + 1 + self.value % 512]
            case _:
                data[at:at] = self.value.to_bytes(4, "little")
        return data


edits: Final = st.lists(
    st.builds(Edit, st.sampled_from(Kind), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)), min_size=1, max_size=4
)


def mutated(seed: bytes, changes: Sequence[Edit]) -> bytes:
    data = bytearray(seed)
    for change in changes:
        data = change.of(data)
    return bytes(data)
