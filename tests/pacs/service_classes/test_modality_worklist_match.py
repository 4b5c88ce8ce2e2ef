"""What a device means by its keys, and what it hears of each match."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.datadict import dictionary_VR, tag_for_keyword

from pacs.dataset.answer_charset import answer_charset
from pacs.dataset.dicom_json import person_name
from pacs.service_classes.modality_worklist_item import ScheduledStep, attributes
from pacs.service_classes.modality_worklist_match import Answer, MalformedKey, answer, days
from tests.scheduled import CHEST

UTF8 = answer_charset("ISO_IR 192", ())


def keys(step: dict[str, Any] | None = None, **root: Any) -> dict[str, Any]:
    """An identifier as a device sends it: by keyword, those of the step apart."""
    asked = _elements(root)
    if step is not None:
        asked["00400100"] = {"vr": "SQ", "Value": [_elements(step)]}
    return asked


def _elements(values: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for keyword, value in values.items():
        tag = tag_for_keyword(keyword)
        assert tag is not None
        vr = dictionary_VR(tag)
        each = [one for one in (value if isinstance(value, list) else [value]) if one != ""]
        found[f"{tag:08X}"] = {"vr": vr, "Value": [person_name(one) if vr == "PN" else one for one in each]}
    return found


def asked_of(step: ScheduledStep, asked: dict[str, Any]) -> Answer | None:
    return answer(asked, attributes(step, UTF8))


@pytest.mark.parametrize(
    ("asked", "means"),
    [
        (keys(), True),
        (keys(PatientName="*"), True),
        (keys(PatientName="WANG^XIAOLI"), True),
        (keys(PatientName="wang^xiao*"), True),
        (keys(PatientName="WANG XIAOLI"), True),
        (keys(PatientName="WANG"), False),
        (keys(PatientName="LI*"), False),
        (keys(PatientName="王小丽"), True),
        (keys(PatientName="王*"), True),
        (keys(PatientName="Wang*=王^*"), True),
        (keys(PatientName="Wang*=李*"), False),
        (keys(PatientName="=王^小?"), True),
        (keys(PatientID="0123456789"), True),
        (keys(PatientID="01234*"), True),
        (keys(PatientID="9*"), False),
        (keys(AccessionNumber="260302ABCDEF"), True),
        (keys(AccessionNumber="260302abcdef"), False),
        (keys(StudyInstanceUID=["1.2.3", "2.25.1"]), True),
        (keys(StudyInstanceUID="1.2.3"), False),
        (keys(RequestedProcedureID="ABCDEFGHJKMNPQRS"), True),
        (keys(RequestedProcedureID="X"), False),
        (keys(PatientBirthDate="19800101-19901231"), True),
        (keys(PatientBirthDate="1991"), MalformedKey),
        (keys(PatientSex="M"), False),
        (keys(RequestedProcedurePriority="STAT"), True),
        (keys({}), True),
        (keys({"Modality": "DX"}), True),
        (keys({"Modality": ["CT", "DX"]}), True),
        (keys({"Modality": "CT"}), False),
        (keys({"ScheduledStationAETitle": "DR1"}), True),
        (keys({"ScheduledStationAETitle": "DR2"}), True),
        (keys({"ScheduledStationAETitle": "DR3"}), False),
        (keys({"ScheduledPerformingPhysicianName": "Dr*"}), False),
        (keys({"ScheduledPerformingPhysicianName": "*"}), True),
        (keys({"ScheduledProcedureStepStartDate": "20260302"}), True),
        (keys({"ScheduledProcedureStepStartDate": "2026.03.02"}), True),
        (keys({"ScheduledProcedureStepStartDate": "20260301-20260303"}), True),
        (keys({"ScheduledProcedureStepStartDate": "-20260302"}), True),
        (keys({"ScheduledProcedureStepStartDate": "20260303-"}), False),
        (keys({"ScheduledProcedureStepStartDate": "today"}), MalformedKey),
        (keys({"ScheduledProcedureStepStartDate": "20261301"}), False),
        (keys({"ScheduledProcedureStepStartTime": "16"}), True),
        (keys({"ScheduledProcedureStepStartTime": "160500"}), True),
        (keys({"ScheduledProcedureStepStartTime": "1500-1605"}), True),
        (keys({"ScheduledProcedureStepStartTime": "-1604"}), False),
        (keys({"ScheduledProcedureStepStartTime": "noon"}), MalformedKey),
    ],
)
def test_what_is_meant(asked: dict[str, Any], means: bool | type[MalformedKey]) -> None:
    if means is MalformedKey:
        with pytest.raises(MalformedKey):
            asked_of(CHEST, asked)
        return

    assert (asked_of(CHEST, asked) is not None) is means


@pytest.mark.parametrize(
    ("day", "clock", "means"),
    [
        ("20260301-20260302", "1800-0900", False),  # ends on the second at nine
        ("20260301-20260302", "1800-1700", True),
        ("20260302-20260303", "1700-0900", False),
        ("20260302-20260303", "1600-0900", True),
        ("20260302-", "1600-", True),
        ("-20260302", "-1605", True),
        ("20260302", "1700-1800", False),  # a day and hours of it
    ],
)
def test_ranges_of_date_and_time_count_as_one(day: str, clock: str, means: bool) -> None:
    step = {"ScheduledProcedureStepStartDate": day, "ScheduledProcedureStepStartTime": clock}

    assert (asked_of(CHEST, keys(step)) is not None) is means


def test_the_days_that_are_asked() -> None:
    def between(asked: str) -> tuple[date | None, date | None]:
        return days(keys({"ScheduledProcedureStepStartDate": asked}))

    assert between("20260302") == (date(2026, 3, 2), date(2026, 3, 2))
    assert between("20260301-20260303") == (date(2026, 3, 1), date(2026, 3, 3))
    assert between("-20260303") == (None, date(2026, 3, 3))
    assert (between(""), days(keys())) == ((None, None), (None, None))
    with pytest.raises(MalformedKey):
        between("20261301")


def test_an_answer_has_what_was_asked_and_nothing_else() -> None:
    found = asked_of(CHEST, keys({"Modality": "", "ScheduledStationAETitle": ""}, PatientName="", PatientWeight=""))

    assert found is not None
    assert found.supported
    assert [element.keyword for element in found.dataset] == [
        "PatientName",
        "PatientWeight",
        "ScheduledProcedureStepSequence",
    ]
    (step,) = found.dataset.ScheduledProcedureStepSequence
    assert {element.keyword: element.value for element in step} == {
        "Modality": "DX",
        "ScheduledStationAETitle": "DR1",
    }
    assert found.dataset.PatientName == "WANG^XIAOLI=王^小丽"


def test_the_station_that_is_told_is_the_one_that_was_asked() -> None:
    found = asked_of(CHEST, keys({"ScheduledStationAETitle": "DR2"}))

    assert found is not None
    assert found.dataset.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == "DR2"


def test_a_sequence_without_an_item_asks_for_all_of_it() -> None:
    found = asked_of(CHEST, keys(ScheduledProcedureStepSequence=[], RequestedProcedureCodeSequence=[]))

    assert found is not None
    (step,), (code,) = found.dataset.ScheduledProcedureStepSequence, found.dataset.RequestedProcedureCodeSequence
    assert (code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning) == ("DX-CHEST", "99TIERREAD", "DR 胸部")
    # Table K.6-1: of type 1 in the step.
    assert all(
        step[keyword].value
        for keyword in (
            "ScheduledStationAETitle",
            "ScheduledProcedureStepStartDate",
            "ScheduledProcedureStepStartTime",
            "Modality",
            "ScheduledProcedureStepID",
        )
    )


def test_optional_keys_that_are_not_supported_are_told() -> None:
    def supported(**root: Any) -> bool:
        found = asked_of(CHEST, keys(**root))
        assert found is not None
        return found.supported

    assert supported(AdmissionID="", MedicalAlerts="")
    assert not supported(AdmissionID="7")
    assert not supported(QueryRetrieveLevel="STUDY")
    assert not supported(PatientComments="")


def test_two_items_in_a_sequence_are_no_identifier() -> None:
    with pytest.raises(MalformedKey):
        asked_of(CHEST, keys(ScheduledProcedureStepSequence=[{}, {}]))


def test_what_breaks_the_form_of_an_element_is_made_fit() -> None:
    long = replace(CHEST, reason="line\nline \\ " + "x" * 100, body_part="A" * 40, laterality="L")
    found = asked_of(long, keys(ReasonForTheRequestedProcedure="", RequestedProcedureCodeSequence=[]))

    assert found is not None
    assert found.dataset.ReasonForTheRequestedProcedure.startswith("line line / xxx")
    assert len(found.dataset.ReasonForTheRequestedProcedure) <= 64
    assert len(found.dataset.RequestedProcedureCodeSequence[0].CodeValue) == 16


@pytest.mark.parametrize(
    ("terms", "protocol", "told"),
    [
        ("ISO_IR 192", ["低剂量平扫\n不用对比剂", "see the slip"], "低剂量平扫 不用对比剂"),
        ("ISO_IR 100", ["低剂量平扫", "see the slip"], "see the slip"),
        ("ISO_IR 100", ["不建议：contrast naïve", "against: contrast naïve", "x"], "against: contrast naïve"),
        ("ISO_IR 6", ["低剂量", "naïve"], "naive"),
        ("ISO_IR 192", [], ""),
    ],
)
def test_the_protocol_is_told_or_where_it_stands(terms: str, protocol: list[str], told: str) -> None:
    readable = answer_charset(terms, ())
    found = answer(keys(RequestedProcedureComments=""), attributes(replace(CHEST, protocol=protocol), readable))

    assert found is not None
    assert (found.dataset.RequestedProcedureComments or "") == told


@given(st.text(alphabet="*?^= 王Wang\\", max_size=40))
def test_no_pattern_is_too_much(pattern: str) -> None:
    asked_of(CHEST, {"00100010": {"vr": "PN", "Value": [{"Alphabetic": pattern}]}})


def test_times_are_those_of_the_site() -> None:
    late = replace(CHEST, begins=datetime(2026, 3, 2, 17, 30, tzinfo=ZoneInfo("UTC")).astimezone(CHEST.begins.tzinfo))
    found = asked_of(late, keys({"ScheduledProcedureStepStartDate": "20260303", "ScheduledProcedureStepStartTime": ""}))

    assert found is not None
    assert found.dataset.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartTime == "013000"
