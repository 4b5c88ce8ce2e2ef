"""MPPS messages as a device sends them, of which a test shows only what matters to it."""

from __future__ import annotations

from typing import Any, Final

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

STEP: Final = "1.2.826.0.1.3680043.8.498.77.1"
SERIES: Final = "1.2.826.0.1.3680043.8.498.77.2"


def beginning(**changed: Any) -> Dataset:
    """An N-CREATE's attributes for a chest radiograph; None leaves one out."""
    scheduled = Dataset()
    _put(scheduled, "StudyInstanceUID", changed.pop("study_uid", "2.25.1"))
    scheduled.AccessionNumber = changed.pop("accession_number", "260302ABCDEF")
    scheduled.ScheduledProcedureStepID = changed.pop("step_id", "ABCDEFGHJKMNPQRS")
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.ScheduledStepAttributesSequence = [scheduled]
    made.PatientName = "WANG^XIAOLI=王^小丽"
    made.PatientID = "0123456789"
    made.PerformedProcedureStepID = "1"
    made.PerformedStationAETitle = "TOWNSHIP"
    made.PerformedProcedureStepStartDate = "20260302"
    made.PerformedProcedureStepStartTime = "160500"
    made.PerformedProcedureStepStatus = "IN PROGRESS"
    made.Modality = "DX"
    made.PerformedSeriesSequence = []
    return _with(made, changed)


def ending(*instances: str, status: str = "COMPLETED", series_uid: str = SERIES, **changed: Any) -> Dataset:
    """An N-SET's modifications that end it, with what was made."""
    made = Dataset()
    made.PerformedProcedureStepStatus = status
    made.PerformedProcedureStepEndDate = "20260302"
    made.PerformedProcedureStepEndTime = "160900"
    series = Dataset()
    series.SeriesInstanceUID = series_uid
    series.ProtocolName = "chest"
    series.ReferencedImageSequence = [_reference(uid) for uid in instances]
    made.PerformedSeriesSequence = [series] if instances else []
    if status == "DISCONTINUED":
        reason = Dataset()
        reason.CodeValue, reason.CodingSchemeDesignator, reason.CodeMeaning = "110513", "DCM", "Discontinued"
        made.PerformedProcedureStepDiscontinuationReasonCodeSequence = [reason]
    return _with(made, changed)


def _reference(uid: str) -> Dataset:
    made = Dataset()
    made.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    _put(made, "ReferencedSOPInstanceUID", uid)
    return made


def _with(made: Dataset, changed: dict[str, Any]) -> Dataset:
    for keyword, value in changed.items():
        if value is None:
            del made[keyword]
        else:
            _put(made, keyword, value)
    return made


def _put(dataset: Dataset, keyword: str, value: Any) -> None:
    """Whatever it is: devices send what no library would."""
    tag = tag_for_keyword(keyword)
    assert tag is not None
    dataset[tag] = DataElement(tag, dictionary_VR(tag), value, validation_mode=config.IGNORE)
