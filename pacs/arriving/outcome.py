"""The outcome of one instance, and the status of the C-STORE response that says it (PS3.4 B.2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage import quarantine_moves


class Reason(StrEnum):
    """What became of an instance."""

    STORED = "stored"
    ALREADY_HERE = "already_here"
    HELD = quarantine_moves.Reason.HELD
    """Something else is stored under its UID, or its study belongs to another patient or site."""
    TRUNCATED = quarantine_moves.Reason.TRUNCATED
    UNREADABLE = quarantine_moves.Reason.UNREADABLE
    NO_UIDS = quarantine_moves.Reason.NO_UIDS
    BAD_UID = quarantine_moves.Reason.BAD_UID
    UID_MISMATCH = quarantine_moves.Reason.UID_MISMATCH
    """The data set names another SOP class or instance than the request."""
    NO_PIXELS = quarantine_moves.Reason.NO_PIXELS
    """Fewer pixels than Rows, Columns and Number of Frames promise."""
    ERASED = "erased"
    """It was erased here for good, and may not come back."""
    NO_RIGHT = "no_right"
    """The device has no right to store; nothing of it is kept."""
    OUT_OF_RESOURCES = "out_of_resources"
    FAILED = "failed"


STATUS: Final = {
    # PS3.4 B.2.3, Table B.2-1; 0110H is PS3.7 C.5.10.
    Reason.STORED: 0x0000,
    Reason.ALREADY_HERE: 0x0000,
    Reason.HELD: 0x0000,
    Reason.ERASED: 0x0124,  # Refused: Not authorized (PS3.7 9.1.1.1.9)
    Reason.NO_RIGHT: 0x0124,
    Reason.OUT_OF_RESOURCES: 0xA700,
    Reason.UID_MISMATCH: 0xA900,
    Reason.UNREADABLE: 0xC000,
    Reason.TRUNCATED: 0xC001,
    Reason.NO_UIDS: 0xC002,
    Reason.BAD_UID: 0xC003,
    Reason.NO_PIXELS: 0xC004,
    Reason.FAILED: 0x0110,
}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    accepted: bool
    reason: Reason
    study_uid: str = ""
    sop_instance_uid: str = ""
    sop_class_uid: str = ""

    @property
    def status(self) -> int:
        return STATUS[self.reason]
