"""A final report as the plain values that its DICOM objects are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Reference:
    """An instance that a document names, with the study and series in which it is shown."""

    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A frame of an instance."""

    reference: Reference
    frame: int | None = None
    """From 1; None where the instance has one frame."""


Point: TypeAlias = tuple[float, float]
"""Column and row in pixels; (0, 0) is the outer corner of the first pixel (PS3.3 C.18.6.1.2)."""


@dataclass(frozen=True, kw_only=True)
class Value:
    name: str
    """length, angle, area, ratio; mean, sd, min, max or value of pixels."""
    value: float
    unit: str
    """In UCUM."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A measurement, an arrow or a key image."""

    uid: str
    kind: str
    """length, angle, cobb, rectangle, ellipse, probe, arrow, ratio or key."""
    picture: Picture
    points: Sequence[Point] = ()
    values: Sequence[Value] = ()
    calibration: str = ""
    """How its lengths were calibrated (`reading.reports.marks.Calibration`); empty where nobody knows."""
    text: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Somebody who signed, as it is printed under the report."""

    name: str = field(repr=False)
    organisation: str
    signed_at: datetime
    is_author: bool
    title: str = ""
    in_training: bool = False
    """They signed as a resident, and whoever verifies is their attending."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """The words of a report; lines end with a line feed, and what is empty is left out."""

    request: str = field(default="", repr=False)
    findings: str = field(default="", repr=False)
    impression: str = field(default="", repr=False)
    recommendation: str = field(default="", repr=False)
    consultation: str = field(default="", repr=False)
    incomplete: str = field(default="", repr=False)
    not_assessed: str = field(default="", repr=False)
    critical: str = ""
    """The class of a critical result, in words."""
    positive: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """One version of a report, and where it goes."""

    sop_instance_uid: str
    series_uid: str
    study_uid: str
    attributes: Mapping[str, str] = field(repr=False)
    """Patient and study, by DICOM keyword, as the images are shown: with their corrections."""
    number: int
    """The version's: the Instance Number in the series of the case."""
    released_at: datetime
    """In the time zone of the site."""
    institution: str
    """The site that issues it."""
    title: str
    language: str
    """zh or en."""
    said: Said
    signers: Sequence[Signer]
    """The author's first."""
    read: Sequence[Reference]
    """The images that it was read from."""
    marks: Sequence[Mark] = ()
    """Those that the object is about."""
    predecessor: Reference | None = None
    """The same document of the version that it supersedes."""
