"""The index row of a walked data set: the indexed elements as text and numbers."""

from __future__ import annotations

from typing import Any, Final

from pacs.dataset import tags
from pacs.dataset.character_sets import charsets_of, decode, settled
from pacs.dataset.frame_ranges import Extent
from pacs.dataset.walk import Walked
from storage.instance_row import InstanceRow

_TEXT: Final = {
    "patient_id": (tags.PATIENT_ID, "LO"),
    "patient_name": (tags.PATIENT_NAME, "PN"),
    "birth_date": (tags.PATIENT_BIRTH_DATE, "DA"),
    "sex": (tags.PATIENT_SEX, "CS"),
    "study_date": (tags.STUDY_DATE, "DA"),
    "study_time": (tags.STUDY_TIME, "TM"),
    "accession_number": (tags.ACCESSION_NUMBER, "SH"),
    "study_id": (tags.STUDY_ID, "SH"),
    "referring_physician": (tags.REFERRING_PHYSICIAN, "PN"),
    "study_description": (tags.STUDY_DESCRIPTION, "LO"),
    "timezone_offset": (tags.TIMEZONE_OFFSET, "SH"),
    "modality": (tags.MODALITY, "CS"),
    "series_description": (tags.SERIES_DESCRIPTION, "LO"),
    "body_part": (tags.BODY_PART_EXAMINED, "CS"),
    "station_name": (tags.STATION_NAME, "SH"),
    "series_date": (tags.SERIES_DATE, "DA"),
    "series_time": (tags.SERIES_TIME, "TM"),
}


def uid_of(walked: Walked, tag: int) -> str:
    """A UID of the data set without padding; empty where it is missing."""
    return walked.elements.get(tag, b"").strip(b"\0 ").decode("latin-1")


def instance_row(
    walked: Walked,
    extent: Extent,
    *,
    sop_class_uid: str,
    transfer_syntax_uid: str,
    issuer: str,
    character_set: str = "",
    dataset_offset: int,
    received_digest: bytes,
) -> InstanceRow:
    """The index row.

    ``issuer`` and ``character_set`` are those of the device, used where the data set names none.

    Raises:
        storage.instance_row.UnfitUid: a UID is empty or is no UID.

    """
    elements = walked.elements
    said = charsets_of(elements.get(tags.SPECIFIC_CHARACTER_SET, b""))
    charsets = settled(
        said or charsets_of(character_set.encode()),
        [elements[tag] for tag, vr in _TEXT.values() if tag in elements and vr in ("LO", "PN", "SH")],
    )
    text: dict[str, Any] = {
        name: decode(elements.get(tag, b""), charsets, vr).strip() for name, (tag, vr) in _TEXT.items()
    }
    named_issuer = decode(elements.get(tags.ISSUER_OF_PATIENT_ID, b""), charsets, "LO").strip()
    # Laterality belongs to a paired body part, Image Laterality to one image of it (PS3.3 C.7.3.1, C.8.4.1).
    laterality = elements.get(tags.LATERALITY, b"") or elements.get(tags.IMAGE_LATERALITY, b"")
    ranges = extent.ranges
    return InstanceRow(
        sop_instance_uid=uid_of(walked, tags.SOP_INSTANCE_UID),
        sop_class_uid=sop_class_uid,
        series_uid=uid_of(walked, tags.SERIES_INSTANCE_UID),
        study_uid=uid_of(walked, tags.STUDY_INSTANCE_UID),
        transfer_syntax_uid=transfer_syntax_uid,
        dataset_offset=dataset_offset,
        received_digest=received_digest,
        instance_number=integer_of(elements.get(tags.INSTANCE_NUMBER, b"")),
        series_number=integer_of(elements.get(tags.SERIES_NUMBER, b"")),
        rows=walked.number(tags.ROWS),
        columns=walked.number(tags.COLUMNS),
        frames=extent.frames,
        frame_ranges=None if ranges is None else tuple((dataset_offset + at, length) for at, length in ranges),
        issuer=named_issuer or issuer,
        laterality=decode(laterality, (), "CS").strip(),
        character_set="" if said else character_set,
        **text,
    )


def integer_of(raw: bytes) -> int | None:
    """The first value of an IS element (PS3.5 6.2: at most 12 characters); None when it is no integer."""
    text = raw.split(b"\\", 1)[0].strip(b"\0 ")
    digits = text[1:] if text[:1] in (b"+", b"-") else text
    return int(text) if digits.isdigit() and len(digits) <= 12 else None
