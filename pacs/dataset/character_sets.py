"""Decodes text elements by their Specific Character Set, or by the one that they are really in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from pacs.dataset.charset_doubts import CHINESE, UNTRUSTED, fits, really

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
_TERMS: Final = {
    "utf-8": "ISO_IR 192",
    "gb18030": "GB18030",
    "gb2312": "GB18030",
    "euc_kr": "ISO 2022 IR 149",
}
"""What a data set is decoded by, by the codec that it is found to be in."""
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
_DELIMITERS: Final = re.compile(rb"[\\\r\n\f\t^=]")
_PIECES: Final = re.compile(rb"[\\\r\n\f\t^=]|[^\\\r\n\f\t^=]+")
_PAIRS: Final = re.compile(
    rb"(?:[\x81-\xfe][\x40-\x7e\x80-\xfe])+|[\\\r\n\f\t^=]|[^\x81-\xfe\\\r\n\f\t^=]+|[\x81-\xfe]"
)
"""As `_PIECES`, of text in GBK, whose second bytes may be delimiters."""

TEXT_VRS: Final = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""The VRs that Specific Character Set governs (PS3.5 6.1.2.3); all others are ASCII."""

_FORMER: Final = str.maketrans(
    dict(
        zip(
            "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue7c7\ue816\ue817\ue818\ue81e\ue826\ue82b\ue82c"
            "\ue831\ue832\ue83b\ue843\ue854\ue855\ue864",
            "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u1e3f\U00020087\U00020089\U000200cc\u9fb4\u9fb5\u9fb6\u9fb7"
            "\U000215d7\u9fb8\U0002298f\u9fb9\u9fba\U000241fe\u9fbb",
            strict=True,
        )
    )
)
"""Letters that GB 18030 had in the area of private use until 2005 and 2022, and Python's codec has there still."""


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
        return _decode_extended(raw, codecs).translate(_FORMER)
    codec = _without_escapes(codecs, [raw])
    # A label that all texts together bear out is doubted for one of them only where that one cannot be in it.
    if codec in UNTRUSTED or not fits(raw, codec):
        codec = really(codec, [raw]) or ("latin-1" if codec == "ascii" else codec)
    return raw.decode(codec, "replace").translate(_FORMER)


def settled(charsets: tuple[str, ...], values: Iterable[bytes]) -> tuple[str, ...]:
    """The sets to decode a data set by: its own, or the one that is recognised in its text.

    ``values`` are the raw text values of the whole data set, since a single name is often too short to recognise one.
    """
    codecs = _codecs(charsets)
    high = [text for value in values if not (text := value.rstrip(b"\0 ")).isascii()]
    if not high or any(b"\x1b" in value for value in high):
        return charsets
    labelled = _without_escapes(codecs, high)
    found = really(labelled, high)
    if found is None:
        return charsets if labelled == codecs[0] else (_TERMS[labelled],)
    return (_TERMS[found],)


def _without_escapes(codecs: Sequence[str], values: Sequence[bytes]) -> str:
    """The codec of values that have no escape sequence: the first, or where that is ASCII another that explains them.

    Devices name ISO 2022 IR 58 or 149 beside the default repertoire and write its bytes without designating it.
    """
    others = [one for one in codecs[1:] if one in _TERMS] if codecs[0] == "ascii" else []
    wide = ["gb18030" if one == "gb2312" else one for one in others]
    return next((one for one in wide if all(fits(value, one) for value in values)), codecs[0])


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
    designated = active
    for piece in (_PAIRS if active in CHINESE and first == "ascii" else _PIECES).findall(raw):
        if _DELIMITERS.fullmatch(piece):
            active = first
            out.append(piece.decode("ascii"))
        else:
            # Many devices do not designate their set again behind a delimiter; in ASCII there are no such bytes.
            again = active == "ascii" and not piece.isascii() and designated != "ascii"
            out.append(_piece(piece, designated if again else active))
    return active


def _piece(piece: bytes, active: str) -> str:
    if active in CHINESE and not fits(piece, active):
        return piece.decode("gb18030", "replace")  # letters that GBK added to GB 2312, such as 镕 and 玥
    return piece.decode("latin-1" if active == "ascii" else active, "replace")
