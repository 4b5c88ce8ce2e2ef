"""Content items of structured documents (PS3.3 C.17.3): one function a value type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydicom.dataset import Dataset

from pacs.authoring import codes
from pacs.authoring.codes import Code
from pacs.authoring.document import put, signer_name, sop_reference
from pacs.authoring.report import Mark, Picture, Point, Signer

CONTAINS: Final = "CONTAINS"
OBSERVED: Final = "HAS OBS CONTEXT"
MODIFIED: Final = "HAS CONCEPT MOD"
INFERRED: Final = "INFERRED FROM"
SELECTED: Final = "SELECTED FROM"
_LONGEST_DS: Final = 16


def container(heading: Code, inside: Sequence[Dataset]) -> Dataset:
    made = item(CONTAINS, "CONTAINER", heading)
    made.ContinuityOfContent = "SEPARATE"
    made.ContentSequence = list(inside)
    return made


def text(concept: Code, words: str, relation: str = CONTAINS) -> Dataset:
    made = item(relation, "TEXT", concept)
    put(made, "TextValue", "\r\n".join(words.strip().splitlines()))  # lines of UT end so (PS3.5 6.1.3)
    return made


def code(relation: str, concept: Code, value: Code) -> Dataset:
    made = item(relation, "CODE", concept)
    made.ConceptCodeSequence = [value.item()]
    return made


def uid(relation: str, concept: Code, value: str) -> Dataset:
    made = item(relation, "UIDREF", concept)
    made.UID = value
    return made


def number(concept: Code, value: float, unit: Code, inside: Sequence[Dataset]) -> Dataset:
    """A measurement in a UCUM unit, with what modifies it and what it was inferred from."""
    made = item(CONTAINS, "NUM", concept)
    measured = Dataset()
    put(measured, "NumericValue", decimal(value))
    measured.MeasurementUnitsCodeSequence = [unit.item()]
    made.MeasuredValueSequence = [measured]
    made.ContentSequence = list(inside)
    return made


def shapes_of(mark: Mark) -> Sequence[tuple[str, Sequence[Point]]]:
    """Graphic type and points (PS3.3 C.18.6.1.2, C.10.5): two lines where two are compared, a closed one around."""
    points = mark.points
    match mark.kind:
        case "probe":
            return [("POINT", points)]
        case "ellipse":
            return [("ELLIPSE", points)]
        case "rectangle":
            return [("POLYLINE", [*points, points[0]])]
        case "cobb" | "ratio":
            return [("POLYLINE", points[:2]), ("POLYLINE", points[2:])]
        case _:
            return [("POLYLINE", points)]


def coordinates(shape: str, points: Sequence[Point], picture: Picture) -> Dataset:
    """Spatial coordinates (PS3.3 C.18.6) in a frame: column and row, (0, 0) is the outer corner of the first pixel."""
    made = item(INFERRED, "SCOORD")
    made.GraphicType = shape
    made.GraphicData = [float(value) for point in points for value in point]
    made.ContentSequence = [image(SELECTED, picture)]
    return made


def image(relation: str, picture: Picture) -> Dataset:
    made = item(relation, "IMAGE")
    made.ReferencedSOPSequence = [picture_reference(picture)]
    return made


def picture_reference(picture: Picture) -> Dataset:
    """Reference to a picture; a frame is named where the instance has several (PS3.3 10.3)."""
    made = sop_reference(picture.reference)
    if picture.frame is not None:
        made.ReferencedFrameNumber = str(picture.frame)
    return made


def author(signers: Sequence[Signer]) -> list[Dataset]:
    """The author as observation context (PS3.16 TID 1002, 1003)."""
    found: list[Dataset] = []
    for signer in signers:
        if signer.is_author:
            name = item(OBSERVED, "PNAME", codes.OBSERVER_NAME)
            put(name, "PersonName", signer_name(signer))
            found += [code(OBSERVED, codes.OBSERVER_TYPE, codes.PERSON), name]
            found.append(text(codes.OBSERVER_ORGANISATION, signer.organisation, OBSERVED))
            if signer.in_training:
                found.append(code(OBSERVED, codes.OBSERVER_ROLE, codes.RESIDENT))
    return found


def language(said: str) -> Dataset:
    """TID 1204."""
    return code(MODIFIED, codes.LANGUAGE, codes.CHINESE if said == codes.CHINESE.value else codes.ENGLISH)


def decimal(value: float) -> str:
    """A number in ten digits, or fewer where these need more than the 16 characters of a DS (PS3.5 6.2)."""
    return next(said for digits in range(10, 0, -1) if len(said := f"{value:.{digits}g}") <= _LONGEST_DS)


def item(relation: str, value_type: str, concept: Code | None = None) -> Dataset:
    made = Dataset()
    made.RelationshipType, made.ValueType = relation, value_type
    if concept is not None:
        made.ConceptNameCodeSequence = [concept.item()]
    return made
