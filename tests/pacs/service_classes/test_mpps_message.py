"""What an MPPS message must hold, and what is read out of it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from pacs.dataset.dicom_json import to_json
from pacs.service_classes.mpps_message import PerformedInstance, Person, Reference, RefusedMessage, n_create, n_set
from tests.builders import encoded
from tests.mpps import SERIES, beginning, ending


def read(said: Dataset) -> dict[str, Any]:
    """As it comes off the wire."""
    return to_json(dcmread(BytesIO(encoded(said)), force=True), "")


def test_what_is_read_out_of_a_beginning() -> None:
    found = n_create(read(beginning()))

    assert (found.state, found.modality) == ("in_progress", "DX")
    assert found.references == [
        Reference(study_uid="2.25.1", accession_number="260302ABCDEF", step_id="ABCDEFGHJKMNPQRS")
    ]
    assert found.instances == []
    assert found.attributes["00100010"]["Value"] == [{"Alphabetic": "WANG^XIAOLI", "Ideographic": "王^小丽"}]
    assert found.person is not None
    assert found.person.name == "WANG^XIAOLI=王^小丽"


def test_a_patient_who_is_malformed_says_nothing_and_refuses_nothing() -> None:
    message = read(beginning())
    odd = {"00100010": {"Value": ["WANG"]}, "00100040": {"Value": [7]}, "00100030": {}, "00100020": {"Value": [None]}}
    found = n_create({**message, **odd}).person

    assert found == Person(name="", sex="", birth_date="", patient_id="")


def test_what_is_read_out_of_an_end() -> None:
    done = n_set(read(ending("1.2.1", "1.2.2")))
    broken_off = n_set(read(ending(status="DISCONTINUED")))
    says_nothing = n_set(read(Dataset()))

    assert done.state == "completed"
    assert done.instances == [
        PerformedInstance(series_uid=SERIES, sop_instance_uid="1.2.1"),
        PerformedInstance(series_uid=SERIES, sop_instance_uid="1.2.2"),
    ]
    assert (broken_off.state, broken_off.instances) == ("discontinued", [])
    assert broken_off.reason == {"value": "110513", "scheme": "DCM", "meaning": "Discontinued"}
    assert (says_nothing.state, says_nothing.instances, says_nothing.reason) == (None, None, None)


def test_objects_that_are_no_images_count() -> None:
    said = ending("1.2.1")
    (series,) = said.PerformedSeriesSequence
    series.ReferencedNonImageCompositeSOPInstanceSequence = series.ReferencedImageSequence
    series.ReferencedImageSequence = []

    assert n_set(read(said)).instances == [PerformedInstance(series_uid=SERIES, sop_instance_uid="1.2.1")]


@pytest.mark.parametrize(
    ("said", "status", "tag"),
    [
        (beginning(PerformedProcedureStepID=None), 0x0120, "00400253"),
        (beginning(Modality=None), 0x0120, "00080060"),
        (beginning(ScheduledStepAttributesSequence=None), 0x0120, "00400270"),
        (beginning(ScheduledStepAttributesSequence=[]), 0x0121, "00400270"),
        (beginning(ScheduledStepAttributesSequence=[Dataset()]), 0x0120, "0020000D"),
        (beginning(study_uid=""), 0x0121, "0020000D"),
        (beginning(study_uid="1.2.x"), 0x0106, "0020000D"),
        (beginning(PerformedStationAETitle=""), 0x0121, "00400241"),
        (beginning(PerformedProcedureStepStartDate=""), 0x0121, "00400244"),
        (beginning(PerformedProcedureStepStatus=""), 0x0121, "00400252"),
        (beginning(PerformedProcedureStepStatus="COMPLETED"), 0x0106, "00400252"),
    ],
)
def test_a_beginning_that_is_refused(said: Dataset, status: int, tag: str) -> None:
    with pytest.raises(RefusedMessage) as refused:
        n_create(read(said))

    assert (refused.value.status, refused.value.tag) == (status, tag)


@pytest.mark.parametrize(
    ("said", "status", "tag"),
    [
        (ending(PerformedProcedureStepStatus="DONE"), 0x0106, "00400252"),
        (ending(PerformedProcedureStepStatus=""), 0x0121, "00400252"),
        (ending("1.2.x", "1.2.2"), 0x0106, "00081155"),
        (ending("", "1.2.2"), 0x0121, "00081155"),
        (ending("1.2.3", series_uid=""), 0x0121, "0020000E"),
    ],
)
def test_an_end_that_is_refused(said: Dataset, status: int, tag: str) -> None:
    with pytest.raises(RefusedMessage) as refused:
        n_set(read(said))

    assert (refused.value.status, refused.value.tag) == (status, tag)


def test_an_end_names_what_it_repeats_of_the_beginning() -> None:
    said = ending("1.2.1", **{keyword: getattr(beginning(), keyword) for keyword in ("Modality", "PatientID")})

    assert n_set(read(said)).repeated == ("00080060", "00100020")
    assert n_set(read(ending())).repeated == ()


def test_words_that_are_too_long_or_no_text_are_refused() -> None:
    attributes = read(beginning())
    step = attributes["00400270"]["Value"][0]
    for element in ({"vr": "SH", "Value": ["X" * 17]}, {"vr": "SH", "Value": ["\x1b"]}, {"vr": "SQ", "Value": [{}]}):
        step["00080050"] = element
        with pytest.raises(RefusedMessage) as refused:
            n_create(attributes)
        assert (refused.value.status, refused.value.tag) == (0x0106, "00080050")
