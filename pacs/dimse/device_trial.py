"""Tries what a device does: C-ECHO, a worklist query, and C-STORE of a generated test picture."""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from pacs.dataset.part10 import IMPLEMENTATION_CLASS_UID
from pacs.dimse.negotiation import VERIFICATION

WORKLIST: Final = "1.2.840.10008.5.1.4.31"
ECHO: Final = (build_context(VERIFICATION),)
AS_A_DEVICE: Final = (
    build_context(VERIFICATION),
    build_context(WORKLIST),
    build_context(SecondaryCaptureImageStorage, ExplicitVRLittleEndian),
)
_PENDING: Final = frozenset({0xFF00, 0xFF01})
_SIDE: Final = 16


def offers(association: Association, sop_class_uid: str) -> bool:
    """Whether the peer accepted a presentation context for this SOP class."""
    return any(_is_for(context, sop_class_uid) for context in association.accepted_contexts)


def echo(association: Association) -> int | None:
    """The status of a C-ECHO, None where there was no response."""
    return association.send_c_echo().get("Status")


def worklist(association: Association) -> tuple[int | None, int]:
    """The status of a worklist query for everything (PS3.4 K), and the number of matches."""
    step = Dataset()
    step.Modality = step.ScheduledStationAETitle = step.ScheduledProcedureStepStartDate = ""
    identifier = Dataset()
    identifier.PatientName = identifier.PatientID = identifier.AccessionNumber = ""
    identifier.ScheduledProcedureStepSequence = [step]
    matches, status = 0, None
    for answer, _ in association.send_c_find(identifier, WORKLIST):
        status = answer.get("Status")
        matches += status in _PENDING
    return status, matches


def store(association: Association) -> int | None:
    """The status of a C-STORE of a small generated picture, which is labelled as a test."""
    return association.send_c_store(_picture()).get("Status")


def _picture() -> Dataset:
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    made.SOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID, made.SeriesInstanceUID, made.StudyInstanceUID = (generate_uid(None) for _ in range(3))
    made.PatientName, made.PatientID, made.StudyID = "TEST^NOBODY", "TEST", "TEST"
    made.Modality, made.ConversionType, made.InstanceNumber, made.SeriesNumber = "OT", "SYN", 1, 1
    made.PatientBirthDate = made.PatientSex = made.StudyDate = made.StudyTime = made.AccessionNumber = ""
    made.ReferringPhysicianName = ""
    made.Rows = made.Columns = _SIDE
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    made.PixelData = bytes(range(256))[: _SIDE * _SIDE]
    made["PixelData"].VR = "OB"
    return made


def _is_for(context: PresentationContext, sop_class_uid: str) -> bool:
    return context.abstract_syntax == sop_class_uid
