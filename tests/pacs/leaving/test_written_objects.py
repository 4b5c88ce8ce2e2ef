"""Objects that we write or change, judged by dciodvfy: no error that the object had not when it came."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset

from pacs.leaving.corrections import Correction, apply_correction
from pacs.pixels.opened import EXPLICIT_LITTLE, NATIVE
from pacs.pixels.transcode import NotDecodable
from tests import corpus
from tests.dciodvfy import errors_of
from tests.written import file_bytes

pytestmark = pytest.mark.filterwarnings("ignore")
"""Real files have what they have."""

SHIPPED: Final = ("CT_small.dcm", "MR_small.dcm", "rtplan.dcm", "JPEG2000.dcm", "MR_small_RLE.dcm", "reportsi.dcm")
"""Small files that come with pydicom."""
TAG: Final = re.compile(r"\(0x[0-9a-f]{4},0x[0-9a-f]{4}\)")
DIRECTORY: Final = "1.2.840.10008.1.3.10"
KINDS: Final = 4
"""Files of each SOP class and transfer syntax of the corpus that are judged."""


def test_a_correction_makes_no_new_error() -> None:
    judged = compare(samples(), corrected)

    assert judged >= len(SHIPPED)


def test_a_change_of_the_transfer_syntax_makes_no_new_error() -> None:
    compressed = [one for one in samples() if dcmread(BytesIO(one)).file_meta.TransferSyntaxUID not in NATIVE]

    judged = compare(compressed, lambda whole: file_bytes(whole, EXPLICIT_LITTLE))

    assert judged >= 2


def corrected(whole: FileDataset) -> bytes:
    correction = Correction(
        attributes={
            "PatientName": "WANG^XIAOMING=王^小明",
            "PatientID": "P0000001",
            "IssuerOfPatientID": "TIERREAD",
            "PatientBirthDate": "19800506",
            "PatientSex": "F",
        },
        revision=1,
        reason="wrong worklist entry",
        made_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    )
    apply_correction(whole, correction)
    return file_bytes(whole, str(whole.file_meta.TransferSyntaxUID))


def compare(files: list[bytes], change: Callable[[FileDataset], bytes]) -> int:
    """How many files were judged before and after.

    Raises:
        AssertionError: an error was made; the message names each with the file's place in the list.

    """
    made: dict[int, set[str]] = {}
    judged = 0
    for number, before in enumerate(files):
        try:
            after = change(dcmread(BytesIO(before), force=True))
        except NotDecodable:
            continue  # it goes out as it came
        judged += 1
        earlier = errors_of(before)
        wrong_before = {tag for line in earlier for tag in TAG.findall(line)}
        new = {line for line in errors_of(after) - earlier if not wrong_before & set(TAG.findall(line))}
        if new:
            made[number] = new

    assert made == {}
    return judged


def samples() -> list[bytes]:
    return [Path(str(get_testdata_file(name, download=False))).read_bytes() for name in SHIPPED] + list(real_files())


def real_files() -> Iterator[bytes]:
    """Some of each kind in the corpus, where it is present."""
    if corpus.locate() is None:
        return
    seen: dict[tuple[str, str], int] = {}
    for one in corpus.files():
        if one.odd or one.path.stat().st_size > 2 << 20:
            continue
        header = dcmread(one.path, stop_before_pixels=True, force=True)
        if "SOPInstanceUID" not in header or header.get("SOPClassUID") == DIRECTORY:
            continue  # refused when it came
        kind = (str(header.get("SOPClassUID", "")), str(header.file_meta.get("TransferSyntaxUID", "")))
        seen[kind] = seen.get(kind, 0) + 1
        if all(kind) and seen[kind] <= KINDS:
            yield one.path.read_bytes()
