"""Recognises the name and number of a person under whom something was filed by mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator


class Trace:
    """A name (component groups, values) and a number to look for; ``raw`` are bytes that hold either as they came."""

    def __init__(self, name: str, number: str, raw: tuple[bytes, ...] = ()) -> None:
        self._names = [words for words in (_words(group) for group in re.split(r"[=\\]", name)) if words]
        self._number = _words(number)
        needles = {part for words in self._names for part in _encodings(words)}
        needles |= {value.strip(b" \0") for value in raw}
        if len(number.strip()) > 3:
            needles.add(number.strip().encode())
        self._needles = tuple(needle for needle in needles if len(needle) > 3)

    def in_text(self, text: str) -> bool:
        """Whether the text holds every word of the name (in any order) or the number."""
        words = _words(text)
        if not words:
            return False
        joined = "".join(words)
        for name in self._names:
            if set(name) <= set(words) and (len("".join(name)) > 1 or words == name):
                return True
            together = "".join(name)
            if len(together) > 3 and together in joined:
                return True
            if not together.isascii() and len(together) > 1 and together in joined:
                return True
        if self._number and words == self._number:
            return True
        number = "".join(self._number)
        return len(number) > 3 and number in joined

    def in_bytes(self, value: bytes) -> bool:
        return any(needle in value for needle in self._needles)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold().replace("_", " "))


def _encodings(words: list[str]) -> Iterator[bytes]:
    for joiner in ("", " ", "^"):
        together = joiner.join(words)
        for text in {together, together.upper(), together.title()}:
            for encoding in ("utf-8", "gb18030"):
                yield text.encode(encoding)
