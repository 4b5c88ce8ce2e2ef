"""What every document that we write says beside its content: patient, study, series, equipment, verification."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from io import BytesIO
from itertools import groupby
from typing import Any, Final

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomIO
from pydicom.filewriter import write_dataset

from pacs.authoring.report import Reference, Report, Signer
from pacs.dataset.part10 import IMPLEMENTATION_VERSION_NAME

MAKER: Final = "TIERREAD"
UTF_8: Final = "ISO_IR 192"
LONGEST_LO: Final = 64
"""Characters (PS3.5 6.2)."""
_OFFSET: Final = re.compile("[+-](0[0-9]|1[0-4])[0-5][0-9]")
"""Of Timezone Offset From UTC (PS3.3 C.12.1.1.8)."""
_STUDY: Final = (
    *("StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID", "PatientName", "PatientID"),
    *("PatientBirthDate", "PatientSex"),
)
"""Of type 2 (PS3.3 C.7.1.1, C.7.2.1): written also where nothing is known."""


def document(report: Report, *, sop_class_uid: str, modality: str, series_number: int) -> Dataset:
    """The modules of patient, study, series, equipment and SOP common, with date and number of the document."""
    made = Dataset()
    for keyword in _STUDY:
        put(made, keyword, report.attributes.get(keyword, ""))
    for keyword, value in report.attributes.items():
        if value:
            put(made, keyword, value)
    put(made, "SpecificCharacterSet", UTF_8)
    made.SOPClassUID, made.SOPInstanceUID = sop_class_uid, report.sop_instance_uid
    made.StudyInstanceUID, made.SeriesInstanceUID = report.study_uid, report.series_uid
    made.Modality, made.SeriesNumber, made.InstanceNumber = modality, str(series_number), str(report.number)
    put(made, "SeriesDescription", report.title[:LONGEST_LO])
    made.Manufacturer = MAKER
    put(made, "InstitutionName", report.institution[:LONGEST_LO])
    made.ManufacturerModelName, made.SoftwareVersions = MAKER, IMPLEMENTATION_VERSION_NAME
    released_at = report.released_at.astimezone(_zone(report) or report.released_at.tzinfo)
    made.ContentDate, made.ContentTime = f"{released_at:%Y%m%d}", f"{released_at:%H%M%S}"
    made.InstanceCreationDate, made.InstanceCreationTime = made.ContentDate, made.ContentTime
    return made


def _zone(report: Report) -> tzinfo | None:
    """Of Timezone Offset From UTC, which holds for every date and time of the document (PS3.3 C.12.1.1.8)."""
    offset = report.attributes.get("TimezoneOffsetFromUTC", "").strip()
    return datetime.strptime(offset, "%z").tzinfo if _OFFSET.fullmatch(offset) else None


def verified_document(
    report: Report, *, sop_class_uid: str, series_number: int, title: Dataset, template: str
) -> Dataset:
    """A structured document without its content (PS3.3 C.17.2): complete and verified, with what it was read from.

    ``title`` names the root; ``template`` is the TID of PS3.16.
    """
    made = document(report, sop_class_uid=sop_class_uid, modality="SR", series_number=series_number)
    made.ReferencedPerformedProcedureStepSequence = []
    made.CompletionFlag, made.VerificationFlag, made.PreliminaryFlag = "COMPLETE", "VERIFIED", "FINAL"
    if authors := author_observers(report.signers):
        made.AuthorObserverSequence = authors
    made.VerifyingObserverSequence = verifying_observers(report.signers)
    if report.predecessor is not None:
        made.PredecessorDocumentsSequence = evidence([report.predecessor])
    made.PerformedProcedureCodeSequence = []
    named = {*report.read, *(mark.picture.reference for mark in report.marks)}
    if named:
        made.CurrentRequestedProcedureEvidenceSequence = evidence(named)
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [title]
    made.ContentTemplateSequence = [template_of(template)]
    return made


def template_of(identifier: str) -> Dataset:
    """Which template the content follows (PS3.3 C.18.8)."""
    made = Dataset()
    made.MappingResource, made.TemplateIdentifier = "DCMR", identifier
    return made


def put(dataset: Dataset, keyword: str, value: Any) -> None:
    """Set an element to what a device or a person wrote, whatever its form is."""
    tag = tag_for_keyword(keyword)
    assert tag is not None  # noqa: S101 -- keywords of ours and of the index
    dataset[tag] = DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE)


def verifying_observers(signers: Sequence[Signer]) -> list[Dataset]:
    """Who vouches for the document (PS3.3 C.17.2): all who signed after the author, else the author."""
    return [_verifying(one) for one in [one for one in signers if not one.is_author] or signers]


def author_observers(signers: Sequence[Signer]) -> list[Dataset]:
    """Who wrote the document (PS3.3 C.17.2, Author Observer Sequence)."""
    return [_author(one) for one in signers if one.is_author]


def person_name(name: str) -> str:
    """A name as it is signed, in one component: a PN has no place for what parts components and groups."""
    return " ".join("".join(" " if mark in "^=\\" else mark for mark in name).split())[:LONGEST_LO]


def signer_name(one: Signer) -> str:
    """A name with the title that stands beside it under the report, as its suffix (PS3.5 6.2.1.1).

    A component group holds 64 characters: the title is left out where both are longer.
    """
    name, title = person_name(one.name), person_name(one.title)
    full = f"{name}^^^^{title}" if title else name
    return full if len(full) <= LONGEST_LO else name


def date_time(at: datetime) -> str:
    """A DT with its offset from UTC (PS3.5 6.2)."""
    return f"{at:%Y%m%d%H%M%S%z}"


def evidence(references: Iterable[Reference]) -> list[Dataset]:
    """References by study and series (PS3.3 C.17.2.1, Hierarchical SOP Instance Reference Macro)."""
    ordered = sorted(references, key=lambda one: (one.study_uid, one.series_uid, one.sop_instance_uid))
    studies: list[Dataset] = []
    for study_uid, in_study in groupby(ordered, key=lambda one: one.study_uid):
        study = Dataset()
        study.StudyInstanceUID = study_uid
        study.ReferencedSeriesSequence = []
        for series_uid, in_series in groupby(in_study, key=lambda one: one.series_uid):
            series = Dataset()
            series.SeriesInstanceUID = series_uid
            series.ReferencedSOPSequence = [sop_reference(one) for one in in_series]
            study.ReferencedSeriesSequence.append(series)
        studies.append(study)
    return studies


def sop_reference(one: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
    return item


@dataclass(frozen=True, kw_only=True)
class Written:
    """An object as it is kept."""

    sop_class_uid: str
    sop_instance_uid: str
    study_uid: str
    dataset: bytes = field(repr=False)
    """In explicit little endian, without File Meta Information."""


def written(made: Dataset) -> Written:
    buffer = BytesIO()
    out = DicomIO(buffer)
    out.is_little_endian, out.is_implicit_VR = True, False
    write_dataset(out, made)
    return Written(
        sop_class_uid=str(made.SOPClassUID),
        sop_instance_uid=str(made.SOPInstanceUID),
        study_uid=str(made.StudyInstanceUID),
        dataset=buffer.getvalue(),
    )


def _verifying(one: Signer) -> Dataset:
    item = Dataset()
    put(item, "VerifyingOrganization", one.organisation[:LONGEST_LO])
    item.VerificationDateTime = date_time(one.signed_at)
    put(item, "VerifyingObserverName", signer_name(one))
    item.VerifyingObserverIdentificationCodeSequence = []
    return item


def _author(one: Signer) -> Dataset:
    item = Dataset()
    item.ObserverType = "PSN"
    put(item, "PersonName", signer_name(one))
    item.PersonIdentificationCodeSequence = []
    put(item, "InstitutionName", one.organisation[:LONGEST_LO])
    item.InstitutionCodeSequence = []
    return item
