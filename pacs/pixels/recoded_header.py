"""What a header says of pixels that leave in another form than the stored one: in metadata and in files, by one rule.

A frame that is recoded on the fly fits the metadata, whatever syntax it is asked in: colour by pixel, in the colours of
`recoded_photometric`. Whoever decodes the stored codestream by the same metadata sees the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, Final

from pydicom.dataset import Dataset

from pacs.pixels.image_pixel import ImagePixel, recoded_photometric
from storage.index.queries import Instance

METHODS: Final[Mapping[str, str]] = {
    **dict.fromkeys((f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55)), "ISO_10918_1"),
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
}
"""Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1) of the syntaxes that always lose.

JPEG 2000 and HTJ2K (…4.91, 203) may be lossless; their headers alone say what was lost.
"""
_BY_PLANE: Final = b'"00280006":{"vr":"US","Value":[1]}'
_OTHERWISE_NAMED: Final = (b'"YBR_FULL_422"', b'"YBR_RCT"', b'"YBR_ICT"')
_COMPRESSION, _RATIO, _METHOD = "00282110", "00282112", "00282114"


def lossy_marks(
    syntax: str, ratio: float | None, ratios: Sequence[str], methods: Sequence[str]
) -> tuple[list[str], list[str]] | None:
    """Ratios and methods of lossy compression, those of ``syntax`` included; None where it loses nothing.

    ``ratios`` and ``methods`` are those of the header; ``ratio`` that of this syntax, None where it is not known.
    """
    method = METHODS.get(syntax)
    if method is None:
        return None
    every = list(methods) if method in methods else [*methods, method]
    known = list(ratios)
    if ratio is not None and len(known) == len(every) - 1:
        known.append(f"{ratio:.2f}")
    return known, every


def describe_decoded(others: Dataset, image: ImagePixel, photometric: str, frames: int, coded_bytes: int) -> None:
    """Let the elements of a file say what its decoded pixels are; ``image`` and the syntax are still the stored ones.

    ``coded_bytes``: of all frames together, as stored.
    """
    others.PhotometricInterpretation = photometric
    if image.samples > 1:
        others.PlanarConfiguration = 0
    if "NumberOfFrames" in others or frames > 1:
        others.NumberOfFrames = frames
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in others:
            delattr(others, keyword)
    before = [_texts(others.get(f"LossyImageCompression{name}")) for name in ("Ratio", "Method")]
    syntax = str(others.file_meta.TransferSyntaxUID)
    ratio = image.frame_bytes * frames / coded_bytes if coded_bytes else None
    if (marks := lossy_marks(syntax, ratio, *before)) is not None:
        others.LossyImageCompression = "01"
        if marks[0] != before[0]:
            others.LossyImageCompressionRatio = marks[0]
        if marks[1] != before[1]:
            others.LossyImageCompressionMethod = marks[1]


def may_differ(described: bytes, syntax: str) -> bool:
    """Whether DICOM JSON may need `describe_metadata`; said without parsing it, and sometimes though it does not."""
    return syntax in METHODS or _BY_PLANE in described or any(name in described for name in _OTHERWISE_NAMED)


def describe_metadata(found: MutableMapping[str, Any], instance: Instance) -> None:
    """Let the DICOM JSON of an instance say what its frames are, in whatever form they leave."""
    if not instance.frames:
        return
    named = _value(found, "00280004")
    if isinstance(named, str) and recoded_photometric(named) != named:
        found["00280004"] = {"vr": "CS", "Value": [recoded_photometric(named)]}
    if _value(found, "00280006") == 1:
        found["00280006"] = {"vr": "US", "Value": [0]}
    before = [[str(one) for one in found.get(tag, {}).get("Value", ())] for tag in (_RATIO, _METHOD)]
    marks = lossy_marks(instance.transfer_syntax_uid, _ratio(found, instance), *before)
    if marks is not None:
        found[_COMPRESSION] = {"vr": "CS", "Value": ["01"]}
        if marks[0]:
            found[_RATIO] = {"vr": "DS", "Value": [float(one) for one in marks[0]]}
        found[_METHOD] = {"vr": "CS", "Value": marks[1]}


def _ratio(found: Mapping[str, Any], instance: Instance) -> float | None:
    """Native bytes over coded ones; None where the frames are not plain byte ranges."""
    numbers = [_value(found, tag) for tag in ("00280010", "00280011", "00280002", "00280100")]
    coded = sum(length for _, length in instance.frame_ranges or ())
    if not coded or not all(isinstance(one, int) for one in numbers):
        return None
    rows, columns, samples, bits = (one for one in numbers if isinstance(one, int))
    return rows * columns * samples * ((bits + 7) // 8) * instance.frames / coded


def _value(found: Mapping[str, Any], tag: str) -> object:
    values = found.get(tag, {}).get("Value") or [None]
    return values[0]


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(value)] if isinstance(value, str | float | int) else [str(one) for one in value]
