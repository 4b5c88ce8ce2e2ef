"""What the fonts of a printed sheet can draw, and what stands for the rest."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from noto_cjk_sans_otc import FONT_PATH

from viewer.folders import WEB_APP

CHINESE: Final = Path(str(FONT_PATH))
OTHERS: Final = WEB_APP / "fonts"
"""The fonts of `viewer/web/fonts.mjs`, which the desk's browser loads too; without a built web app there are none."""
FAMILIES: Final = {
    "Noto Sans CJK SC": CHINESE,
    "Noto Sans": OTHERS / "NotoSans.ttf",
    "Noto Naskh Arabic": OTHERS / "NotoNaskhArabic.ttf",
    "Noto Serif Tibetan": OTHERS / "NotoSerifTibetan.ttf",
    "Noto Sans Thai": OTHERS / "NotoSansThai.ttf",
    "Noto Sans Symbols": OTHERS / "NotoSansSymbols.ttf",
    "Noto Sans Symbols 2": OTHERS / "NotoSansSymbols2.ttf",
    "Noto Sans Math": OTHERS / "NotoSansMath.ttf",
    "Noto Emoji": OTHERS / "NotoEmoji.ttf",
}
"""In the order in which a sheet asks them for a character: Chinese and Latin, Uyghur, Tibetan, Thai, symbols."""
_LINES: Final = frozenset("\n\x0b\x0c\x85\u2028\u2029")
_VARIATIONS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


@cache
def families() -> tuple[str, ...]:
    """The families whose files are there."""
    return tuple(family for family, path in FAMILIES.items() if path.exists())


def printed(text: str, *, plain: bool = False) -> str:
    """The text as a sheet prints it: a character that no font has stands as its code, 〔U+2B740〕, in its place.

    Controls, marks of direction and selectors of a variant have no glyph and are left out. ``plain`` draws only what
    the Chinese font has, without marks on letters.
    """
    having = families()[:1] if plain else families()
    drawn: list[str] = []
    for cluster in _clusters(text.replace("\r\n", "\n")):
        if cluster == "\n" or (_is_drawn(cluster, having) and not (plain and len(cluster) > 1)):
            drawn.append(cluster)
        else:
            drawn += [one if _stands_alone(one) and _is_drawn(one, having) else code_of(one) for one in cluster]
    return "".join(drawn)


def unprintable(text: str) -> tuple[str, ...]:
    """The characters that `printed` writes as codes, each once, in their order."""
    lost = (
        one
        for cluster in _clusters(text)
        if cluster != "\n" and not _is_drawn(cluster, families())
        for one in cluster
        if not (_stands_alone(one) and _is_drawn(one, families()))
    )
    return tuple(dict.fromkeys(lost))


def code_of(character: str) -> str:
    return f"〔U+{ord(character):04X}〕"


def runs_from_the_right(line: str) -> bool:
    """Whether the first letter of a line with a direction runs from right to left (UAX 9, rules P2 and P3)."""
    strong = (unicodedata.bidirectional(character) for character in line)
    return next((one in {"R", "AL"} for one in strong if one in {"L", "R", "AL"}), False)


def _clusters(text: str) -> Iterator[str]:
    """Characters with the marks that stand on them; only one font can draw both."""
    held = ""
    for character in text:
        shown = _shown(character)
        if not shown:
            continue
        if held and held != "\n" and not _stands_alone(shown):
            held += shown
            continue
        if held:
            yield held
        held = shown
    if held:
        yield held


def _shown(character: str) -> str:
    if character in _LINES or character == "\r":
        return "\n"
    if any(ord(character) in variations for variations in _VARIATIONS):
        return ""
    match unicodedata.category(character):
        case "Cc":
            return " " if character == "\t" else ""
        case "Cf":
            return ""
        case "Zs":
            return character if _is_drawn(character, families()) else " "
        case "Cs":
            return "\ufffd"
        case _:
            return character


def _stands_alone(character: str) -> bool:
    return not unicodedata.category(character).startswith("M")


def _is_drawn(cluster: str, having: tuple[str, ...]) -> bool:
    return any(all(ord(one) in _coverage(family) for one in cluster) for family in having)


@cache
def _coverage(family: str) -> frozenset[int]:
    """The characters of a font's table of characters (OpenType cmap, formats 12 and 4; of a collection its first)."""
    path = FAMILIES[family]
    data = path.read_bytes()
    (start,) = struct.unpack_from(">I", data, 12) if data[:4] == b"ttcf" else (0,)
    (count,) = struct.unpack_from(">H", data, start + 4)
    tables = (struct.unpack_from(">4s4xII", data, start + 12 + 16 * at) for at in range(count))
    cmap = next(offset for tag, offset, _ in tables if tag == b"cmap")
    (encodings,) = struct.unpack_from(">H", data, cmap + 2)
    subtables = (cmap + struct.unpack_from(">4xI", data, cmap + 4 + 8 * at)[0] for at in range(encodings))
    by_format = {struct.unpack_from(">H", data, at)[0]: at for at in subtables}
    if 12 in by_format:
        return frozenset(_groups(data, by_format[12]))
    return frozenset(_segments(data, by_format[4]))


def _groups(data: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">I", data, at + 12)
    for number in range(count):
        first, last, glyph = struct.unpack_from(">III", data, at + 16 + 12 * number)
        yield from range(first + (not glyph), last + 1)  # glyph 0 draws an empty box


def _segments(data: bytes, at: int) -> Iterator[int]:
    count = struct.unpack_from(">H", data, at + 6)[0] // 2
    lasts, firsts, deltas, offsets = (
        struct.unpack_from(f">{count}H", data, at + 14 + 2 * count * part + (2 if part else 0)) for part in range(4)
    )
    for number, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        for character in range(first, min(last, 0xFFFE) + 1):
            glyph = character
            if offset:
                place = at + 16 + 6 * count + 2 * number + offset + 2 * (character - first)
                (glyph,) = struct.unpack_from(">H", data, place)
                if not glyph:
                    continue
            if (glyph + delta) & 0xFFFF:
                yield character
