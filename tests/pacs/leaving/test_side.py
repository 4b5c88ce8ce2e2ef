"""A picture that was corrected to the left says right nowhere: in no attribute, no code and no text."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pacs.dataset.dicom_json import to_json
from pacs.leaving.corrections import apply_correction, apply_correction_json
from pacs.leaving.side import text_of
from tests.builders import encoded, image
from tests.pacs.leaving.test_corrections import correction, read
from tests.wire import EXPLICIT_LITTLE
from tests.written import file_bytes


def code(value: str, scheme: str, meaning: str) -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def right_hand() -> Dataset:
    """A right hand, said in every attribute that can say so."""
    dataset = image(PatientName="Pia", Laterality="R", ImageLaterality="R", ViewPosition="RLO")
    dataset.BodyPartExamined = "HAND"
    dataset.SeriesDescription = "RIGHT HAND PA"
    dataset.StudyDescription = "右手正位"
    dataset.ProtocolName = "R_HAND"
    dataset.ViewCodeSequence = Sequence([code("1", "99X", "right oblique"), code("2", "99X", "postero-anterior")])
    dataset.ProcedureCodeSequence = Sequence([code("3", "99X", "Radiography of right hand")])
    region = code("85562004", "SCT", "Hand")
    region.AnatomicRegionModifierSequence = Sequence([code("24028007", "SCT", "Right")])
    dataset.AnatomicRegionSequence = Sequence([region])
    anatomy, frame = Dataset(), Dataset()
    anatomy.FrameLaterality = "R"
    frame.FrameAnatomySequence = Sequence([anatomy])
    dataset.SharedFunctionalGroupsSequence = Sequence([frame])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([frame])
    return dataset


def test_a_corrected_side_is_the_side_of_every_attribute() -> None:
    dataset = read(encoded(right_hand()))
    apply_correction(dataset, correction(Laterality="L"))
    shared = dataset.SharedFunctionalGroupsSequence[0].FrameAnatomySequence[0]
    frame = dataset.PerFrameFunctionalGroupsSequence[0].FrameAnatomySequence[0]
    modifier = dataset.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0]

    assert (dataset.Laterality, dataset.ImageLaterality) == ("L", "L")
    assert (shared.FrameLaterality, frame.FrameLaterality) == ("L", "L")
    assert (modifier.CodeValue, modifier.CodeMeaning) == ("7771000", "Left")
    assert dataset.ViewPosition == ""
    assert [str(each.CodeMeaning) for each in dataset.ViewCodeSequence] == ["postero-anterior"]
    assert len(dataset.ProcedureCodeSequence) == 0
    assert (dataset.SeriesDescription, dataset.StudyDescription, dataset.ProtocolName) == ("HAND PA", "手正位", "HAND")
    assert dataset.BodyPartExamined == "HAND"


def test_original_attributes_name_each_place_where_the_side_stood() -> None:
    dataset = read(encoded(right_hand()))
    apply_correction(dataset, correction(Laterality="L"))
    modified = set(dataset.OriginalAttributesSequence[-1].ModifiedAttributesSequence[0].dir())

    assert modified == {
        *("Laterality", "ImageLaterality", "ViewPosition", "SeriesDescription", "StudyDescription", "ProtocolName"),
        *("ViewCodeSequence", "ProcedureCodeSequence", "AnatomicRegionSequence"),
        *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    }


@pytest.mark.parametrize("side", ["L", "R", "B", ""])
def test_metadata_and_files_say_the_same_side(side: str) -> None:
    dataset = read(encoded(right_hand()))
    found: dict[str, Any] = to_json(dataset, "bulk")
    apply_correction_json(found, correction(ImageLaterality=side))
    apply_correction(dataset, correction(ImageLaterality=side))
    written = to_json(pydicom.dcmread(BytesIO(file_bytes(dataset, EXPLICIT_LITTLE))), "bulk")

    assert written == found


def test_a_corrected_name_or_sex_leaves_the_side_alone() -> None:
    dataset = read(encoded(right_hand()))
    apply_correction(dataset, correction(PatientSex="F"))

    assert (dataset.ImageLaterality, dataset.SeriesDescription) == ("R", "RIGHT HAND PA")


@pytest.mark.parametrize(
    ("text", "side", "left"),
    [
        ("RIGHT HAND PA", "L", "HAND PA"),
        ("LEFT HAND PA", "L", "LEFT HAND PA"),
        ("右膝关节正侧位", "L", "膝关节正侧位"),
        ("左膝关节正侧位", "L", "左膝关节正侧位"),
        ("RKNEE", "L", "KNEE"),
        ("Knee, rt", "L", "Knee"),
        ("R_HAND", "L", "HAND"),
        ("L SPINE AP", "R", "L SPINE AP"),
        ("L4 L5", "R", "L4 L5"),
        ("R/O FRACTURE", "L", "R/O FRACTURE"),
        ("LEFT AND RIGHT HAND", "L", ""),
        ("双膝", "L", "膝"),
        ("双膝", "B", "双膝"),
        ("RIGHT", "", ""),
        ("CHEST PA", "L", "CHEST PA"),
        ("BRIGHT LEFTOVER", "L", "BRIGHT LEFTOVER"),
    ],
)
def test_a_text_loses_the_words_of_the_other_side_alone(text: str, side: str, left: str) -> None:
    assert text_of(text, side) == left
