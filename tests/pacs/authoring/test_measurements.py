"""Measurements, key images and drawings of a report as DICOM: valid to an independent judge, true to the pixel."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset

from pacs.authoring.content_items import decimal
from pacs.authoring.document import Written
from pacs.authoring.key_objects import key_objects
from pacs.authoring.measurements import measurement_report
from pacs.authoring.presentation_state import presentation_state, shown_as
from pacs.authoring.report import Mark, Picture, Reference, Value
from tests.conftest import need_tool
from tests.dciodvfy import errors_of
from tests.pacs.authoring.test_document import CT, REPORT, file_of

IMAGE = Reference(study_uid="1.2.3", series_uid="1.2.3.1", sop_class_uid=CT, sop_instance_uid="1.2.3.1.1")
ENHANCED = Reference(study_uid="1.2.3", series_uid="1.2.3.4", sop_class_uid=f"{CT}.1", sop_instance_uid="1.2.3.4.1")
ONE, SECOND = Picture(reference=IMAGE), Picture(reference=ENHANCED, frame=2)
CORNERS = ((10.0, 20.0), (30.5, 20.0), (30.5, 40.0), (10.0, 40.0))
MM, HU = "mm", "[hnsf'U]"


def mark(number: int, kind: str, points: tuple[tuple[float, float], ...] = (), **known: Any) -> Mark:
    return replace(Mark(uid=f"2.25.{number}", kind=kind, picture=ONE, points=points), **known)


MARKS = (
    mark(1, "length", CORNERS[:2], values=(Value(name="length", value=12.25, unit=MM),), text="结节"),
    mark(2, "angle", CORNERS[:3], values=(Value(name="angle", value=90.0, unit="deg"),)),
    mark(3, "cobb", CORNERS, values=(Value(name="angle", value=1 / 3, unit="deg"),)),
    mark(
        4,
        "ellipse",
        CORNERS,
        values=(
            Value(name="area", value=410.0, unit="mm2"),
            Value(name="mean", value=-812.123456789, unit=HU),
            Value(name="sd", value=1e-9, unit=HU),
        ),
    ),
    mark(5, "rectangle", CORNERS, values=(Value(name="max", value=300.0, unit="1"),), picture=SECOND),
    mark(6, "probe", CORNERS[:1], values=(Value(name="value", value=40.0, unit=HU),)),
    mark(7, "ratio", CORNERS, values=(Value(name="ratio", value=0.52, unit="1"),)),
    mark(8, "arrow", CORNERS[:2], text="此处"),
    mark(9, "key", text="最大层面"),
    mark(10, "key", picture=SECOND),
)
MARKED = replace(REPORT, marks=MARKS)
ON_ONE, ON_SECOND = (replace(REPORT, marks=[one for one in MARKS if one.picture == each]) for each in (ONE, SECOND))


def header(**known: Any) -> Dataset:
    made = Dataset()
    for keyword, value in known.items():
        setattr(made, keyword, value)
    return made


HEADER = header(
    Rows=512,
    Columns=256,
    PhotometricInterpretation="MONOCHROME1",
    RescaleSlope="1",
    RescaleIntercept="-1024",
    RescaleType="HU",
    WindowCenter="40",
    WindowWidth="400",
    PixelSpacing=[0.7, 0.7],
)


def read(made: Written) -> FileDataset:
    return dcmread(BytesIO(file_of(made)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_they_are_valid(language: str) -> None:
    report = replace(MARKED, language=language)
    made = (
        measurement_report(report),
        key_objects(report),
        presentation_state(replace(ON_ONE, language=language), HEADER),
        presentation_state(ON_SECOND, header(Rows=8, Columns=8, PixelAspectRatio=[4, 3])),
    )

    assert [errors_of(file_of(one)) for one in made] == [set()] * 4


def test_another_reader_finds_each_value_with_its_unit_and_its_place(tmp_path: Path) -> None:
    (tmp_path / "sr.dcm").write_bytes(file_of(measurement_report(MARKED)))
    done = subprocess.run(
        [need_tool("dsrdump"), "--convert-to-utf8", "--print-long-values", str(tmp_path / "sr.dcm")],
        check=True,
        capture_output=True,
        text=True,
    )
    numbers = [line.strip() for line in done.stdout.splitlines() if "contains NUM" in line]

    assert numbers == [
        '<contains NUM:(,,"Length")="12.25" (mm,UCUM,"millimeter")>',
        '<contains NUM:(,,"Angle")="90" (deg,UCUM,"degree")>',
        '<contains NUM:(,,"Cobb angle")="0.3333333333" (deg,UCUM,"degree")>',
        '<contains NUM:(,,"Area")="410" (mm2,UCUM,"square millimeter")>',
        '<contains NUM:(,,"Attenuation Coefficient")="-812.1234568" ([hnsf\'U],UCUM,"Hounsfield unit")>',
        '<contains NUM:(,,"Attenuation Coefficient")="1e-09" ([hnsf\'U],UCUM,"Hounsfield unit")>',
        '<contains NUM:(,,"Value of pixels")="300" (1,UCUM,"no units")>',
        '<contains NUM:(,,"Attenuation Coefficient")="40" ([hnsf\'U],UCUM,"Hounsfield unit")>',
        '<contains NUM:(,,"Ratio")="0.52" (1,UCUM,"no units")>',
    ]
    assert done.stdout.count("inferred from SCOORD") == 11  # two lines where two are compared
    assert done.stdout.count("selected from IMAGE") == 11


def test_a_value_says_where_it_was_measured_to_the_pixel() -> None:
    made = read(measurement_report(MARKED))
    groups = next(one for one in made.ContentSequence if one.ValueType == "CONTAINER").ContentSequence
    [length] = [one for one in groups[0].ContentSequence if one.ValueType == "NUM"]
    [place] = length.ContentSequence
    of_frame = next(one for one in groups[4].ContentSequence if one.ValueType == "NUM").ContentSequence[-1]

    assert (place.GraphicType, list(place.GraphicData)) == ("POLYLINE", [10.0, 20.0, 30.5, 20.0])
    assert place.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == IMAGE.sop_instance_uid
    assert "ReferencedFrameNumber" not in place.ContentSequence[0].ReferencedSOPSequence[0]
    assert of_frame.ContentSequence[0].ReferencedSOPSequence[0].ReferencedFrameNumber == 2
    assert list(of_frame.GraphicData)[:2] == list(of_frame.GraphicData)[-2:]


def test_a_group_says_how_its_lengths_were_calibrated_where_somebody_knows() -> None:
    marks = [replace(MARKS[0], calibration=one) for one in ("detector", "fiducial", "patient", "")]
    made = measurement_report(replace(REPORT, marks=marks))
    groups = next(one for one in read(made).ContentSequence if one.ValueType == "CONTAINER").ContentSequence
    methods = [
        [each.ConceptCodeSequence[0].CodeMeaning for each in one.ContentSequence if _names(each) == "370129005"]
        for one in groups
    ]

    assert errors_of(file_of(made)) == set()
    assert methods == [["Not calibrated, at the detector plane"], ["Calibrated by an object of known size"], [], []]


def _names(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue)


def test_key_images_are_named_with_their_frames_and_what_was_written() -> None:
    made = read(key_objects(MARKED))
    images = [one.ReferencedSOPSequence[0] for one in made.ContentSequence if one.ValueType == "IMAGE"]

    assert [one.get("ReferencedFrameNumber") for one in images] == [None, 2]
    assert [one.TextValue for one in made.ContentSequence if "TextValue" in one][-1] == "最大层面"
    assert made.Modality == "KO"


def test_a_presentation_state_draws_on_the_picture_as_it_is_shown() -> None:
    made = read(presentation_state(ON_ONE, HEADER))
    drawn = [list(map(shape_of, one.GraphicObjectSequence)) for one in made.GraphicAnnotationSequence]

    assert drawn[0] == [("POLYLINE", [10.0, 20.0, 30.5, 20.0])]
    assert [kind for kind, _ in drawn[3]] == ["ELLIPSE"]
    assert len(drawn) == 7  # no key image
    assert drawn[6][1] == ("POLYLINE", [15.125, 25.125, 10.0, 20.0, 15.125, 14.875])
    assert made.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue == "结节\r\n12.25 mm"
    assert (made.RescaleIntercept, made.PresentationLUTShape) == (-1024, "INVERSE")
    assert made.SoftcopyVOILUTSequence[0].WindowWidth == 400
    assert list(made.DisplayedAreaSelectionSequence[0].DisplayedAreaBottomRightHandCorner) == [256, 512]


def table(first: int, entries: list[int], **known: Any) -> Dataset:
    return header(LUTDescriptor=[len(entries), first, 16], LUTData=entries, **known)


def test_tables_and_functions_of_the_picture_are_those_of_its_state() -> None:
    plain = {"Rows": 8, "Columns": 8, "PhotometricInterpretation": "MONOCHROME2", "BitsStored": 12}
    by_tables = header(
        ModalityLUTSequence=[table(0, [0, 700, 65535], ModalityLUTType="OD")],
        VOILUTSequence=[table(3, [0, 65535])],
        **plain,
    )
    sigmoid = header(WindowCenter=[2000, 1], WindowWidth=[4000, 2], VOILUTFunction="SIGMOID", **plain)
    tables, function = (presentation_state(ON_ONE, one) for one in (by_tables, sigmoid))
    made, window = read(tables), read(function).SoftcopyVOILUTSequence[0]
    [modality], [voi] = made.ModalityLUTSequence, made.SoftcopyVOILUTSequence[0].VOILUTSequence

    assert [errors_of(file_of(one)) for one in (tables, function)] == [set()] * 2
    assert (list(modality.LUTDescriptor), modality.ModalityLUTType) == ([3, 0, 16], "OD")
    assert modality.LUTData == b"\x00\x00\xbc\x02\xff\xff"
    assert (list(voi.LUTDescriptor), voi.LUTData) == ([2, 3, 16], b"\x00\x00\xff\xff")
    assert "RescaleSlope" not in made
    assert (window.WindowCenter, window.WindowWidth, window.VOILUTFunction) == (2000, 4000, "SIGMOID")


def test_a_state_is_for_frames_that_are_shown_in_one_way() -> None:
    def of_frame(center: int) -> Dataset:
        window = header(WindowCenter=center, WindowWidth=400)
        rescaled = header(RescaleIntercept=-center, RescaleSlope=1, RescaleType="HU")
        return header(FrameVOILUTSequence=[window], PixelValueTransformationSequence=[rescaled])

    enhanced = header(Rows=8, Columns=8, PerFrameFunctionalGroupsSequence=[of_frame(n) for n in (10, 20, 20)])
    second = shown_as(enhanced, {2, 3})
    assert second is not None
    made = read(presentation_state(ON_SECOND, second))

    assert (made.RescaleIntercept, made.SoftcopyVOILUTSequence[0].WindowCenter) == (-20, 20)
    assert shown_as(enhanced, {1, 2}) is None
    assert shown_as(HEADER, {1}) == HEADER


@pytest.mark.parametrize("value", [-1.234567891e-100, 12345678901.0, -0.00001234567891, 1 / 3, 1e300, 0.0])
def test_a_number_fits_its_representation(value: float) -> None:
    assert len(decimal(value)) <= 16
    assert float(decimal(value)) == pytest.approx(value)


def shape_of(drawn: Dataset) -> tuple[str, list[float]]:
    return drawn.GraphicType, list(drawn.GraphicData)
