"""Measurements and key images of a report: where in which picture they lie, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from reading.errors import Invalid
from reading.texts import storable

MOST: Final = 200
MOST_VALUES: Final = 12
MOST_FRAMES: Final = 100_000
LONGEST_TEXT: Final = 200

Uid = Annotated[str, StringConstraints(pattern=r"^[0-9.]{1,64}$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False, ge=-1e9, le=1e9)]
Point = tuple[Number, Number]
"""Column and row in pixels of the frame; (0, 0) is the outer corner of the first pixel (PS3.3 C.18.6.1.2)."""


class Kind(StrEnum):
    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    """An angle between two lines that need not meet."""
    RECTANGLE = "rectangle"
    ELLIPSE = "ellipse"
    PROBE = "probe"
    """The value of one pixel."""
    ARROW = "arrow"
    RATIO = "ratio"
    """Of two lengths, such as of heart and chest."""
    KEY = "key"
    """A key image: the frame as a whole."""


POINTS: Final[Mapping[Kind, int]] = {
    Kind.LENGTH: 2,  # its ends
    Kind.ANGLE: 3,  # the vertex in the middle
    Kind.COBB: 4,  # the ends of one line, then of the other
    Kind.RECTANGLE: 4,  # the corners, one after another around it
    Kind.ELLIPSE: 4,  # the ends of the longer axis, then of the shorter (ELLIPSE of PS3.3 C.18.6.1.2)
    Kind.PROBE: 1,
    Kind.ARROW: 2,  # the tip first
    Kind.RATIO: 4,  # the ends of the length that is divided, then of the one that it is divided by
    Kind.KEY: 0,
}


class ValueName(StrEnum):
    LENGTH = "length"
    ANGLE = "angle"
    AREA = "area"
    MEAN = "mean"
    SD = "sd"
    """Standard deviation."""
    MIN = "min"
    MAX = "max"
    VALUE = "value"
    RATIO = "ratio"


_OF_AN_AREA: Final = frozenset((ValueName.AREA, ValueName.MEAN, ValueName.SD, ValueName.MIN, ValueName.MAX))
MEASURED: Final[Mapping[Kind, frozenset[ValueName]]] = {
    Kind.LENGTH: frozenset((ValueName.LENGTH,)),
    Kind.ANGLE: frozenset((ValueName.ANGLE,)),
    Kind.COBB: frozenset((ValueName.ANGLE,)),
    Kind.RECTANGLE: _OF_AN_AREA,
    Kind.ELLIPSE: _OF_AN_AREA,
    Kind.PROBE: frozenset((ValueName.VALUE,)),
    Kind.ARROW: frozenset[ValueName](),
    Kind.RATIO: frozenset((ValueName.RATIO, ValueName.LENGTH)),
    Kind.KEY: frozenset[ValueName](),
}
"""What is measured by a mark of each kind, as far as its picture is calibrated."""


_SCALED: Final = frozenset((ValueName.LENGTH, ValueName.AREA))
PIXELS: Final = "{pixels}"
"""How units of what is not calibrated begin (UCUM)."""


class Calibration(StrEnum):
    """How the lengths of a mark were calibrated (PS3.3 10.7.1.3), as the desk knew it when the mark was made."""

    PATIENT = "patient"
    """They are those in the patient, as on a section."""
    FIDUCIAL = "fiducial"
    """Of a projection, by an object of known size in it (Pixel Spacing Calibration Type FIDUCIAL)."""
    GEOMETRY = "geometry"
    """Of a projection, for an assumed geometry (GEOMETRY)."""
    CALIBRATED = "calibrated"
    """Of a projection, in a way that the device does not say: Pixel Spacing is not Imager Pixel Spacing."""
    MAGNIFICATION = "magnification"
    """By the magnification that the device states (Estimated Radiographic Magnification Factor)."""
    DETECTOR = "detector"
    """They are those on the detector or film."""
    REGION = "region"
    """In a region of an ultrasound picture (PS3.3 C.8.5.5)."""
    PIXELS = "pixels"
    """Not at all; lengths are told in pixels."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Value(_Part):
    name: ValueName
    value: Number
    unit: Annotated[str, StringConstraints(pattern=r"^[!-~]{1,16}$")]
    """In UCUM: ``mm``, ``mm2``, ``deg``, ``[hnsf'U]``, ``1``; ``{pixels}`` without a calibration.

    At most what a Code Value holds (SH, PS3.5 6.2)."""


class Mark(_Part):
    """A measurement, an arrow or a key image, by the UIDs under which its picture was shown when it was made."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    """A UUID that the desk made (RFC 9562)."""
    kind: Kind
    study_uid: Uid
    series_uid: Uid
    instance_uid: Uid
    frame: Annotated[int, Field(strict=True, ge=1, le=MOST_FRAMES)]
    """The first is 1."""
    points: Annotated[tuple[Point, ...], Field(max_length=max(POINTS.values()))] = ()
    """As many as `POINTS` says, in its order."""
    values: Annotated[tuple[Value, ...], Field(max_length=MOST_VALUES)] = ()
    calibration: Calibration | None = None
    """Of lengths and areas; None where the mark has none, and of those that were made before it was kept."""
    text: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] = ""

    def to_json(self) -> dict[str, Any]:
        # What is not there has no member, so that what was signed before it was kept is what it was.
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def is_scaled(self) -> bool:
        """Whether it tells lengths or areas in other units than pixels."""
        return any(one.name in _SCALED and not one.unit.startswith(PIXELS) for one in self.values)


class InvalidMark(Invalid):
    """A mark breaks a rule; ``path`` says where among the marks, counted from 0: ``3.points``."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__("marks", problem)
        self.path = path


def marks_from_json(value: Any) -> tuple[Mark, ...]:
    """The marks in the JSON of a request or a row; None has none.

    Raises:
        InvalidMark: one of them is not in the form of a mark, has another number of points or other values than its
            kind, or an id that one before it has; or they are too many.
        Invalid: a text holds control characters.

    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidMark("", "not_a_list")
    if len(value) > MOST:
        raise InvalidMark("", "too_many")
    found: list[Mark] = []
    ids: set[str] = set()
    for place, said in enumerate(value):
        one = _mark(place, said)
        if len(one.points) != POINTS[one.kind]:
            raise InvalidMark(f"{place}.points", "number_of_points")
        if not MEASURED[one.kind].issuperset(value.name for value in one.values):
            raise InvalidMark(f"{place}.values", "not_of_its_kind")
        if one.id in ids:
            raise InvalidMark(f"{place}.id", "twice")
        storable("marks", one.text, lines=False)
        ids.add(one.id)
        found.append(one)
    return tuple(found)


def _mark(place: int, said: Any) -> Mark:
    try:
        return Mark.model_validate(said)
    except ValidationError as wrong:
        path = ".".join(str(part) for part in (place, *wrong.errors()[0]["loc"]))
        raise InvalidMark(path, "not_a_mark") from None
