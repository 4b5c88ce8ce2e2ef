"""The DICOM JSON model (PS3.18 F) of a data set, made from raw elements, so that a bad value spoils no other."""

from __future__ import annotations

import base64
import math
import struct
from collections.abc import Iterable
from typing import Any, Final

from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from pacs.dataset import character_sets
from pacs.dataset.character_sets import TEXT_VRS, decode, settled
from pacs.errors import UnreadableData

INLINE_MAX_BYTES: Final = 1024
"""Binary values up to this length stand in the JSON; longer ones behind a BulkDataURI."""
MAX_DEPTH: Final = 64
SPECIFIC_CHARACTER_SET: Final = 0x00080005
PIXEL_REPRESENTATION: Final = 0x00280103
BINARY: Final = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
SINGLE: Final = frozenset(("LT", "ST", "UT", "UR"))
"""Text in which a backslash is no separator (PS3.5 6.2)."""
_NUMBERS: Final = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
# PS3.6 leaves the VR of these to the data set (PS3.5 A.1, C.7.6.3.1.1).
_AMBIGUOUS: Final = {"OB or OW": "OW", "US or OW": "OW", "US or SS or OW": "OW"}
_KNOWN: Final = (
    frozenset(("AE", "AS", "AT", "CS", "DA", "DS", "DT", "IS", "SQ", "TM", "UI", "UR"))
    | BINARY
    | TEXT_VRS
    | frozenset(_NUMBERS)
)
# PS3.18 F.2.2: the groups of a person name have names of their own.
_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")


class TooDeep(UnreadableData):
    """Sequences are nested deeper than `MAX_DEPTH`."""


def to_json(dataset: Dataset, bulk: str, charsets: tuple[str, ...] | None = None, depth: int = 0) -> dict[str, Any]:
    """The elements except group lengths and pixel data; ``bulk`` is the URI under which long values are served.

    Raises:
        TooDeep: sequences are nested deeper than `MAX_DEPTH`.

    """
    if depth > MAX_DEPTH:
        raise TooDeep
    charsets = charsets_of(dataset, charsets)
    signed = raw_of(dataset, PIXEL_REPRESENTATION)[:2].strip(b"\0") == b"\1"
    found: dict[str, Any] = {}
    # `Dataset.get_item` converts an empty private element and the creator of its block, by pydicom's own reading.
    for tag, element in sorted(dataset.items()):
        if tag.element == 0 or tag.group < 8 or tag.group == 0x7FE0:
            continue
        name = f"{int(tag):08X}"
        vr = vr_of(dataset, tag, element, signed=signed)
        if vr == "SQ":
            items = _items(dataset, tag)
            if items is None:
                continue
            values = [to_json(item, f"{bulk}/{name}/{at}", charsets, depth + 1) for at, item in enumerate(items)]
            found[name] = {"vr": "SQ", "Value": values} if values else {"vr": "SQ"}
        elif isinstance(element, RawDataElement):
            found[name] = element_json(
                vr, element.value or b"", charsets, f"{bulk}/{name}", little=element.is_little_endian
            )
        else:
            found[name] = element_json(vr, _encoded(element), charsets, f"{bulk}/{name}", little=True)
    said = f"{SPECIFIC_CHARACTER_SET:08X}"
    if said in found or (charsets and not depth):
        # JSON is UTF-8, and so is a data set written from it, whatever the received set was.
        found[said] = {"vr": "CS", "Value": ["ISO_IR 192"]}
    return dict(sorted(found.items()))


def person_name(value: str) -> dict[str, str]:
    """A person name's component groups (PS3.5 6.2.1.1); a single group of Chinese characters is the ideographic one."""
    groups = [group.strip(" ") for group in value.split("=")[:3]]
    if len(groups) == 1 and any(ord(character) >= 0x2E80 for character in groups[0]):
        groups = ["", groups[0]]
    return {name: group for name, group in zip(_GROUPS, groups, strict=False) if group}


def vr_of(dataset: Dataset, tag: BaseTag, element: RawDataElement | DataElement | None, *, signed: bool = False) -> str:
    """The written VR, or that of the dictionaries for implicit VR and for UN of a known attribute."""
    written = None if element is None else element.VR
    if written not in (None, "UN"):
        return str(written) if written in _KNOWN else "UN"
    try:
        if tag.is_private:
            creator = "LO" if tag.is_private_creator else private_dictionary_VR(tag, _creator(dataset, tag))
            return creator if written is None else "UN"
    except KeyError:
        return "UN"
    return public_vr(tag, signed=signed) or "UN"


def public_vr(tag: int, *, signed: bool = False) -> str | None:
    """The VR that PS3.6 gives an attribute, ``signed`` by its Pixel Representation; None where PS3.6 has none."""
    try:
        known = dictionary_VR(tag)
    except KeyError:
        return None
    return ("SS" if signed else "US") if known == "US or SS" else _AMBIGUOUS.get(known, known)


def _creator(dataset: Dataset, tag: BaseTag) -> str:
    block = (tag.group << 16) | (tag.element >> 8)
    return decode(raw_of(dataset, block), (), "LO").strip()


def charsets_of(dataset: Dataset, inherited: tuple[str, ...] | None) -> tuple[str, ...]:
    """The sets to decode by: recognised from all text at the top level, in an item its own or its parent's."""
    raw = raw_of(dataset, SPECIFIC_CHARACTER_SET)
    own = character_sets.charsets_of(raw) or None
    if inherited is not None:
        return inherited if own is None or inherited in (("ISO_IR 192",), ("GB18030",)) else own
    return settled(own or (), [text.value or b"" for _, text in dataset.items() if _is_text(text)])


def _is_text(element: RawDataElement | DataElement) -> bool:
    if not isinstance(element, RawDataElement) or not isinstance(element.value, bytes):
        return False
    try:
        return (element.VR or dictionary_VR(element.tag)) in ("LO", "PN", "SH")
    except KeyError:
        return False


def _items(dataset: Dataset, tag: BaseTag) -> Iterable[Dataset] | None:
    """The items; None where the element is labelled a sequence and is none."""
    try:
        value = dataset[tag].value
    except RecursionError:
        raise TooDeep from None
    except Exception:  # noqa: BLE001 - whatever pydicom makes of hostile bytes, the rest is readable
        return None
    return value if isinstance(value, Iterable) and not isinstance(value, str | bytes) else None


def raw_of(dataset: Dataset, tag: int) -> bytes:
    """The bytes of an element's value; empty where the element is missing."""
    element = dataset.get_item(tag, keep_deferred=True) if tag in dataset else None
    if isinstance(element, RawDataElement):
        return element.value or b""
    return b"" if element is None else _encoded(element)


def _encoded(element: DataElement) -> bytes:
    """The bytes (UTF-8, little endian) of a value that pydicom has already converted."""
    value = element.value
    if value is None:
        return b""
    if isinstance(value, bytes):
        return value
    values: list[Any] = list(value) if not isinstance(value, str) and isinstance(value, Iterable) else [value]
    if element.VR in _NUMBERS:
        return struct.pack(f"<{len(values)}{_NUMBERS[element.VR]}", *values)
    if element.VR == "AT":
        return b"".join(struct.pack("<HH", int(one) >> 16, int(one) & 0xFFFF) for one in values)
    return "\\".join(str(one) for one in values).encode()


def element_json(vr: str, raw: bytes, charsets: tuple[str, ...], bulk: str, *, little: bool) -> dict[str, Any]:
    """One element that is no sequence; ``bulk`` is the URI under which its value is served if it is a long one.

    Raises:
        ValueError, struct.error: a number that is none of its VR.

    """
    if not raw:
        return {"vr": vr}
    if vr in BINARY:
        if len(raw) > INLINE_MAX_BYTES:
            return {"vr": vr, "BulkDataURI": bulk}
        return {"vr": vr, "InlineBinary": base64.b64encode(raw).decode()}
    if vr in _NUMBERS or vr == "AT":
        values = _numbers(vr, raw, "<" if little else ">")
    elif vr in TEXT_VRS or vr == "UR":
        text = decode(raw, charsets, vr)
        values = [text.rstrip(" \0")] if vr in SINGLE else [one.strip(" \0") for one in text.split("\\")]
    else:
        values = [one.strip(" \0") for one in raw.decode("latin-1").split("\\")]
    if vr == "PN":
        values = [person_name(one) for one in values]
    elif vr in ("DS", "IS"):
        values = [_number(vr, one) for one in values]
    values = [None if one in ("", {}) else one for one in values]
    return {"vr": vr, "Value": values} if any(one is not None for one in values) else {"vr": vr}


def _numbers(vr: str, raw: bytes, order: str) -> list[Any]:
    if vr == "AT":
        numbers = struct.unpack(f"{order}{len(raw) // 4 * 2}H", raw[: len(raw) // 4 * 4])
        return [f"{group:04X}{element:04X}" for group, element in zip(numbers[::2], numbers[1::2], strict=True)]
    size = struct.calcsize(_NUMBERS[vr])
    values = struct.unpack(f"{order}{len(raw) // size}{_NUMBERS[vr]}", raw[: len(raw) // size * size])
    # JSON has no infinities: PS3.18 F.2.3.1 writes them as text.
    return [one if not isinstance(one, float) or math.isfinite(one) else str(one) for one in values]


def _number(vr: str, text: str) -> Any:
    """The number, or the text where it is not one (PS3.18 F.2.3 allows both for DS and IS)."""
    if not text:
        return None
    try:
        number = int(text) if vr == "IS" else float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
