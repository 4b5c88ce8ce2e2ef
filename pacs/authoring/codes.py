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
CHINESE: Final = Code("zh", "RFC5646", "Chinese")
ENGLISH: Final = Code("en", "RFC5646", "English")
