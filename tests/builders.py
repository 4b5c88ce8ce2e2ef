"""Makes whole objects of which a test shows only what matters to it."""

from __future__ import annotations

import copy
import zlib
from io import BytesIO
from typing import Any, Final

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid

from pacs.dataset.part10 import head
from tests.codestreams import codestream
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, Object

CT: Final = "1.2.840.10008.5.1.4.1.1.2"
DX: Final = "1.2.840.10008.5.1.4.1.1.1.1"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
DEFLATED: Final = "1.2.840.10008.1.2.1.99"
ROOT: Final = "1.2.826.0.1.3680043.8.498."


def new_uid() -> str:
    return str(generate_uid(prefix=ROOT))


def image(*, rows: int = 8, columns: int = 8, frames: int | None = None, **shown: Any) -> Dataset:
    """A CT image of Pia's by keyword; None leaves an element out."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = CT
    dataset.SOPInstanceUID = new_uid()
    dataset.StudyDate = "20260302"
    dataset.StudyTime = "080000"
    dataset.AccessionNumber = "A0001"
    dataset.Modality = "CT"
    dataset.StudyDescription = "胸部平扫"
    dataset.PatientName = "Pia^Patient=皮亚"
    dataset.PatientID = "P0001"
    dataset.PatientBirthDate = "19700101"
    dataset.PatientSex = "F"
    dataset.StudyInstanceUID = new_uid()
    dataset.SeriesInstanceUID = new_uid()
    dataset.SeriesNumber = 1
    dataset.InstanceNumber = 1
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    if frames is not None:
        dataset.NumberOfFrames = frames
    dataset.Rows = rows
    dataset.Columns = columns
    dataset.BitsAllocated = 16
    dataset.BitsStored = 12
    dataset.HighBit = 11
    dataset.PixelRepresentation = 0
    pixels = np.arange((frames or 1) * rows * columns, dtype=np.uint32) % 4096
    dataset.PixelData = pixels.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"
    for keyword, value in shown.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


def encoded(dataset: Dataset, transfer_syntax: str = EXPLICIT_LITTLE) -> bytes:
    """The bytes of a data set; compressed pixels must be in it already."""
    buffer = BytesIO()
    if transfer_syntax == BIG_ENDIAN and "PixelData" in dataset:
        dataset = copy.deepcopy(dataset)
        dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()  # pydicom turns no OW
    dcmwrite(
        buffer,
        dataset,
        implicit_vr=transfer_syntax == IMPLICIT_LITTLE,
        little_endian=transfer_syntax != BIG_ENDIAN,
        enforce_file_format=False,
    )
    data = buffer.getvalue()
    if transfer_syntax != DEFLATED:
        return data
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


def part10(dataset: Dataset, transfer_syntax: str = EXPLICIT_LITTLE) -> bytes:
    """The data set as a file (PS3.10)."""
    named = {"sop_class_uid": str(dataset.SOPClassUID), "sop_instance_uid": str(dataset.SOPInstanceUID)}
    return head(**named, transfer_syntax_uid=transfer_syntax) + encoded(dataset, transfer_syntax)


def thing(dataset: Dataset, transfer_syntax: str = EXPLICIT_LITTLE) -> Object:
    """What a sender sends of it."""
    return Object(
        transfer_syntax=transfer_syntax,
        sop_class=str(dataset.get("SOPClassUID", CT)),
        sop_instance=str(dataset.get("SOPInstanceUID", "1.2.3")),
        dataset=encoded(dataset, transfer_syntax),
    )


def fragmented(dataset: Dataset, fragments: list[bytes]) -> Dataset:
    """The same with encapsulated pixel data of these fragments, one a frame."""
    dataset.PixelData = encapsulate(fragments, has_bot=False)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def compressed(dataset: Dataset, transfer_syntax: str) -> Dataset:
    """The same grey image, compressed frame by frame; its UID and all else stay."""
    signed = "i" if dataset.PixelRepresentation else "u"
    pixels = np.frombuffer(dataset.PixelData, f"<{signed}{dataset.BitsAllocated // 8}")
    frames = pixels.reshape(-1, dataset.Rows, dataset.Columns)
    return fragmented(dataset, [codestream(frame, transfer_syntax, bits=dataset.BitsStored) for frame in frames])
