"""Doubts the label of a character set: what bytes are really written in, where their label cannot be or is unlikely.

Strictly decoded first, then by what can be read: a label is overruled only by an encoding that explains every value
better. Where both can be, the label stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

UNTRUSTED: Final = frozenset(("ascii", "latin-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-9", "iso8859-15"))
"""Codecs of Latin letters, which devices name or leave unsaid whatever they write."""
CHINESE: Final = frozenset(("gb18030", "gb2312"))
_HALF_READ: Final = frozenset(("shift_jis", "euc_kr"))
"""Sets of several bytes a letter, of which other encodings are rarely whole texts."""
_SCRIPTS: Final = re.compile(
    r"[\u0e00-\u0e7f\u0f00-\u0fff\u1e00-\u1eff\u2000-\u206f\u2100-\u218f\u2e80-\u30ff\u3400-\u9fff\uac00-\ud7af"
    r"\uf900-\ufaff\uff00-\uffef\U00020000-\U000323af]"
)
"""Letters of three and four bytes that names and words of our regions have."""
_HAN: Final = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_SURE_LETTERS: Final = 3


def really(codec: str, values: Sequence[bytes]) -> str | None:
    """The codec that explains values labelled as ``codec`` better than that does; None where the label stands."""
    high = [value for value in values if not value.isascii()]
    if not high or any(b"\x1b" in value for value in high):
        return None
    if codec in UNTRUSTED:
        return recognise(high)
    if codec == "utf-8":
        return None if all(fits(value, "utf-8") for value in high) else recognise(high)
    utf8 = _together(high, "utf-8")
    if codec in CHINESE:
        return _of_chinese(codec, high, utf8)
    if utf8 is None or (codec in _HALF_READ and _together(high, codec) is not None):
        return None
    letters = [one for one in utf8 if not one.isascii()]
    long = [one for one in letters if ord(one) >= 0x800]
    sure = long or (len(letters) >= _SURE_LETTERS and codec not in _HALF_READ)
    return "utf-8" if sure and all(_SCRIPTS.match(one) for one in long) else None


def _of_chinese(codec: str, high: Sequence[bytes], utf8: str | None) -> str | None:
    labelled = _together(high, codec)
    stands = None
    if labelled is None and codec != "gb18030":
        labelled = _together(high, "gb18030")
        stands = None if labelled is None else "gb18030"  # letters that GBK added, such as 镕
    if utf8 is None:
        return stands
    if labelled is None:
        return "utf-8"
    arabic = len(_ARABIC.findall(utf8))
    if arabic >= _SURE_LETTERS and arabic == sum(not one.isascii() for one in utf8):
        return "utf-8"  # Uyghur; as Chinese it would be of the rarest letters alone
    han = _HAN.findall(utf8)
    return "utf-8" if han and _is_common(han) and not _is_common(_HAN.findall(labelled)) else stands


def _is_common(letters: Iterable[str]) -> bool:
    """Whether each is one of the 6,763 of GB 2312, which nearly all names are made of."""
    try:
        "".join(letters).encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _together(values: Sequence[bytes], codec: str) -> str | None:
    """The values decoded, one after the other; None where one of them cannot be."""
    try:
        return "\n".join(value.decode(codec) for value in values)
    except UnicodeDecodeError:
        return None


def recognise(values: Iterable[bytes]) -> str | None:
    """'gb18030' or 'utf-8' where values labelled as Latin or ASCII are really in that encoding, else None."""
    high = [value for value in values if not value.isascii()]
    if not high or any(b"\x1b" in value for value in high):
        return None
    utf8 = all(fits(value, "utf-8") for value in high)
    if utf8 and any(ord(character) >= 0x800 for value in high for character in value.decode("utf-8", "ignore")):
        return "utf-8"
    if utf8 and any(re.search(rb"[A-Za-z][\x80-\xff]|[\x80-\xff][A-Za-z]", value) for value in high):
        return "utf-8"  # accented letters beside plain ones
    if all(fits(value, "gb18030") for value in high) and any(_looks_chinese(value) for value in high):
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


def fits(raw: bytes, codec: str) -> bool:
    """Whether bytes are whole in a codec; in UTF-8 the last character may be cut off, as fields of 16 bytes do."""
    try:
        raw.decode(codec)
    except UnicodeDecodeError as error:
        return codec == "utf-8" and error.reason == "unexpected end of data" and error.start > 0
    return True
