"""Reports as DICOM documents: valid to an independent judge, and read back by an independent reader."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import FileDataset

from pacs.authoring.document import Written
from pacs.authoring.encapsulated_pdf import encapsulated_pdf
from pacs.authoring.report import Reference, Report, Said, Signer
from pacs.authoring.structured_report import SOP_CLASS, structured_report
from pacs.dataset import part10
from tests.conftest import need_tool
from tests.dciodvfy import errors_of

CHINA = timezone(timedelta(hours=8))
AT = datetime(2026, 3, 2, 17, 30, tzinfo=CHINA)
CT = "1.2.840.10008.5.1.4.1.1.2"
PDF = b"%PDF-1.7 odd"
SAID = Said(
    request="咳嗽三天",
    findings="两肺纹理清晰。\n心影不大。",
    impression="右下肺炎",
    recommendation="治疗后复查",
    consultation="同意",
    incomplete="急诊",
    not_assessed="序列 3",
    critical="气胸",
    positive=True,
)
REPORT = Report(
    sop_instance_uid="2.25.101",
    series_uid="2.25.100",
    study_uid="1.2.3",
    attributes={
        "PatientID": "P1",
        "IssuerOfPatientID": "OAK",
        "PatientName": "Wang^Xiaoming=王^小明",
        "PatientBirthDate": "19800506",
        "PatientSex": "F",
        "StudyDate": "20260302",
        "StudyTime": "081500",
        "StudyID": "1",
        "AccessionNumber": "A1",
        "StudyDescription": "",
    },
    number=2,
    released_at=AT,
    institution="山乡卫生院",
    title="CT检查报告单",
    language="zh",
    said=SAID,
    signers=[
        Signer(name="陈^医生", organisation="县医院", signed_at=AT, is_author=True),
        Signer(name="Ben", organisation="市医院", signed_at=AT + timedelta(minutes=5), is_author=False),
    ],
    read=[
        Reference(study_uid="1.2.3", series_uid=f"1.2.3.{s}", sop_class_uid=CT, sop_instance_uid=f"1.2.3.{s}.{i}")
        for i in range(1, 4)
        for s in (2, 1)
    ],
    predecessor=Reference(
        study_uid="1.2.3",
        series_uid="2.25.100",
        sop_class_uid=SOP_CLASS,
        sop_instance_uid="2.25.9",
    ),
)
PLAIN = replace(
    REPORT,
    number=1,
    language="en",
    said=Said(findings="Clear lungs. " * 1500, positive=False),
    signers=REPORT.signers[:1],
    read=(),
    predecessor=None,
    attributes={"PatientID": ""},
)


def file_of(made: Written) -> bytes:
    head = part10.head(
        sop_class_uid=made.sop_class_uid,
        sop_instance_uid=made.sop_instance_uid,
        transfer_syntax_uid="1.2.840.10008.1.2.1",
    )
    return head + made.dataset


def read(made: Written) -> FileDataset:
    return dcmread(BytesIO(file_of(made)))


@pytest.mark.parametrize("report", [REPORT, PLAIN], ids=["everything", "long, without impression"])
def test_they_are_valid(report: Report) -> None:
    assert errors_of(file_of(structured_report(report))) == set()
    assert errors_of(file_of(encapsulated_pdf(report, PDF))) == set()


def test_another_reader_finds_the_words_in_the_structured_report(tmp_path: Path) -> None:
    (tmp_path / "sr.dcm").write_bytes(file_of(structured_report(REPORT)))
    done = subprocess.run(
        [need_tool("dsrdump"), "--convert-to-utf8", "--print-long-values", str(tmp_path / "sr.dcm")],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line.strip() for line in done.stdout.splitlines()]

    assert "Completion Flag     : COMPLETE" in lines
    assert "Verification Flag   : VERIFIED" in lines
    assert "Verifying Observers : 2026-03-02 17:35:00 +08:00, Ben, 市医院" in lines
    assert "Predecessor Docs    : 1" in lines
    assert '<contains TEXT:(,,"Finding")="两肺纹理清晰。\\r\\n心影不大。">' in lines
    assert '<contains TEXT:(,,"Impression")="右下肺炎">' in lines
    assert '<contains CODE:(,,"Result of the examination")=(10828004,SCT,"Positive")>' in lines
    assert '<has obs context PNAME:(,,"Person Observer Name")="陈 医生">' in lines


def test_a_residents_role_and_the_titles_stand_beside_the_names() -> None:
    resident = Signer(
        name="Zoe", organisation="县医院", signed_at=AT, is_author=True, title="住院医师", in_training=True
    )
    attending = Signer(name="Vera", organisation="县医院", signed_at=AT, is_author=False, title="主治医师")
    signed = file_of(structured_report(replace(REPORT, signers=[resident, attending])))
    made = dcmread(BytesIO(signed))
    roles = [
        one.ConceptCodeSequence[0].CodeValue
        for one in made.ContentSequence
        if one.ConceptNameCodeSequence[0].CodeValue == "121010"
    ]

    assert errors_of(signed) == set()
    assert roles == ["405277009"]
    assert [str(one.PersonName) for one in made.AuthorObserverSequence] == ["Zoe^^^^住院医师"]
    assert [str(one.VerifyingObserverName) for one in made.VerifyingObserverSequence] == ["Vera^^^^主治医师"]
    long = replace(attending, name="V" * 60)
    [observer] = dcmread(
        BytesIO(file_of(structured_report(replace(REPORT, signers=[resident, long]))))
    ).VerifyingObserverSequence
    assert str(observer.VerifyingObserverName) == "V" * 60


def test_the_structured_report_names_what_it_was_read_from_and_what_it_supersedes() -> None:
    made = read(structured_report(REPORT))
    [study] = made.CurrentRequestedProcedureEvidenceSequence
    named = {
        (one.SeriesInstanceUID, image.ReferencedSOPInstanceUID)
        for one in study.ReferencedSeriesSequence
        for image in one.ReferencedSOPSequence
    }
    [before] = made.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence

    assert named == {(one.series_uid, one.sop_instance_uid) for one in REPORT.read}
    assert before.ReferencedSOPInstanceUID == "2.25.9"
    assert [template.TemplateIdentifier for template in made.ContentTemplateSequence] == ["2000"]
    assert "PredecessorDocumentsSequence" not in read(structured_report(PLAIN))
    assert [one.VerifyingObserverName for one in read(structured_report(PLAIN)).VerifyingObserverSequence] == [
        "陈 医生"
    ]


def test_the_pdf_comes_out_as_it_went_in_under_the_name_of_the_patient() -> None:
    made = read(encapsulated_pdf(REPORT, PDF[:-1]))

    assert made.EncapsulatedDocument[: made.EncapsulatedDocumentLength] == PDF[:-1]
    assert len(made.EncapsulatedDocument) % 2 == 0
    assert str(made.PatientName) == REPORT.attributes["PatientName"]
    assert (made.Modality, made.BurnedInAnnotation, made.InstanceNumber) == ("DOC", "YES", 2)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert structured_report(REPORT) == structured_report(REPORT)
    assert encapsulated_pdf(REPORT, PDF) == encapsulated_pdf(REPORT, PDF)


def test_times_stand_in_the_offset_that_the_images_name() -> None:
    def told(offset: str) -> tuple[str, str, str, str]:
        report = replace(REPORT, attributes={**REPORT.attributes, "TimezoneOffsetFromUTC": offset})
        made = read(structured_report(report))
        return made.ContentDate, made.ContentTime, made.InstanceCreationDate, made.InstanceCreationTime

    assert told("-0930") == ("20260302", "000000", "20260302", "000000")
    assert told("+1400") == ("20260302", "233000", "20260302", "233000")
    assert told("") == told("odd") == ("20260302", "173000", "20260302", "173000")
