"""C-FIND: what a device finds at each level, in which words, and how a search ends otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom.presentation import build_context

from pacs.dimse.peer import open_association
from pacs.service_classes import find
from tests.archive import OTHER, TOWNSHIP, Archive
from tests.builders import DX, image, new_uid, thing
from tests.retrieving import ROOTS, House, answering, identifier

STUDY, CT_SERIES, DX_SERIES = new_uid(), new_uid(), new_uid()
LATER, FOREIGN = new_uid(), new_uid()
FIRST = image(
    StudyInstanceUID=STUDY, SeriesInstanceUID=CT_SERIES, ImageType=["ORIGINAL", "PRIMARY"], WindowCenter="40.5"
)
SECOND = image(StudyInstanceUID=STUDY, SeriesInstanceUID=CT_SERIES, InstanceNumber=2)
THIRD = image(StudyInstanceUID=STUDY, SeriesInstanceUID=DX_SERIES, SOPClassUID=DX, Modality="DX", SeriesNumber=2)
WANG = image(StudyInstanceUID=LATER, PatientID="P2", PatientName="WANG^XIAO=王^小", StudyDate="20260305")
QUINNS = image(StudyInstanceUID=FOREIGN, PatientID="P0001", StudyDate="20260301")


@pytest.fixture
def house(archive: Archive, tmp_path: Path) -> Iterator[House]:
    for one, sender in ((FIRST, TOWNSHIP), (SECOND, TOWNSHIP), (THIRD, TOWNSHIP), (WANG, TOWNSHIP), (QUINNS, OTHER)):
        assert archive.take(thing(one), sender).accepted
    with answering(archive, tmp_path) as made:
        yield made


def said(responses: list[tuple[int, Dataset | None]], keyword: str) -> list[Any]:
    return [None if match is None else match.get(keyword) for _, match in responses]


def statuses(responses: list[tuple[int, Dataset | None]]) -> list[int]:
    return [status for status, _ in responses]


IN_STUDY = {"PatientID": "P0001", "StudyInstanceUID": STUDY}

FOUND: list[tuple[str, str, dict[str, Any], str, list[Any]]] = [
    ("PATIENT", "PATIENT", {"PatientName": ""}, "PatientID", ["P0001", "P2"]),
    ("PATIENT", "PATIENT", {"PatientID": "P0*", "NumberOfPatientRelatedInstances": None}, "PatientID", ["P0001"]),
    ("PATIENT", "STUDY", {"PatientID": "P0001"}, "StudyInstanceUID", [STUDY]),
    ("PATIENT", "SERIES", IN_STUDY, "SeriesInstanceUID", [CT_SERIES, DX_SERIES]),
    ("STUDY", "STUDY", {}, "StudyInstanceUID", [LATER, STUDY]),
    ("STUDY", "STUDY", {"StudyInstanceUID": [STUDY, LATER, FOREIGN]}, "StudyInstanceUID", [LATER, STUDY]),
    ("STUDY", "STUDY", {"StudyDate": "20260303-"}, "StudyInstanceUID", [LATER]),
    ("STUDY", "STUDY", {"PatientName": "王*"}, "StudyInstanceUID", [LATER]),
    ("STUDY", "STUDY", {"PatientName": "wang*"}, "PatientName", ["WANG^XIAO=王^小"]),
    ("STUDY", "STUDY", {"ModalitiesInStudy": ["DX", "MR"]}, "ModalitiesInStudy", [["CT", "DX"]]),
    ("STUDY", "STUDY", {"ModalitiesInStudy": ["D*", "MR "]}, "ModalitiesInStudy", [["CT", "DX"]]),
    ("STUDY", "STUDY", {"PatientID": "P2  "}, "StudyInstanceUID", [LATER]),
    ("STUDY", "STUDY", {"NumberOfStudyRelatedInstances": None, "PatientID": "P0001"}, "PatientSex", [None]),
    ("STUDY", "STUDY", {"PatientID": "Q"}, "StudyInstanceUID", []),
    ("STUDY", "SERIES", {"StudyInstanceUID": STUDY, "Modality": "DX"}, "SeriesInstanceUID", [DX_SERIES]),
    ("STUDY", "SERIES", {"StudyInstanceUID": STUDY, "NumberOfSeriesRelatedInstances": None, "Modality": None},
     "NumberOfSeriesRelatedInstances", [2, 1]),
    ("STUDY", "SERIES", {"StudyInstanceUID": FOREIGN}, "SeriesInstanceUID", []),
    ("STUDY", "IMAGE", {"StudyInstanceUID": STUDY, "SeriesInstanceUID": CT_SERIES, "InstanceNumber": "2"},
     "SOPInstanceUID", [SECOND.SOPInstanceUID]),
    ("STUDY", "IMAGE", {"StudyInstanceUID": STUDY, "SeriesInstanceUID": CT_SERIES, "WindowCenter": None},
     "WindowCenter", [40.5, None]),
    ("STUDY", "IMAGE", {"StudyInstanceUID": STUDY, "SeriesInstanceUID": CT_SERIES, "ImageType": None, "Rows": None},
     "ImageType", [["ORIGINAL", "PRIMARY"], ""]),
]  # fmt: skip


def test_a_device_finds_what_its_site_may_see_at_every_level(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "PAGE", 1)  # so that each match is a page
    for root, level, keys, keyword, expected in FOUND:
        responses = house.find(root, level, **keys)

        assert statuses(responses) == [0xFF00] * len(expected) + [0x0000], (root, level, keys)
        assert said(responses[:-1], keyword) == expected, (root, level, keys)


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("STUDY", "PATIENT", {}),  # not of this model
    ("STUDY", "", {}),
    ("STUDY", "VOLUME", {}),
    ("STUDY", "SERIES", {}),  # of which study?
    ("STUDY", "SERIES", {"StudyInstanceUID": [STUDY, LATER]}),
    ("PATIENT", "STUDY", {"PatientID": "P*"}),
    ("PATIENT", "STUDY", {"StudyInstanceUID": STUDY}),
    ("STUDY", "IMAGE", {"StudyInstanceUID": STUDY}),
    ("STUDY", "STUDY", {"StudyDate": "20260303-20260304-"}),
]


def test_an_identifier_that_does_not_fit_is_refused(house: House) -> None:
    for root, level, keys in REFUSED:
        assert statuses(house.find(root, level, **keys)) == [0xA900], (root, level, keys)


def test_keys_that_are_not_matched_are_said_to_be_ignored(house: House) -> None:
    sequence = Dataset()
    sequence.ScheduledProcedureStepID = "1"
    for keys in ({"PatientWeight": "70"}, {"Modality": "CT"}, {"RequestAttributesSequence": [sequence]}):
        responses = house.find("STUDY", "STUDY", StudyInstanceUID=STUDY, **keys)

        assert statuses(responses) == [0xFF01, 0x0000], keys
        assert responses[0][1] is not None
        assert not set(keys) & set(responses[0][1].dir())


def test_another_site_finds_its_own_alone_though_the_number_is_the_same(house: House) -> None:
    assert said(house.find("PATIENT", "STUDY", calling="OTHER", PatientID="P0001"), "StudyInstanceUID") == [
        FOREIGN,
        None,
    ]


def test_a_number_of_several_issuers_matches_nobody(house: House) -> None:
    both = image(PatientID="P0001", IssuerOfPatientID="CITY")
    house.archive.take(thing(both))

    assert statuses(house.find("PATIENT", "STUDY", PatientID="P0001")) == [0x0000]
    named = house.find("PATIENT", "STUDY", PatientID="P0001", IssuerOfPatientID="CITY")
    assert said(named, "StudyInstanceUID") == [both.StudyInstanceUID, None]


def test_a_corrected_study_is_found_under_its_name_alone(house: House) -> None:
    house.correct(STUDY, PatientName="LI^BO=李^波", PatientID="P9")

    assert statuses(house.find("STUDY", "STUDY", PatientName="Pia*")) == [0x0000]
    (study, _) = house.find("STUDY", "STUDY", PatientID="P9", PatientName="", PatientBirthDate="")
    (instance, _, _) = house.find(
        "STUDY", "IMAGE", StudyInstanceUID=STUDY, SeriesInstanceUID=CT_SERIES, PatientName="", OtherPatientIDs=""
    )
    assert study[1] is not None
    assert (study[1].PatientName, study[1].PatientBirthDate) == ("LI^BO=李^波", "")
    assert instance[1] is not None
    assert instance[1].PatientName == "LI^BO=李^波"


def test_a_corrected_body_part_is_found_as_it_is_answered(house: House) -> None:
    house.correct(STUDY, BodyPartExamined="HAND")

    for level, above in (("SERIES", {}), ("IMAGE", {"SeriesInstanceUID": CT_SERIES})):
        former = house.find("STUDY", level, StudyInstanceUID=STUDY, BodyPartExamined="CHEST", **above)
        found = house.find("STUDY", level, StudyInstanceUID=STUDY, BodyPartExamined="HAND", **above)
        assert statuses(former) == [0x0000]
        assert said(found, "BodyPartExamined") == ["HAND", "HAND", None]
    assert said(house.find("STUDY", "SERIES", StudyInstanceUID=STUDY, BodyPartExamined="H*"), "BodyPartExamined")


@pytest.mark.parametrize(("character_set", "name"), [("GB18030", "WANG^XIAO=王^小"), ("ISO_IR 100", "WANG^XIAO=?^?")])
def test_answers_are_in_the_set_of_the_devices_entry(house: House, character_set: str, name: str) -> None:
    house.character_sets[TOWNSHIP.device_id] = character_set
    (found, _) = house.find("STUDY", "STUDY", PatientID="P2", PatientName="")

    assert found[1] is not None
    assert (found[1].SpecificCharacterSet, str(found[1].PatientName)) == (character_set, name)


def test_a_search_that_nobody_wants_any_more_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "PAGE", 1)
    context = build_context(ROOTS["find", "STUDY"])
    with open_association("TOWNSHIP", house.peer, [context]) as association:
        # It can be sent before the request is answered, so that nothing depends on who is quicker.
        responses = association.send_c_find(identifier("STUDY"), ROOTS["find", "STUDY"], msg_id=7)
        first = next(responses)
        association.send_c_cancel(7, query_model=ROOTS["find", "STUDY"])
        ends = [first, *responses]

    assert ends[-1][0].Status in (0xFE00, 0x0000)  # it may have been through


def test_a_site_that_sent_one_image_of_another_sites_study_finds_that_image_alone(house: House) -> None:
    study, series = new_uid(), new_uid()
    held = image(StudyInstanceUID=study, SeriesInstanceUID=series, PatientID="P7")
    for one, sender in ((held, TOWNSHIP), (held, OTHER), (image(StudyInstanceUID=study, PatientID="P7"), TOWNSHIP)):
        assert house.archive.take(thing(one), sender).accepted

    (_, found), _ = house.find(
        "PATIENT", "STUDY", calling="OTHER", PatientID="P7", NumberOfStudyRelatedInstances="",
        NumberOfStudyRelatedSeries="",
    )  # fmt: skip
    (_, patient), _ = house.find(
        "PATIENT", "PATIENT", calling="OTHER", PatientID="P7", NumberOfPatientRelatedInstances=""
    )
    assert found is not None
    assert patient is not None
    assert (found.NumberOfStudyRelatedInstances, found.NumberOfStudyRelatedSeries) == (1, 1)
    assert patient.NumberOfPatientRelatedInstances == 1
    assert said(house.find("STUDY", "SERIES", calling="OTHER", StudyInstanceUID=study), "SeriesInstanceUID") == [
        series,
        None,
    ]
    assert len(house.find("STUDY", "SERIES", StudyInstanceUID=study)) == 3
