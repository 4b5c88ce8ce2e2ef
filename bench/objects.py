"""Files to send: CT slices of 0.5 MB, radiographs of 18 MB, ultrasound images of 50 kB, one study a folder."""

from __future__ import annotations

import random
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.builders import CT, DX, ROOT, image

_HEAD: Final = 4096
_DIGITS: Final = 29
_UID: Final = f"{ROOT}1{{:0{_DIGITS}d}}"
_STUDY, _SERIES, _INSTANCE = (_UID.format(number) for number in (1, 2, 3))


@dataclass(frozen=True, kw_only=True)
class Kind:
    name: str
    modality: str
    sop_class: str
    rows: int
    columns: int
    samples: int = 1


KINDS: Final = {
    "CT": Kind(name="CT 0.5 MB", modality="CT", sop_class=CT, rows=512, columns=512),
    "DX": Kind(name="DX 18 MB", modality="DX", sop_class=DX, rows=3000, columns=3000),
    "US": Kind(
        name="US 50 kB", modality="US", sop_class="1.2.840.10008.5.1.4.1.1.6.1", rows=130, columns=130, samples=3
    ),
    "small": Kind(name="small", modality="CT", sop_class=CT, rows=8, columns=8),
}


class Template:
    """One file of a kind; each copy has UIDs of its own, all else is the same."""

    def __init__(self, kind: Kind) -> None:
        noise = np.random.default_rng(1).integers(0, 4096, (kind.rows, kind.columns, kind.samples))
        pixels = noise.astype("<u2").tobytes() if kind.samples == 1 else (noise >> 4).astype("u1").tobytes()
        depth: dict[str, Any] = (
            {}
            if kind.samples == 1
            else {
                "SamplesPerPixel": 3,
                "PhotometricInterpretation": "RGB",
                "PlanarConfiguration": 0,
                "BitsAllocated": 8,
                "BitsStored": 8,
                "HighBit": 7,
            }
        )
        made = image(
            rows=kind.rows,
            columns=kind.columns,
            Modality=kind.modality,
            SOPClassUID=kind.sop_class,
            StudyInstanceUID=_STUDY,
            SeriesInstanceUID=_SERIES,
            SOPInstanceUID=_INSTANCE,
            PatientID=f"{0:010}",
            PixelData=pixels + bytes(len(pixels) % 2),
            **depth,
        )
        made.file_meta = FileMetaDataset()
        made.file_meta.TransferSyntaxUID = UID(ExplicitVRLittleEndian)
        file = BytesIO()
        dcmwrite(file, made, enforce_file_format=True)
        self._head, self._pixels = file.getvalue()[:_HEAD], file.getvalue()[_HEAD:]

    def study(self, folder: Path, count: int) -> tuple[str, str, list[str]]:
        """Write ``count`` instances of one series; the UIDs of study, series and instances."""
        folder.mkdir(parents=True)
        study, series, patient = new_uid(), new_uid(), f"{random.randrange(10**10):010}"
        head = self._head.replace(_STUDY.encode(), study.encode()).replace(_SERIES.encode(), series.encode())
        head = head.replace(b"0" * 10 + b"\x10", patient.encode() + b"\x10")  # up to the group of the next element
        uids = [new_uid() for _ in range(count)]
        for number, uid in enumerate(uids):
            (folder / f"{number:05}.dcm").write_bytes(head.replace(_INSTANCE.encode(), uid.encode()) + self._pixels)
        return study, series, uids


def new_uid() -> str:
    return _UID.format(random.randrange(10**_DIGITS))
