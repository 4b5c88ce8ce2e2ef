"""What a device may do, as the register of devices says; each service names the right that it asks for."""

from __future__ import annotations

from enum import StrEnum

from pacs.errors import PacsError


class Right(StrEnum):
    """The same words as `reading.kinds.DeviceRight`; a test holds them together."""

    STORE = "store"
    WORKLIST = "worklist"
    QUERY = "query"
    RETRIEVE = "retrieve"
    REJECT = "reject"


NOT_AUTHORIZED = 0x0124
"""Refused: Not Authorized (PS3.7 Annex C)."""


class NoRight(PacsError):
    """The device has no right to this, whatever it asks for: somebody has to give it one."""
