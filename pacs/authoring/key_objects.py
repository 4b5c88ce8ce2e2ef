"""The key images of a report as Key Object Selection Document by TID 2010 (PS3.3 A.35.4, PS3.16 TID 2010)."""

from __future__ import annotations

from typing import Final

from pacs.authoring import codes
from pacs.authoring.content_items import CONTAINS, author, image, language, text
from pacs.authoring.document import Written, document, evidence, template_of, written
from pacs.authoring.report import Report

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.88.59"
SERIES_NUMBER: Final = 9003
KEY: Final = "key"


def key_objects(report: Report) -> Written:
    """The selection, titled Of Interest, with what was written beside the pictures."""
    keys = [mark for mark in report.marks if mark.kind == KEY]
    made = document(report, sop_class_uid=SOP_CLASS, modality="KO", series_number=SERIES_NUMBER)
    made.ReferencedPerformedProcedureStepSequence = []
    made.CurrentRequestedProcedureEvidenceSequence = evidence({mark.picture.reference for mark in keys})
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [codes.OF_INTEREST.item()]
    made.ContentTemplateSequence = [template_of("2010")]
    written_beside = "\n".join(mark.text for mark in keys if mark.text)
    made.ContentSequence = [
        language(report.language),
        *author(report.signers),
        *([text(codes.KEY_DESCRIPTION, written_beside)] if written_beside else []),
        *(image(CONTAINS, mark.picture) for mark in keys),
    ]
    return written(made)
