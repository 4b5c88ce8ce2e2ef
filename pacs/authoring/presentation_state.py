"""The marks on one picture as Grayscale Softcopy Presentation State (PS3.3 A.33.1): drawn over it as it is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import hypot
from typing import Final

from pydicom.dataset import Dataset

from pacs.authoring.content_items import decimal, picture_reference, shapes_of
from pacs.authoring.document import LONGEST_LO, Written, document, person_name, put, sop_reference, written
from pacs.authoring.key_objects import KEY
from pacs.authoring.report import Mark, Point, Report
from pacs.pixels.frame_header import frame_header
from pacs.pixels.lookup_table import LITTLE, LookupTable
from pacs.pixels.modality import modality_of
from pacs.pixels.voi import Shape, Window, voi_of

SOP_CLASS: Final = "1.2.840.10008.5.1.4.1.1.11.1"
SERIES_NUMBER: Final = 9005
GREY: Final = frozenset({"MONOCHROME1", "MONOCHROME2"})
"""Pictures that this kind of presentation state is for (PS3.4 N.2.1)."""
_SHOWN: Final = (
    *("PixelAspectRatio", "PixelSpacing", "RescaleIntercept", "RescaleSlope", "RescaleType", "ModalityLUTSequence"),
    *("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence"),
)
"""What frames of one instance may say differently of how they are shown."""
_MOST_ENTRIES: Final = 1 << 16
_LAYER: Final = "REPORT"
_HEAD: Final = 0.25
"""Length of an arrow's head, of its shaft."""
_MOST_TEXT: Final = 1024


def shown_as(header: Dataset, frames: Collection[int]) -> Dataset | None:
    """The header of these frames (from 1) of an instance; None where they are shown in different ways.

    One state cannot be for them all: it replaces rescaling and window of every frame that it names.
    """
    each = [frame_header(header, frame) for frame in sorted(set(frames))]
    ways = [{name: one[name].value for name in _SHOWN if name in one} for one in each]
    return each[0] if each and all(way == ways[0] for way in ways) else None


def is_drawn(mark: Mark) -> bool:
    return mark.kind != KEY


def presentation_state(report: Report, header: Dataset, words: str = LITTLE) -> Written:
    """The state for the picture of the report's marks, which all lie in one instance.

    ``header`` is that of its frames (`shown_as`); its rescaling, window and polarity are the state's, because a
    presentation state replaces them all (PS3.4 N.2). ``words`` is the order of bytes in the tables of the header.
    """
    marks = [mark for mark in report.marks if is_drawn(mark)]
    reference = marks[0].picture.reference
    made = document(report, sop_class_uid=SOP_CLASS, modality="PR", series_number=SERIES_NUMBER)
    made.PresentationCreationDate, made.PresentationCreationTime = made.ContentDate, made.ContentTime
    del made.ContentDate, made.ContentTime
    made.Laterality = ""  # of type 2 in a series without laterality of its images (PS3.3 C.7.3.1)
    made.ContentLabel = _LAYER
    put(made, "ContentDescription", report.title[:LONGEST_LO])
    put(made, "ContentCreatorName", next((person_name(one.name) for one in report.signers if one.is_author), ""))
    series = Dataset()
    series.SeriesInstanceUID = reference.series_uid
    series.ReferencedImageSequence = [sop_reference(reference)]
    made.ReferencedSeriesSequence = [series]
    made.DisplayedAreaSelectionSequence = [_area(header)]
    made.GraphicLayerSequence = [_layer()]
    made.GraphicAnnotationSequence = [_annotation(mark) for mark in marks]
    _as_it_is_shown(made, header, words)
    return written(made)


def _as_it_is_shown(made: Dataset, header: Dataset, words: str) -> None:
    """Modality LUT, VOI LUT and Presentation LUT modules (PS3.3 C.11.1, C.11.8, C.11.6) as the picture has them."""
    modality = modality_of(header, words)
    if modality.table is not None:
        table = _table(modality.table)
        put(table, "ModalityLUTType", header.ModalityLUTSequence[0].get("ModalityLUTType") or "US")
        made.ModalityLUTSequence = [table]
    elif "RescaleSlope" in header and "RescaleIntercept" in header:
        put(made, "RescaleIntercept", header.RescaleIntercept)
        put(made, "RescaleSlope", header.RescaleSlope)
        put(made, "RescaleType", header.get("RescaleType") or "US")
    match voi_of(header, modality, words):
        case Window() as window:
            made.SoftcopyVOILUTSequence = [_window(window)]
        case LookupTable() as table:
            by_table = Dataset()
            by_table.VOILUTSequence = [_table(table)]
            made.SoftcopyVOILUTSequence = [by_table]
        case None:
            pass
    inverse = header.get("PhotometricInterpretation") == "MONOCHROME1"
    made.PresentationLUTShape = "INVERSE" if inverse else "IDENTITY"


def _window(window: Window) -> Dataset:
    made = Dataset()
    put(made, "WindowCenter", decimal(window.center))
    put(made, "WindowWidth", decimal(window.width))
    if window.shape is not Shape.LINEAR:
        put(made, "VOILUTFunction", window.shape.upper().replace("-", "_"))
    return made


def _table(table: LookupTable) -> Dataset:
    """Descriptor and data (PS3.3 C.11.1.1): entries as words of 16 bits; 65,536 are written as 0."""
    made = Dataset()
    described = [len(table.entries) % _MOST_ENTRIES, table.first % _MOST_ENTRIES, table.bits]
    made.add_new("LUTDescriptor", "US", described)
    made.add_new("LUTData", "OW", table.entries.astype(LITTLE).tobytes())
    return made


def _area(header: Dataset) -> Dataset:
    """The whole picture, fitted (PS3.3 C.10.4)."""
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [int(header.Columns), int(header.Rows)]
    area.PresentationSizeMode = "SCALE TO FIT"
    put(area, "PresentationPixelAspectRatio", header.get("PixelAspectRatio") or _aspect(header.get("PixelSpacing")))
    return area


def _aspect(spacing: Sequence[float] | None) -> list[int]:
    """Rows to columns as two integers (PS3.3 C.7.6.3.1.7): square where nothing else is known."""
    if not spacing or len(spacing) != 2 or float(spacing[0]) == float(spacing[1]):
        return [1, 1]
    return [round(float(spacing[0]) * 10_000), round(float(spacing[1]) * 10_000)]


def _layer() -> Dataset:
    layer = Dataset()
    layer.GraphicLayer, layer.GraphicLayerOrder = _LAYER, "1"
    return layer


def _annotation(mark: Mark) -> Dataset:
    """What is drawn for one mark, and what is written beside it (PS3.3 C.10.5)."""
    made = Dataset()
    made.ReferencedImageSequence = [picture_reference(mark.picture)]
    made.GraphicLayer = _LAYER
    made.GraphicObjectSequence = [_graphic(shape, points) for shape, points in _drawn(mark)]
    if said := _said(mark):
        made.TextObjectSequence = [_text(said, mark.points[0])]
    return made


def _drawn(mark: Mark) -> Sequence[tuple[str, Sequence[Point]]]:
    head = [("POLYLINE", _head(*mark.points))] if mark.kind == "arrow" else []
    return [*shapes_of(mark), *head]


def _head(tip: Point, end: Point) -> Sequence[Point]:
    """The two strokes at the tip of an arrow, at half a right angle to its shaft."""
    across, down = (end[0] - tip[0]) * _HEAD, (end[1] - tip[1]) * _HEAD
    if not hypot(across, down):
        return [tip, tip]
    return [(tip[0] + across - down, tip[1] + down + across), tip, (tip[0] + across + down, tip[1] + down - across)]


def _graphic(shape: str, points: Sequence[Point]) -> Dataset:
    made = Dataset()
    made.GraphicAnnotationUnits, made.GraphicDimensions = "PIXEL", 2
    made.NumberOfGraphicPoints = len(points)
    made.GraphicData = [float(value) for point in points for value in point]
    made.GraphicType = shape
    if shape == "ELLIPSE" or (len(points) > 2 and points[0] == points[-1]):
        made.GraphicFilled = "N"
    return made


def _text(said: str, at: Point) -> Dataset:
    made = Dataset()
    put(made, "UnformattedTextValue", said[:_MOST_TEXT])
    made.AnchorPointAnnotationUnits, made.AnchorPointVisibility = "PIXEL", "N"
    made.AnchorPoint = [float(value) for value in at]
    return made


def _said(mark: Mark) -> str:
    values = [f"{decimal(round(one.value, 2))} {one.unit}" for one in mark.values]
    return "\r\n".join(filter(None, (mark.text, *values)))
