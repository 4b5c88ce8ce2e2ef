"""The data sets that the invented devices send: Digital X-Ray and CT images (PS3.3 A.26, A.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
)

from service.demo import ct, radiographs
from service.demo.radiographs import Chest, Hand
from service.demo.region import PATIENTS, ChestCt, Examination, Sent, body_part, laterality, site_of

Pixels = npt.NDArray[np.uint16]

CHARACTER_SET: Final = "GB18030"


def count(examination: Examination) -> int:
    """How many instances the study has."""
    return ct.SLICES if isinstance(examination.picture, ChestCt) else 1


def instances(examination: Examination, sent: Sent, at: datetime) -> Iterator[Dataset]:
    """The data sets of the study, one at a time; ``at`` is when the examination began, in local time."""
    picture = examination.picture
    match picture:
        case Chest():
            yield _radiograph(examination, sent, at, radiographs.chest(picture))
        case Hand():
            yield _radiograph(examination, sent, at, radiographs.hand(picture))
        case ChestCt():
            yield from _series(examination, sent, at, picture)


def _study(examination: Examination, sent: Sent, at: datetime, sop_class: UID, number: int) -> Dataset:
    somebody = PATIENTS[examination.patient]
    ds = Dataset()
    ds.SpecificCharacterSet = CHARACTER_SET
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = _uid(sent.study_uid, "instance", str(number))
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = f"{at:%Y%m%d}"
    ds.StudyTime = ds.SeriesTime = f"{at:%H%M%S}"
    ds.AcquisitionTime = ds.ContentTime = f"{at + timedelta(seconds=number):%H%M%S}"
    ds.TimezoneOffsetFromUTC = f"{at:%z}"
    ds.AccessionNumber = sent.accession_number
    ds.Manufacturer = "TierRead"
    ds.ManufacturerModelName = "Demonstration"
    ds.InstitutionName = site_of(examination)
    ds.StationName = examination.device
    ds.ReferringPhysicianName = ""
    ds.PatientName = f"{somebody.pinyin}={somebody.name}"
    ds.PatientID = sent.patient_number
    ds.PatientBirthDate = f"{somebody.born:%Y%m%d}"
    ds.PatientSex = str(somebody.sex)
    ds.BodyPartExamined = body_part(examination)
    ds.StudyInstanceUID = sent.study_uid
    ds.SeriesInstanceUID = _uid(sent.study_uid, "series")
    ds.StudyID = "1"
    ds.SeriesNumber = 1
    ds.InstanceNumber = number
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = sop_class
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    return ds


def _radiograph(examination: Examination, sent: Sent, at: datetime, pixels: Pixels) -> Dataset:
    ds = _study(examination, sent, at, DigitalXRayImageStorageForPresentation, 1)
    chest = isinstance(examination.picture, Chest)
    ds.Modality = "DX"
    ds.StudyDescription = "胸部正位" if chest else "手正位"
    ds.SeriesDescription = "PA"
    ds.ViewPosition = "PA"
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImageLaterality = laterality(examination) or "U"
    ds.AnatomicRegionSequence = Sequence([_code("51185008", "Chest") if chest else _code("85562004", "Hand")])
    ds.PatientOrientation = ["L", "F"] if chest else ["R", "F"]
    ds.KVP = "120" if chest else "50"
    ds.ImagerPixelSpacing = ["0.143", "0.143"] if chest else ["0.1", "0.1"]
    ds.DetectorType = "DIRECT"
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = -1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "IDENTITY"
    ds.LossyImageCompression = "00"
    ds.BurnedInAnnotation = "NO"
    ds.WindowCenter, ds.WindowWidth = ("2000", "3200") if chest else ("1700", "3400")
    _pixels(ds, pixels)
    return ds


def _series(examination: Examination, sent: Sent, at: datetime, picture: ChestCt) -> Iterator[Dataset]:
    corner = -ct.PIXEL_SPACING_MM * (ct.SIZE - 1) / 2
    frame_of_reference = _uid(sent.study_uid, "frame of reference")
    for number, pixels in enumerate(ct.slices(picture.seed, nodule=picture.nodule), start=1):
        ds = _study(examination, sent, at, CTImageStorage, number)
        height = -ct.SLICE_SPACING_MM * (number - 1)
        ds.Modality = "CT"
        ds.StudyDescription = "胸部CT平扫"
        ds.SeriesDescription = "胸部 1.6mm"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.PatientPosition = "HFS"
        ds.FrameOfReferenceUID = frame_of_reference
        ds.PositionReferenceIndicator = ""
        ds.ImagePositionPatient = [f"{corner:.2f}", f"{corner:.2f}", f"{height:.2f}"]
        ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
        ds.PixelSpacing = [str(ct.PIXEL_SPACING_MM)] * 2
        ds.SliceThickness = str(ct.SLICE_SPACING_MM)
        ds.SliceLocation = f"{height:.2f}"
        ds.KVP = "120"
        ds.AcquisitionNumber = 1
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = str(ct.INTERCEPT), "1", "HU"
        ds.WindowCenter, ds.WindowWidth = ["-600", "40"], ["1500", "400"]
        ds.WindowCenterWidthExplanation = ["LUNG", "MEDIASTINUM"]
        _pixels(ds, pixels)
        yield ds


def _pixels(ds: Dataset, pixels: Pixels) -> None:
    ds.Rows, ds.Columns = pixels.shape
    ds.PixelData = pixels.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"


def _code(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "SCT", meaning
    return code


def _uid(*made_of: str) -> UID:
    """Equal for equal parts, so that a second start sends the same; pydicom's own is random below 2.25 (PS3.5 B.2)."""
    digest = hashlib.sha256("/".join(made_of).encode()).digest()
    return UID(f"2.25.{int.from_bytes(digest[:16], 'big')}")
