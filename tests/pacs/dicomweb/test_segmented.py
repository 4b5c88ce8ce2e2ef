"""Frames of segmentations, as the desk asks for them: native, each beginning with a byte, equal to those of pydicom."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from tests import corpus
from tests.builders import new_uid
from tests.dicomweb import Web

NATIVE: Final = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
BIG_ENDIAN: Final = "1.2.840.10008.1.2.2"
TWIN: Final = re.compile(r"_(rle|j2k|deflate)(?=\.dcm$)")
"""Of single bits pydicom decodes none that are compressed: these are the same pictures as a file that is not."""


def test_bits_and_fractions_of_real_segmentations_come_as_pydicom_has_them(web: Web) -> None:
    differ: list[str] = []
    compressed = 0
    for file in corpus.files():
        dataset = pydicom.dcmread(file.path) if file.name.startswith("seg/") else Dataset()
        if "SegmentSequence" not in dataset or dataset.file_meta.TransferSyntaxUID == BIG_ENDIAN:
            continue
        twin = file.path.with_name(TWIN.sub("", file.path.name))
        expected = pydicom.dcmread(twin).pixel_array.reshape(-1, dataset.Rows * dataset.Columns)
        compressed += twin != file.path
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = new_uid(), new_uid(), new_uid()
        path = web.send(Dataset(dataset), syntax=str(dataset.file_meta.TransferSyntaxUID))
        differ += [
            f"{file.name} {number}"
            for number in sorted({1, (len(expected) + 1) // 2, len(expected)})
            if frame_of(web, path, number, dataset) != expected[number - 1].tolist()
        ]

    assert differ == []
    assert compressed == 6


def frame_of(web: Web, path: str, number: int, dataset: Dataset) -> list[int]:
    answer = web.ada.get(f"{path}/frames/{number}", headers={"Accept": NATIVE})
    assert answer.status_code == 200
    stored = np.frombuffer(answer.content, np.uint8)
    bits = np.unpackbits(stored, bitorder="little") if dataset.BitsAllocated == 1 else stored
    return bits[: dataset.Rows * dataset.Columns].tolist()
