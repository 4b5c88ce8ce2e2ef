"""A corrected person goes out, and nothing of the earlier one, in data sets and in the JSON model alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

from pacs.dataset import part10
from pacs.dataset.dicom_json import to_json
from pacs.leaving.corrections import Correction, apply_correction, apply_correction_json
from storage.index.person_traces import Trace
from tests.builders import encoded, image
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.written import file_bytes

MADE_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OLD_NAME = "Wang^Xiaoming=王^小明"
OLD_ID = "PX-4711"


def correction(**attributes: str) -> Correction:
    return Correction(attributes=attributes, revision=2, reason="wrong worklist entry", made_at=MADE_AT)


RIGHT = correction(PatientName="Li^Na=李^娜", PatientID="P-9001", PatientBirthDate="19880505", PatientSex="F")


def wrong_patient() -> Dataset:
    """A study under the wrong name, which has crept into many places."""
    dataset = image(PatientName=OLD_NAME, PatientID=OLD_ID, PatientBirthDate="19600101", PatientSex="M")
    dataset.OtherPatientIDs = "X-1"
    dataset.PatientAddress = "1 High Street"
    dataset.PatientWeight = "71"
    dataset.StudyDescription = "CHEST OF WANG XIAOMING"
    dataset.SeriesDescription = "Thorax"
    dataset.ImageComments = "see px4711 and 王小明"
    request = Dataset()
    request.PatientName = OLD_NAME
    request.PatientID = OLD_ID
    request.RequestedProcedureDescription = "for xiaoming wang"
    request.RequestedProcedureID = "R1"
    dataset.RequestAttributesSequence = Sequence([request])
    block = dataset.private_block(0x0009, "ACME", create=True)
    block.add_new(0x01, "LO", OLD_NAME.partition("=")[0])
    block.add_new(0x02, "UN", b"id=" + OLD_ID.encode() + b";")
    block.add_new(0x03, "OB", "王小明".encode("gb18030"))
    block.add_new(0x04, "DS", "1.5")
    return dataset


def read(data: bytes, syntax: str = EXPLICIT_LITTLE) -> FileDataset:
    head = part10.head(sop_class_uid="1.2", sop_instance_uid="1.2.3", transfer_syntax_uid=syntax)
    return pydicom.dcmread(BytesIO(head + data), force=True)


def traces(egress: bytes) -> list[str]:
    """What of the earlier person is left in bytes that went out, in any of the ways it could be written."""
    texts = ["Wang", "WANG", "wang", "iaoming", "IAOMING", "小明", "X-4711", "x4711", "High Street", "X-1"]
    found = [text for text in texts for codec in ("utf-8", "gb18030") if text.encode(codec) in egress]
    return found + [text for text in texts if json.dumps(text)[1:-1].encode() in egress]


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
def test_nothing_of_the_earlier_person_is_left_in_the_data_set(syntax: str) -> None:
    dataset = read(encoded(wrong_patient(), syntax), syntax)
    apply_correction(dataset, RIGHT)
    egress = file_bytes(dataset, syntax)
    again = pydicom.dcmread(BytesIO(egress))

    assert traces(egress) == []
    assert str(again.PatientName) == "Li^Na=李^娜"
    assert again.PatientID == "P-9001"
    assert again.PatientSex == "F"
    assert again.SpecificCharacterSet == "ISO_IR 192"
    assert again.SeriesDescription == "Thorax"
    assert again.PatientWeight == 71
    assert again.RequestAttributesSequence[0].RequestedProcedureID == "R1"
    assert again.RequestAttributesSequence[0].PatientID == "P-9001"
    assert again.PixelData == wrong_patient().PixelData


def test_nothing_of_the_earlier_person_is_left_in_the_json_model() -> None:
    found = to_json(read(encoded(wrong_patient())), "bulk")
    apply_correction_json(found, RIGHT)
    egress = json.dumps(found, ensure_ascii=False).encode()

    assert traces(egress) == []
    assert found["00100010"]["Value"] == [{"Alphabetic": "Li^Na", "Ideographic": "李^娜"}]
    assert found["00100020"]["Value"] == ["P-9001"]
    assert list(found) == sorted(found)


def test_both_egresses_say_the_same() -> None:
    dataset = read(encoded(wrong_patient()))
    found = to_json(dataset, "bulk")
    apply_correction_json(found, RIGHT)
    apply_correction(dataset, RIGHT)
    written = to_json(pydicom.dcmread(BytesIO(file_bytes(dataset, EXPLICIT_LITTLE))), "bulk")

    assert without_empty(written) == without_empty(found)


def without_empty(instance: dict[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(instance, ensure_ascii=False))


def test_original_attributes_tell_what_changed_without_telling_what_it_was() -> None:
    dataset = read(encoded(wrong_patient()))
    apply_correction(dataset, RIGHT)
    item = dataset.OriginalAttributesSequence[-1]
    modified = item.ModifiedAttributesSequence[0]

    assert item.ModifyingSystem == "TIERREAD"
    assert item.ReasonForTheAttributeModification == "CORRECT"
    assert item.AttributeModificationDateTime == "20260302093000.000000+0000"
    assert {"PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientAddress"} <= set(modified.dir())
    assert all(not element.value for element in modified)


def test_a_name_that_was_misspelt_keeps_the_rest_of_the_person() -> None:
    dataset = read(encoded(wrong_patient()))
    apply_correction(dataset, correction(PatientName="Wong^Xiao=王^晓"))

    assert dataset.PatientID == OLD_ID
    assert dataset.PatientBirthDate == "19600101"
    assert dataset.StudyDescription == ""
    assert "RequestedProcedureDescription" in dataset.RequestAttributesSequence[0]


def test_a_corrected_side_touches_nobody_s_name() -> None:
    dataset = read(encoded(wrong_patient()))
    apply_correction(dataset, correction(Laterality="L"))

    assert dataset.Laterality == "L"
    assert str(dataset.PatientName) == OLD_NAME
    assert dataset.StudyDescription == "CHEST OF WANG XIAOMING"


def test_a_number_without_a_birth_date_leaves_none() -> None:
    dataset = read(encoded(wrong_patient()))
    apply_correction(dataset, correction(PatientID="P-9001", PatientName="Li^Na"))

    assert dataset.PatientBirthDate == ""
    assert dataset.PatientSex == ""


def test_bytes_that_lie_about_their_character_set_are_found_too() -> None:
    dataset = image(PatientName=None, PatientID=OLD_ID, StudyDescription=None, SpecificCharacterSet="ISO_IR 100")
    data = bytearray(encoded(dataset))
    name = "王小明".encode("gbk")
    at = data.index(b"\x10\x00\x20\x00LO")
    data[at:at] = b"\x10\x00\x10\x00PN" + len(name).to_bytes(2, "little") + name
    received = read(bytes(data))
    apply_correction(received, RIGHT)
    egress = file_bytes(received, EXPLICIT_LITTLE)

    assert name not in egress
    assert traces(egress) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Xiaoming WANG", True),
        ("wang_xiaoming_chest", True),
        ("WangXiaoming", True),
        ("PX 4711", True),
        ("px4711-2", True),
        ("Wang", False),
        ("Mr Wangler", False),
        ("", False),
        ("471", False),
    ],
)
def test_a_trace_is_the_whole_name_or_the_number(text: str, found: bool) -> None:
    assert Trace(OLD_NAME, OLD_ID).in_text(text) is found
