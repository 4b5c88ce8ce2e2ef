"""A final report as Basic Text SR by TID 2000, the basic diagnostic imaging report (PS3.3 A.35.1, PS3.16 TID 2000)."""

from __future__ import annotations

from typing import Final

from pydicom.dataset import Dataset

from pacs.authoring import codes
from pacs.authoring.codes import Code
from pacs.authoring.document import (
    Written,
    author_observers,
    document,
    evidence,
    person_name,
    put,
    verifying_observers,
    written,
)
from pacs.authoring.report import Report, Said, Signer

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.88.11"
SERIES_NUMBER: Final = 9001
"""Behind the series of a device."""


def structured_report(report: Report) -> Written:
    """The document: complete and verified, since only a final version becomes one."""
    made = document(report, sop_class_uid=SOP_CLASS, modality="SR", series_number=SERIES_NUMBER)
    made.ReferencedPerformedProcedureStepSequence = []
    made.CompletionFlag, made.VerificationFlag, made.PreliminaryFlag = "COMPLETE", "VERIFIED", "FINAL"
    if authors := author_observers(report.signers):
        made.AuthorObserverSequence = authors
    made.VerifyingObserverSequence = verifying_observers(report.signers)
    if report.predecessor is not None:
        made.PredecessorDocumentsSequence = evidence([report.predecessor])
    made.PerformedProcedureCodeSequence = []
    if report.read:
        made.CurrentRequestedProcedureEvidenceSequence = evidence(report.read)
    made.ValueType, made.ContinuityOfContent = "CONTAINER", "SEPARATE"
    made.ConceptNameCodeSequence = [codes.IMAGING_REPORT.item()]
    template = Dataset()
    template.MappingResource, template.TemplateIdentifier = "DCMR", "2000"
    made.ContentTemplateSequence = [template]
    made.ContentSequence = _content(report)
    return written(made)


def _content(report: Report) -> list[Dataset]:
    said = report.said
    language = codes.CHINESE if report.language == codes.CHINESE.value else codes.ENGLISH
    items = [_code("HAS CONCEPT MOD", codes.LANGUAGE, language)]
    items += [item for signer in report.signers if signer.is_author for item in _observer(signer)]
    sections = (
        (codes.REQUEST, codes.REQUEST, said.request),
        (codes.FINDINGS, codes.FINDING, said.findings),
        (codes.IMPRESSIONS, codes.IMPRESSION, said.impression),
        (codes.RECOMMENDATIONS, codes.RECOMMENDATION, said.recommendation),
        (codes.CONSULTATION, codes.CONSULTATION, said.consultation),
        (codes.INCOMPLETE, codes.INCOMPLETE, said.incomplete),
        (codes.NOT_ASSESSED, codes.NOT_ASSESSED, said.not_assessed),
    )
    for heading, concept, words in sections:
        inside = [_text(concept, words)] if words.strip() else []
        if heading is codes.IMPRESSIONS:
            inside += _result(said)
        if inside:
            items.append(_container(heading, inside))
    return items


def _result(said: Said) -> list[Dataset]:
    """What a list of reports shows of it: positive or negative, and the class of a critical result."""
    found: list[Dataset] = []
    if said.positive is not None:
        found.append(_code("CONTAINS", codes.RESULT, codes.POSITIVE if said.positive else codes.NEGATIVE))
    if said.critical:
        found.append(_text(codes.CRITICAL, said.critical))
    return found


def _observer(signer: Signer) -> list[Dataset]:
    """The author as observation context (PS3.16 TID 1002, 1003)."""
    name = _item("HAS OBS CONTEXT", "PNAME", codes.OBSERVER_NAME)
    put(name, "PersonName", person_name(signer.name))
    organisation = _item("HAS OBS CONTEXT", "TEXT", codes.OBSERVER_ORGANISATION)
    put(organisation, "TextValue", signer.organisation)
    return [_code("HAS OBS CONTEXT", codes.OBSERVER_TYPE, codes.PERSON), name, organisation]


def _container(heading: Code, inside: list[Dataset]) -> Dataset:
    item = _item("CONTAINS", "CONTAINER", heading)
    item.ContinuityOfContent = "SEPARATE"
    item.ContentSequence = inside
    return item


def _text(concept: Code, words: str) -> Dataset:
    item = _item("CONTAINS", "TEXT", concept)
    put(item, "TextValue", "\r\n".join(words.strip().splitlines()))  # lines of UT end so (PS3.5 6.1.3)
    return item


def _code(relation: str, concept: Code, value: Code) -> Dataset:
    item = _item(relation, "CODE", concept)
    item.ConceptCodeSequence = [value.item()]
    return item


def _item(relation: str, value_type: str, concept: Code) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relation, value_type
    item.ConceptNameCodeSequence = [concept.item()]
    return item
