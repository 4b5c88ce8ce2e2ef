"""A final report as Encapsulated PDF (PS3.3 A.45.1): the sheet as it is printed."""

from __future__ import annotations

from typing import Final

from pacs.authoring import codes
from pacs.authoring.document import Written, document, evidence, put, written
from pacs.authoring.report import Report

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.104.1"
SERIES_NUMBER: Final = 9002
_PDF: Final = "application/pdf"


def encapsulated_pdf(report: Report, pdf: bytes) -> Written:
    """The document; the sheet names its patient, so the annotation is burned in."""
    made = document(report, sop_class_uid=SOP_CLASS, modality="DOC", series_number=SERIES_NUMBER)
    made.ConversionType = "WSD"
    made.BurnedInAnnotation, made.VerificationFlag = "YES", "VERIFIED"
    made.AcquisitionDateTime = ""
    put(made, "DocumentTitle", report.title)
    made.ConceptNameCodeSequence = [codes.IMAGING_REPORT.item()]
    made.MIMETypeOfEncapsulatedDocument = _PDF
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    if report.predecessor is not None:
        made.PredecessorDocumentsSequence = evidence([report.predecessor])
    return written(made)
