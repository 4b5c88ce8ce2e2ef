"""The kinds of concerns: what one is about, why somebody has to look, and the groups that people choose from."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from storage.quarantine_moves import Reason


class Aspect(StrEnum):
    """What a concern is about: its subject is a row of the quarantine, or a case."""

    BYTES = "bytes"
    CLOCK = "clock"
    PATIENT = "patient"


class Kind(StrEnum):
    """Why somebody has to look; for bytes these are the reasons in the quarantine."""

    COMPARING = Reason.HELD
    """A machine compares it first; nothing to decide yet."""
    SAME_UID = Reason.CONFLICT_CONTENT
    OTHER_PATIENT = Reason.CONFLICT_PATIENT
    OTHER_ISSUER = Reason.CONFLICT_ISSUER
    OTHER_SITE = Reason.CONFLICT_SITE
    OTHER_SERIES = Reason.CONFLICT_SERIES
    TRUNCATED = Reason.TRUNCATED
    UNREADABLE = Reason.UNREADABLE
    NO_UIDS = Reason.NO_UIDS
    BAD_UID = Reason.BAD_UID
    UID_MISMATCH = Reason.UID_MISMATCH
    NO_PIXELS = Reason.NO_PIXELS
    TORN = Reason.TORN
    DAMAGED = Reason.DAMAGED
    CLOCK_WRONG = "clock_wrong"
    """The device's clock was more than five minutes ahead."""
    OTHER_PERSON = "other_person"
    """The images name one person, their order another."""
    BLANK_ID = "blank_id"
    """The device sent no number, or a placeholder."""
    UNKNOWN_PATIENT = "unknown_patient"


class Group(StrEnum):
    """The groups that people choose from."""

    CONFLICT = "conflict"
    UNREADABLE = "unreadable"
    PATIENT = "patient"
    CLOCK = "clock"


GROUPS: Final[Mapping[Group, tuple[Kind, ...]]] = {
    Group.CONFLICT: (
        Kind.SAME_UID,
        Kind.OTHER_PATIENT,
        Kind.OTHER_ISSUER,
        Kind.OTHER_SITE,
        Kind.OTHER_SERIES,
        Kind.COMPARING,
    ),
    Group.UNREADABLE: (
        Kind.TRUNCATED,
        Kind.UNREADABLE,
        Kind.NO_UIDS,
        Kind.BAD_UID,
        Kind.UID_MISMATCH,
        Kind.NO_PIXELS,
        Kind.TORN,
        Kind.DAMAGED,
    ),
    Group.PATIENT: (Kind.OTHER_PERSON, Kind.BLANK_ID, Kind.UNKNOWN_PATIENT),
    Group.CLOCK: (Kind.CLOCK_WRONG,),
}
GROUP_OF: Final = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
SUBJECT_KIND: Final = {Aspect.BYTES: "quarantine", Aspect.CLOCK: "case", Aspect.PATIENT: "case"}
"""The audit's name for the subject of each aspect."""
