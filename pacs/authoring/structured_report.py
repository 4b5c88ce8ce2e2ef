"""A final report as Basic Text SR by TID 2000, the basic diagnostic imaging report (PS3.3 A.35.1, PS3.16 TID 2000)."""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset

from pacs.authoring import codes
from pacs.authoring.content_items import CONTAINS, author, code, container, language, text
from pacs.authoring.document import Written, verified_document, written
from pacs.authoring.report import Report, Said

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.88.11"
SERIES_NUMBER: Final = 9001
"""Behind the series of a device."""


def structured_report(report: Report) -> Written:
    """The document: complete and verified, since only a final version becomes one."""
    made = verified_document(
        report, sop_class_uid=SOP_CLASS, series_number=SERIES_NUMBER, title=codes.IMAGING_REPORT.item(), template="2000"
    )
    made.ContentSequence = [language(report.language), *author(report.signers), *_sections(report.said)]
    return written(made)


def _sections(said: Said) -> list[Dataset]:
    found: list[Dataset] = []
    for heading, concept, words in (
        (codes.REQUEST, codes.REQUEST, said.request),
        (codes.FINDINGS, codes.FINDING, said.findings),
        (codes.IMPRESSIONS, codes.IMPRESSION, said.impression),
        (codes.RECOMMENDATIONS, codes.RECOMMENDATION, said.recommendation),
        (codes.CONSULTATION, codes.CONSULTATION, said.consultation),
        (codes.INCOMPLETE, codes.INCOMPLETE, said.incomplete),
        (codes.NOT_ASSESSED, codes.NOT_ASSESSED, said.not_assessed),
    ):
        inside = [text(concept, words)] if words.strip() else []
        inside += _result(said) if heading is codes.IMPRESSIONS else []
        if inside:
            found.append(container(heading, inside))
    return found


def _result(said: Said) -> list[Dataset]:
    """What a list of reports shows of it: positive or negative, and the class of a critical result."""
    found: list[Dataset] = []
    if said.positive is not None:
        found.append(code(CONTAINS, codes.RESULT, codes.POSITIVE if said.positive else codes.NEGATIVE))
    if said.critical:
        found.append(text(codes.CRITICAL, said.critical))
    return found
