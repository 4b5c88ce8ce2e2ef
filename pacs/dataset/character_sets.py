"""Decodes text elements by their Specific Character Set, and recognises Chinese under a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

# PS3.3 C.12.1.1.2: defined terms and Python's codecs. GBK is read as GB18030, which contains it.
_SINGLE: Final = {
    "": "ascii",
    "ISO_IR 6": "ascii",
    "ISO_IR 100": "latin-1",
    "ISO_IR 101": "iso8859-2",
    "ISO_IR 109": "iso8859-3",
    "ISO_IR 110": "iso8859-4",
    "ISO_IR 144": "iso8859-5",
    "ISO_IR 127": "iso8859-6",
    "ISO_IR 126": "iso8859-7",
    "ISO_IR 138": "iso8859-8",
    "ISO_IR 148": "iso8859-9",
    "ISO_IR 203": "iso8859-15",
    "ISO_IR 13": "shift_jis",
    "ISO_IR 166": "tis-620",
    "ISO_IR 192": "utf-8",
    "GB18030": "gb18030",
    "GBK": "gb18030",
}
# Sets that exist only with code extensions ("ISO 2022 IR n").
_EXTENDED: Final = {
    "ISO 2022 IR 87": "iso2022_jp",
    "ISO 2022 IR 159": "iso2022_jp_2",
    "ISO 2022 IR 149": "euc_kr",
    "ISO 2022 IR 58": "gb2312",
}
# Escape sequences (PS3.3 Table C.12-3 and C.12-4): the set, and whether it takes one or two bytes below 80.
_ESCAPES: Final = {
    b"\x1b(B": "ascii",
    b"\x1b(J": "shift_jis",
    b"\x1b)I": "shift_jis",
    b"\x1b-A": "latin-1",
    b"\x1b-B": "iso8859-2",
    b"\x1b-C": "iso8859-3",
    b"\x1b-D": "iso8859-4",
    b"\x1b-L": "iso8859-5",
    b"\x1b-G": "iso8859-6",
    b"\x1b-F": "iso8859-7",
    b"\x1b-H": "iso8859-8",
    b"\x1b-M": "iso8859-9",
    b"\x1b-b": "iso8859-15",
    b"\x1b-T": "tis-620",
    b"\x1b$B": "iso2022_jp",
    b"\x1b$(D": "iso2022_jp_2",
    b"\x1b$)C": "euc_kr",
    b"\x1b$)A": "gb2312",
}
_ESCAPE: Final = re.compile(rb"\x1b(?:\$[()][A-Z]|\$[AB]|[()\-][A-Za-z])")
# In these two, bytes below 80H are halves of characters, so none of them is a delimiter.
_SEVEN_BIT: Final = frozenset(("iso2022_jp", "iso2022_jp_2"))
# PS3.5 6.1.2.5.3: behind these the first set is active again.
_DELIMITERS: Final = re.compile(rb"([\\\r\n\f\t^=])")

TEXT_VRS: Final = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""The VRs that Specific Character Set governs (PS3.5 6.1.2.3); all others are ASCII."""

_UNTRUSTED: Final = frozenset(("ascii", "latin-1"))


def charsets_of(raw: bytes) -> tuple[str, ...]:
    """The values of (0008,0005) without padding."""
    return tuple(term.strip() for term in raw.rstrip(b"\0 ").decode("latin-1").split("\\")) if raw.strip(b"\0 ") else ()


def decode(raw: bytes, charsets: tuple[str, ...], vr: str) -> str:
    """The text of one element, trailing padding removed, its values still separated by backslashes.

    Never raises: bytes that no set explains become U+FFFD. Decode before splitting at the backslash, since
    the second byte of a character of GBK can be one.
    """
    raw = raw.rstrip(b"\0 ")
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if vr not in TEXT_VRS:
        return raw.decode("latin-1")
    codecs = _codecs(charsets)
    if b"\x1b" in raw and (len(codecs) > 1 or codecs[0] not in ("utf-8", "gb18030")):
        return _decode_extended(raw, codecs)
    if codecs[0] in _UNTRUSTED:
        return raw.decode(recognise((raw,)) or "latin-1")
    if codecs[0] == "utf-8" and not _fits(raw, "utf-8"):
        return raw.decode(recognise((raw,)) or "utf-8", "replace")
    return raw.decode(codecs[0], "replace")


def settled(charsets: tuple[str, ...], values: Iterable[bytes]) -> tuple[str, ...]:
    """The sets to decode a data set by: its own, or the one that is recognised in its text.

    ``values`` are the raw text values of the whole data set, since a single name is often too short to recognise one.
    """
    codecs = _codecs(charsets)
    if len(codecs) > 1 or codecs[0] not in _UNTRUSTED:
        return charsets
    found = recognise([value.rstrip(b"\0 ") for value in values if not value.isascii()])
    return charsets if found is None else ("ISO_IR 192" if found == "utf-8" else "GB18030",)


def recognise(values: Iterable[bytes]) -> str | None:
    """'gb18030' or 'utf-8' where values labelled as Latin or ASCII are really in that encoding, else None."""
    high = [value for value in values if not value.isascii()]
    if not high or any(b"\x1b" in value for value in high):
        return None
    utf8 = all(_fits(value, "utf-8") for value in high)
    if utf8 and any(ord(character) >= 0x800 for value in high for character in value.decode()):
        return "utf-8"
    if utf8 and any(re.search(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]", value) for value in high):
        return "utf-8"  # accented letters beside plain ones
    if all(_fits(value, "gbk") for value in high) and any(_looks_chinese(value) for value in high):
        return "gb18030"
    return "utf-8" if utf8 else None


def _looks_chinese(raw: bytes) -> bool:
    """Whether bytes that fit GBK read as Chinese rather than as accented Latin letters.

    Latin text has one or two high bytes between letters (AÇÃO); Chinese has pairs of them, four bytes and more in a
    row, or one pair that stands apart (a name of one character).
    """
    for run in re.finditer(rb"(?:[\x81-\xfe][\x40-\x7e\x80-\xfe])+", raw):
        pairs = [run[0][at : at + 2] for at in range(0, len(run[0]), 2)]
        common = sum(1 for first, second in pairs if 0xB0 <= first <= 0xF7 and second >= 0xA1)
        if common >= 2:
            return True
        before, after = raw[: run.start()][-1:], raw[run.end() :][:1]
        if common and not (_joins(before) and _joins(after)) and not after.islower():
            return True
        # Rarer characters: an accented Latin letter before a backslash would end a word, not stand alone.
        if (len(pairs) >= 2 and common) or (run[0][1:2] == b"\\" and not _joins(before)):
            return True
    return False


def _joins(neighbour: bytes) -> bool:
    return neighbour.isalpha() or neighbour.isdigit()


@lru_cache(256)
def _codecs(charsets: tuple[str, ...]) -> list[str]:
    """Python's codecs of the sets, at least one."""
    return [_codec(term) for term in charsets or ("",)]


def _codec(term: str) -> str:
    name = re.sub(r"[ _\-]+", " ", term.strip().upper())
    if name in ("UTF 8", "UTF8"):
        return "utf-8"
    if name.startswith("ISO 2022 "):
        return _EXTENDED.get(name) or _SINGLE.get("ISO_" + name.removeprefix("ISO 2022 "), "latin-1")
    if name.startswith("ISO IR "):
        return _SINGLE.get("ISO_IR " + name.removeprefix("ISO IR "), "latin-1")
    return _SINGLE.get(name, "latin-1")


def _decode_extended(raw: bytes, codecs: list[str]) -> str:
    """Decode text with code extensions (PS3.5 6.1.2.5): each escape sequence names the set of the bytes behind it."""
    first = codecs[0] if codecs[0] not in _SEVEN_BIT else "shift_jis"
    out: list[str] = []
    active = first
    at = 0
    for escape in _ESCAPE.finditer(raw):
        active = _decode_stretch(raw[at : escape.start()], active, first, out)
        active = _ESCAPES.get(escape[0], active)
        at = escape.end()
    _decode_stretch(raw[at:], active, first, out)
    return "".join(out)


def _decode_stretch(raw: bytes, active: str, first: str, out: list[str]) -> str:
    """Decode a stretch without escape sequences; returns the set that is active at its end."""
    if active in _SEVEN_BIT:
        designator = b"\x1b$B" if active == "iso2022_jp" else b"\x1b$(D"
        out.append((designator + raw + b"\x1b(B").decode(active, "replace"))
        return active
    for piece in _DELIMITERS.split(raw):
        if _DELIMITERS.fullmatch(piece):
            active = first
            out.append(piece.decode("ascii"))
        else:
            out.append(piece.decode("latin-1" if active == "ascii" else active, "replace"))
    return active


def _fits(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
