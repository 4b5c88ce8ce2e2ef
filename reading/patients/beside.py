"""Characters and Latin letters in one text of a name: the letters parted from the rest."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTER: Final = "[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]"
_WORD: Final = re.compile(rf"(?<![^\W]){_LETTER}(?:[\s.'’^-]*{_LETTER})+(?![^\W])")
"""Two or more letters, apart from digits: 张三A is a name, and K7WX a number."""
_LETTERS: Final = re.compile(rf"{_LETTER}+")
_RUN: Final = re.compile(rf"{_LETTER}+(?:['’.-]+{_LETTER}+)*['’.]?")
"""Letters with what pinyin writes among them: XI'AN, OUYANG-AN, Fang An."""
_AROUND: Final = " ^=/,，;；()（）[]【】"
"""What stands between two spellings of a name."""


def parted(name: str, ideograph: re.Pattern[str]) -> tuple[str, list[str]]:
    """The text without its Latin letters, and the runs of these; no runs where it is not both.

    A name is both where it has a character and a word of two or more Latin letters.
    """
    seen = unicodedata.normalize("NFKC", name)
    spaced = ideograph.sub(lambda one: f" {one.group()} ", seen)
    if spaced == seen or not _WORD.search(spaced):
        return name, []
    rest = _RUN.sub("", seen).strip(_AROUND)
    return " ".join(rest.replace("^", "").split()), _LETTERS.findall(seen)


def compact(letters: str) -> str:
    """Pinyin without tones, case and what parts it, u with two dots as v."""
    said = letters.casefold()
    for written in ("ü", "ǖ", "ǘ", "ǚ", "ǜ", "u:"):
        said = said.replace(written, "v")
    plain = (each for each in unicodedata.normalize("NFKD", said) if each.isascii() and each.isalpha())
    return "".join(plain).replace("lyu", "lv").replace("nyu", "nv")
