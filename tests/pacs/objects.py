"""One small object of each kind that is no plain image: it is received, listed and fetched like one."""

from __future__ import annotations

from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tests.builders import image, new_uid

SOP_CLASSES: Final = {
    "presentation state": ("1.2.840.10008.5.1.4.1.1.11.1", "PR"),
    "key object selection": ("1.2.840.10008.5.1.4.1.1.88.59", "KO"),
    "structured report": ("1.2.840.10008.5.1.4.1.1.88.33", "SR"),
    "encapsulated PDF": ("1.2.840.10008.5.1.4.1.1.104.1", "DOC"),
    "waveform": ("1.2.840.10008.5.1.4.1.1.9.1.1", "ECG"),
    "RT structure set": ("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT"),
    "RT plan": ("1.2.840.10008.5.1.4.1.1.481.5", "RTPLAN"),
    "RT dose": ("1.2.840.10008.5.1.4.1.1.481.2", "RTDOSE"),
    "segmentation": ("1.2.840.10008.5.1.4.1.1.66.4", "SEG"),
    "whole slide": ("1.2.840.10008.5.1.4.1.1.77.1.6", "SM"),
}
IMAGES: Final = frozenset({"RT dose", "segmentation", "whole slide"})
"""Kinds with pixel data."""
PIXEL_MODULE: Final = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
)


def code(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    made = Dataset()
    made.CodeValue, made.CodingSchemeDesignator, made.CodeMeaning = value, scheme, meaning
    return made


def reference(one: Dataset) -> Dataset:
    made = Dataset()
    made.ReferencedSOPClassUID, made.ReferencedSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
    return made


def evidence(*images: Dataset) -> Sequence:
    """Hierarchical references (PS3.3 10.4) to images."""
    studies: dict[str, Dataset] = {}
    for one in images:
        if one.StudyInstanceUID not in studies:
            studies[one.StudyInstanceUID] = study = Dataset()
            study.StudyInstanceUID, study.ReferencedSeriesSequence = one.StudyInstanceUID, Sequence()
        series = Dataset()
        series.SeriesInstanceUID, series.ReferencedSOPSequence = one.SeriesInstanceUID, Sequence([reference(one)])
        studies[one.StudyInstanceUID].ReferencedSeriesSequence.append(series)
    return Sequence(studies.values())


def rejection_note(*images: Dataset, title: str = "113001", scheme: str = "DCM", **shown: Any) -> Dataset:
    """A key object selection (PS3.16 TID 2010) over images."""
    made = of_kind("key object selection", images[0], **shown)
    made.ConceptNameCodeSequence = Sequence([code(title, "Rejected for Quality Reasons", scheme)])
    made.CurrentRequestedProcedureEvidenceSequence = evidence(*images)
    contents = []
    for one in images:
        content = Dataset()
        content.RelationshipType, content.ValueType = "CONTAINS", "IMAGE"
        content.ReferencedSOPSequence = Sequence([reference(one)])
        contents.append(content)
    made.ContentSequence = Sequence(contents)
    return made


def of_kind(kind: str, beside: Dataset, **shown: Any) -> Dataset:
    """An object of a kind in the study of an image, in a series of its own."""
    sop_class, modality = SOP_CLASSES[kind]
    made = image(
        SOPClassUID=sop_class,
        Modality=modality,
        StudyInstanceUID=beside.StudyInstanceUID,
        PatientID=beside.PatientID,
        PatientName=beside.PatientName,
        SeriesInstanceUID=new_uid(),
        SeriesNumber=9,
    )
    if kind not in IMAGES:
        for keyword in PIXEL_MODULE:
            del made[keyword]
    made.ContentDate, made.ContentTime = "20260302", "081500"
    if kind in ("key object selection", "structured report"):
        made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
        made.ConceptNameCodeSequence = Sequence([code("113000", "Of Interest")])
        made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
        made.CurrentRequestedProcedureEvidenceSequence = evidence(beside)
        made.ContentSequence = Sequence()
    elif kind == "presentation state":
        made.ContentLabel, made.ContentDescription, made.ContentCreatorName = "GSPS", "window", "Tang"
        made.PresentationCreationDate, made.PresentationCreationTime = "20260302", "081500"
        series = Dataset()
        series.SeriesInstanceUID = beside.SeriesInstanceUID
        series.ReferencedImageSequence = Sequence([reference(beside)])
        made.ReferencedSeriesSequence = Sequence([series])
    elif kind == "encapsulated PDF":
        made.DocumentTitle, made.MIMETypeOfEncapsulatedDocument = "report", "application/pdf"
        made.EncapsulatedDocument = b"%PDF-1.4\n%%EOF\n" + bytes(2033)
    elif kind == "waveform":
        group = Dataset()
        group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = 1, 1000
        group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
        group.WaveformData = bytes(2000)
        made.WaveformSequence = Sequence([group])
    elif kind == "RT structure set":
        made.StructureSetLabel, made.StructureSetDate, made.StructureSetTime = "ROI", "20260302", "081500"
    elif kind == "RT plan":
        made.RTPlanLabel, made.RTPlanDate, made.RTPlanTime = "PLAN", "20260302", "081500"
    elif kind == "RT dose":
        made.DoseSummationType = "PLAN"
    for keyword, value in shown.items():
        setattr(made, keyword, value)
    return made
