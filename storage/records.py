"""The rows of the index as frozen values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cached_property
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Row

from storage.instance_row import Ranges, decode_ranges

SHOWN_AS: Final = {
    "PatientID": "patient_id",
    "IssuerOfPatientID": "issuer",
    "PatientName": "patient_name",
    "PatientBirthDate": "birth_date",
    "PatientSex": "sex",
    "StudyDate": "study_date",
    "StudyTime": "study_time",
    "AccessionNumber": "accession_number",
    "StudyID": "study_id",
    "ReferringPhysicianName": "referring_physician",
    "StudyDescription": "study_description",
    "TimezoneOffsetFromUTC": "timezone_offset",
}
"""DICOM keyword to the column, and field of `Study`, that shows it."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as it is shown: as received, or as its current attribution revision says."""

    study_uid: str
    site_id: str
    received_patient_id: str
    received_issuer: str
    patient_id: str
    issuer: str
    patient_name: str
    birth_date: str
    sex: str
    study_date: str
    study_time: str
    accession_number: str
    study_id: str
    referring_physician: str
    study_description: str
    timezone_offset: str
    instances: int
    first_received_at: datetime
    last_received_at: datetime
    attribution_revision: int
    hidden: bool
    merged_into: str | None = None
    """The study in which this one is shown, since a person decided so."""
    erased_at: datetime | None = None
    """When all its images were erased."""
    hold: str = ""
    """Why its images must not be erased; empty: they may."""
    made_here: int = 0
    """How many instances this installation made of its reports; they are not among ``instances``."""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A patient as the studies show them; ``study_uid`` is one of the studies."""

    patient_id: str
    issuer: str
    study_uid: str
    studies: int
    instances: int


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of many instances that are sent together: its UIDs, and the transfer syntax in which it is stored."""

    study_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    made_here: bool


@dataclass(frozen=True, kw_only=True)
class Series:
    series_uid: str
    study_uid: str
    modality: str
    series_number: int | None
    series_description: str
    body_part: str
    laterality: str
    station_name: str
    series_date: str
    series_time: str
    instances: int
    received_study_uid: str | None = None
    """The study that its instances name, where the series is shown in another."""
    made_here: bool = False
    """This installation made what is in it, of a report."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """Where an instance lies and what is known of it; ``offset`` counts from the start of its segment's file."""

    sop_instance_uid: str
    sop_class_uid: str
    series_uid: str
    study_uid: str
    instance_number: int | None
    transfer_syntax_uid: str
    segment_id: str
    offset: int
    size: int
    dataset_offset: int
    """From the start of the PS3.10 file to its data set."""
    received_digest: bytes
    received_transfer_syntax_uid: str
    stored_digest: bytes
    pixel_digest: bytes | None
    rows: int | None
    columns: int | None
    frames: int
    encoded_frame_ranges: bytes | None
    description: bytes | None
    site_id: str
    device_id: str
    received_at: datetime
    character_set: str = ""
    """The character set of its text, where the data set does not name one."""
    damaged: bool = False
    """The disk lost its bytes; the same instance, sent again, takes its place."""
    received_study_uid: str | None = None
    """The Study Instance UID in its bytes, once it was moved; else None. The next field is the same for its series."""
    received_series_uid: str | None = None
    placed_at: datetime | None = None
    """When it was last moved."""
    hidden: bool = False
    """Rejected, or hidden by a person: shown nowhere."""
    made_here: bool = False
    """This installation made it of a report; nobody sent it."""

    @property
    def named(self) -> tuple[str, str]:
        """The Study and Series Instance UID that its bytes name."""
        return self.received_study_uid or self.study_uid, self.received_series_uid or self.series_uid

    @property
    def recoded(self) -> bool:
        """Whether it is stored in another transfer syntax than it came in."""
        return self.transfer_syntax_uid != self.received_transfer_syntax_uid

    @property
    def moved(self) -> bool:
        """Whether it is shown elsewhere than its bytes say."""
        return self.named != (self.study_uid, self.series_uid)

    @cached_property
    def frame_ranges(self) -> Ranges | None:
        """(offset, length) of each frame in the PS3.10 file; None where frames are not plain byte ranges."""
        return None if self.encoded_frame_ranges is None else decode_ranges(self.encoded_frame_ranges)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A row of the quarantine (`storage.quarantine_moves`)."""

    id: str
    reason: str
    sop_instance_uid: str | None
    study_uid: str | None
    transfer_syntax_uid: str | None
    segment_id: str | None
    offset: int | None
    key: str | None
    size: int
    digest: bytes
    row: dict[str, Any] | None
    site_id: str | None
    device_id: str | None
    received_at: datetime
    settled_at: datetime | None = None
    settled_as: str | None = None


Shape = TypeVar("Shape", Patient, Study, Series, Instance, Part, Held)
_RENAMED = {"encoded_frame_ranges": "frame_ranges"}


def columns_of(shape: type[Shape], table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """The columns of ``table`` that make ``shape``, in the order of its fields."""
    return [table.c[_RENAMED.get(field.name, field.name)].label(field.name) for field in fields(shape)]


def records_of(shape: type[Shape], rows: Iterable[Row[Any]]) -> list[Shape]:
    names = [field.name for field in fields(shape)]
    return [shape(**dict(zip(names, row, strict=True))) for row in rows]
