"""Coded concepts (PS3.16) of the documents that we write, and the items that name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset

OURS: Final = "99TIERREAD"
"""Coding scheme of concepts that the standard does not have (PS3.16 8.2: private schemes begin with 99)."""


@dataclass(frozen=True)
class Code:
    """A triplet: Code Value, Coding Scheme Designator, Code Meaning (PS3.3 8.8)."""

    value: str
    scheme: str
    meaning: str

    def item(self) -> Dataset:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = self.value, self.scheme, self.meaning
        return item


IMAGING_REPORT: Final = Code("18748-4", "LN", "Diagnostic Imaging Report")
LANGUAGE: Final = Code("121049", "DCM", "Language of Content Item and Descendants")
OBSERVER_TYPE: Final = Code("121005", "DCM", "Observer Type")
PERSON: Final = Code("121006", "DCM", "Person")
OBSERVER_NAME: Final = Code("121008", "DCM", "Person Observer Name")
OBSERVER_ROLE: Final = Code("121010", "DCM", "Person Observer's Role in the Organization")
RESIDENT: Final = Code("405277009", "SCT", "Resident")
"""CID 7452."""
OBSERVER_ORGANISATION: Final = Code("121009", "DCM", "Person Observer's Organization Name")
REQUEST: Final = Code("121062", "DCM", "Request")
FINDINGS: Final = Code("121070", "DCM", "Findings")
FINDING: Final = Code("121071", "DCM", "Finding")
IMPRESSIONS: Final = Code("121072", "DCM", "Impressions")
IMPRESSION: Final = Code("121073", "DCM", "Impression")
RECOMMENDATIONS: Final = Code("121074", "DCM", "Recommendations")
RECOMMENDATION: Final = Code("121075", "DCM", "Recommendation")
RESULT: Final = Code("RESULT", OURS, "Result of the examination")
POSITIVE: Final = Code("10828004", "SCT", "Positive")
NEGATIVE: Final = Code("260385009", "SCT", "Negative")
CRITICAL: Final = Code("CRITICAL", OURS, "Class of critical result")
CONSULTATION: Final = Code("CONSULTATION", OURS, "Consultation")
INCOMPLETE: Final = Code("INCOMPLETE", OURS, "Why it was signed before all images had arrived")
NOT_ASSESSED: Final = Code("NOT-ASSESSED", OURS, "Images that were not assessed")
MEASUREMENT_REPORT: Final = Code("126000", "DCM", "Imaging Measurement Report")
MEASUREMENTS: Final = Code("126010", "DCM", "Imaging Measurements")
GROUP: Final = Code("125007", "DCM", "Measurement Group")
TRACKING: Final = Code("112039", "DCM", "Tracking Identifier")
TRACKING_UID: Final = Code("112040", "DCM", "Tracking Unique Identifier")
PROCEDURE: Final = Code("121058", "DCM", "Procedure reported")
IMAGING: Final = Code("363679005", "SCT", "Imaging procedure")
METHOD: Final = Code("370129005", "SCT", "Measurement Method")
FIDUCIAL: Final = Code("CAL-FIDUCIAL", OURS, "Calibrated by an object of known size")
GEOMETRY: Final = Code("CAL-GEOMETRY", OURS, "Calibrated for an assumed geometry")
CALIBRATED: Final = Code("CAL-UNSPECIFIED", OURS, "Calibrated in an unspecified way")
MAGNIFICATION: Final = Code("CAL-MAGNIFICATION", OURS, "Corrected by estimated radiographic magnification factor")
DETECTOR: Final = Code("CAL-DETECTOR", OURS, "Not calibrated, at the detector plane")
REGION: Final = Code("CAL-REGION", OURS, "Calibrated by the ultrasound region")
COMMENT: Final = Code("121106", "DCM", "Comment")
LENGTH: Final = Code("410668003", "SCT", "Length")
ANGLE: Final = Code("1483009", "SCT", "Angle")
COBB: Final = Code("285285000", "SCT", "Cobb angle")
AREA: Final = Code("42798000", "SCT", "Area")
RATIO: Final = Code("118586006", "SCT", "Ratio")
ATTENUATION: Final = Code("112031", "DCM", "Attenuation Coefficient")
PIXEL_VALUE: Final = Code("PIXEL-VALUE", OURS, "Value of pixels")
DERIVATION: Final = Code("121401", "DCM", "Derivation")
MEAN: Final = Code("373098007", "SCT", "Mean")
DEVIATION: Final = Code("386136009", "SCT", "Standard Deviation")
MINIMUM: Final = Code("255605001", "SCT", "Minimum")
MAXIMUM: Final = Code("56851009", "SCT", "Maximum")
OF_INTEREST: Final = Code("113000", "DCM", "Of Interest")
KEY_DESCRIPTION: Final = Code("113012", "DCM", "Key Object Description")
CHINESE: Final = Code("zh", "RFC5646", "Chinese")
ENGLISH: Final = Code("en", "RFC5646", "English")
