"""What the head of a PS3.10 file says of an examination, for the rules that ask who reads it."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from pacs.dataset import tags
from pacs.dataset.character_sets import charsets_of, decode, settled
from pacs.dataset.elements import BrokenStructure, elements
from pacs.dataset.part10 import PREAMBLE_BYTES, NoMeta, read_meta
from pacs.dataset.walk import DEFLATED

HEAD_BYTES: Final = 512 * 1024
"""What is looked at of a file: the header lies before the pixels, which nobody needs here."""
_LAST: Final = 0x00400000
"""Groups from here on say nothing that is asked for."""
_TEXT: Final = {
    "modality": (tags.MODALITY, "CS"),
    "body_part": (tags.BODY_PART_EXAMINED, "CS"),
    "sex": (tags.PATIENT_SEX, "CS"),
    "birth_date": (tags.PATIENT_BIRTH_DATE, "DA"),
    "study_date": (tags.STUDY_DATE, "DA"),
    "department": (0x00321033, "LO"),
    "reason": (0x00321030, "LO"),
    "description": (tags.STUDY_DESCRIPTION, "LO"),
    "agent": (0x00180010, "LO"),
}
"""(0032,1033) Requesting Service, (0032,1030) Reason for Study, (0018,0010) Contrast/Bolus Agent."""


@dataclass(frozen=True, kw_only=True)
class ExaminationHeader:
    """What a header says of an examination; empty where it does not say."""

    modality: str
    body_part: str
    sex: str
    birth_date: str = field(repr=False)
    study_date: str
    department: str
    reason: str = field(repr=False)
    description: str = field(repr=False)
    with_contrast: bool
    """A contrast agent is named (PS3.3 C.7.6.4); silence does not say that there was none."""


def examination_header(head: bytes) -> ExaminationHeader:
    """Read the header from the first bytes of a file; they may end anywhere behind it.

    Raises:
        NoMeta: they are no PS3.10 file.

    """
    meta = read_meta(head[:HEAD_BYTES], whole=True) if len(head) > PREAMBLE_BYTES else None
    if meta is None:
        raise NoMeta
    dataset = head[meta.end : HEAD_BYTES]
    syntax = meta.transfer_syntax_uid
    if syntax in DEFLATED:
        dataset = _inflated(dataset)
    wanted = {tags.SPECIFIC_CHARACTER_SET, *(tag for tag, _ in _TEXT.values())}
    found: dict[int, bytes] = {}
    with suppress(BrokenStructure):  # the bytes end in the middle of an element: what stands before it was read
        for path, _, value in elements(dataset, syntax):
            if path[0] >= _LAST:
                break
            if len(path) == 1 and path[0] in wanted:
                found[path[0]] = value
    charsets = settled(
        charsets_of(found.get(tags.SPECIFIC_CHARACTER_SET, b"")),
        [found[tag] for tag, vr in _TEXT.values() if vr == "LO" and tag in found],
    )
    text = {name: decode(found.get(tag, b""), charsets, vr).strip() for name, (tag, vr) in _TEXT.items()}
    agent = text.pop("agent")
    return ExaminationHeader(**text, with_contrast=bool(agent))


def _inflated(dataset: bytes) -> bytes:
    """The beginning of a deflated data set (PS3.5 A.5), never more than is looked at."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(dataset, HEAD_BYTES)
    except zlib.error as wrong:
        raise NoMeta from wrong
