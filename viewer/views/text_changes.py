"""What was taken out of a text and what came into it, in pieces: words of Latin letters, numbers, single characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

_PIECE: Final = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|.", re.DOTALL)
_LONGEST: Final = 4000
"""Pieces; of longer texts the one stands whole behind the other."""


class Way(StrEnum):
    KEPT = "kept"
    OUT = "out"
    IN = "in"


@dataclass(frozen=True, kw_only=True)
class Part:
    way: Way
    text: str = field(repr=False)


def text_changes(before: str, now: str) -> list[Part]:
    """The parts of both texts in their order: what was kept, with what was taken out or with what came in."""
    old, new = _PIECE.findall(before), _PIECE.findall(now)
    if max(len(old), len(new)) > _LONGEST:
        return [one for one in (Part(way=Way.OUT, text=before), Part(way=Way.IN, text=now)) if one.text]
    return list(_parts(old, new))


def _parts(old: list[str], new: list[str]) -> Iterator[Part]:
    for what, start, end, begin, stop in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield Part(way=Way.KEPT, text="".join(old[start:end]))
            continue
        if start < end:
            yield Part(way=Way.OUT, text="".join(old[start:end]))
        if begin < stop:
            yield Part(way=Way.IN, text="".join(new[begin:stop]))
