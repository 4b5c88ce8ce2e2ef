"""The character set in which a device is answered, and text written in it (PS3.3 C.12.1.1.2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from pacs.dataset.character_sets import TEXT_VRS


@dataclass(frozen=True, kw_only=True)
class CharacterSet:
    """A character set that a device can read."""

    terms: tuple[str, ...]
    """Specific Character Set; empty for the default repertoire."""
    codec: str
    """Python's codec."""
    chinese: bool

    def holds(self, text: str) -> bool:
        try:
            text.encode(self.codec)
        except UnicodeEncodeError:
            return False
        return True

    def text(self, chinese: str, plain: str) -> str:
        """The Chinese words where the device reads them all, else the plain ones."""
        if self.chinese and self.holds(chinese):
            return chinese
        return plain if self.holds(plain) else ascii_only(plain)

    def first(self, said: Sequence[str]) -> str:
        """The first of these texts that the device reads whole, else the last one in ASCII; empty where none is."""
        return next((one for one in said if self.holds(one)), ascii_only(said[-1]) if said else "")

    def name(self, alphabetic: str, ideographic: str) -> str:
        """A person name (PS3.5 6.2.1): ``alphabetic=ideographic``, or the alphabetic group alone."""
        first = alphabetic if self.holds(alphabetic) else ascii_only(alphabetic)
        with_chinese = self.chinese and ideographic and self.holds(ideographic)
        return f"{first}={ideographic}" if with_chinese else first


ASCII: Final = CharacterSet(terms=(), codec="ascii", chinese=False)
_KNOWN: Final = {
    "": ASCII,
    "ISO_IR 6": ASCII,
    "ISO_IR 100": CharacterSet(terms=("ISO_IR 100",), codec="latin-1", chinese=False),
    "ISO_IR 192": CharacterSet(terms=("ISO_IR 192",), codec="utf-8", chinese=True),
    "GB18030": CharacterSet(terms=("GB18030",), codec="gb18030", chinese=True),
    "GBK": CharacterSet(terms=("GBK",), codec="gbk", chinese=True),
    "ISO 2022 IR 58": CharacterSet(terms=("", "ISO 2022 IR 58"), codec="gb2312", chinese=True),
}
_TO_GB2312: Final = b"\x1b$)A"
"""PS3.3 Table C.12-4."""
_DELIMITED: Final = re.compile(r"([\\^=])")
NAMES: Final = tuple(name for name in _KNOWN if name)
"""The sets that may be entered for a device."""


def answer_charset(entered: str, asked: Sequence[str]) -> CharacterSet:
    """The set entered for the device, else that of its request, else the default repertoire.

    Where a request names several sets (code extensions), the last known one counts.
    """
    for term in (entered, *reversed(asked)):
        found = _KNOWN.get(_normal(term))
        if found is not None and found is not ASCII:
            return found
        if term is entered and found is ASCII and entered:
            return ASCII  # entered for the device: it reads nothing else
    return ASCII


def write_in(charset: CharacterSet, dataset: Dataset) -> None:
    """Prepare a data set for writing in a character set; pydicom would leave out the escapes of ISO 2022 IR 58."""
    if charset.terms:
        dataset.SpecificCharacterSet = list(charset.terms)
    if charset.codec == "gb2312":
        _escape(dataset)


def _escape(dataset: Dataset) -> None:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                _escape(item)
        elif element.VR in TEXT_VRS and not str(element.value).isascii():
            raw = b"".join(_escaped(piece) for piece in _DELIMITED.split(str(element.value)))
            raw += b" " * (len(raw) % 2)
            dataset[element.tag] = RawDataElement(element.tag, element.VR, len(raw), raw, 0, False, True)


def _escaped(piece: str) -> bytes:
    """Text between two delimiters, behind each of which the first set is active again (PS3.5 6.1.2.5.3)."""
    at = next((at for at, letter in enumerate(piece) if not letter.isascii()), None)
    if at is None:
        return piece.encode("ascii")
    return piece[:at].encode("ascii") + _TO_GB2312 + piece[at:].encode("gb2312")


def ascii_only(text: str) -> str:
    """The text in ASCII: accents are dropped, any other character becomes a question mark."""
    bare = unicodedata.normalize("NFKD", text)
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return kept.encode("ascii", "replace").decode("ascii")


def _normal(term: str) -> str:
    return " ".join(term.strip().upper().split())
