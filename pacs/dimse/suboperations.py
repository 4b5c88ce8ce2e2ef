"""Counts the sub-operations of a C-MOVE or C-GET, and sends the responses with the counts (PS3.7 9.1.3, 9.1.4)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.dsutils import encode
from pynetdicom.presentation import PresentationContext

from pacs.dimse.storage_scu import SUCCESS, WARNINGS

PENDING: Final = 0xFF00
CANCELLED: Final = 0xFE00
ALL_FAILED: Final = 0xA702
SOME_FAILED: Final = 0xB000
_LONGEST_LIST: Final = 1_000
"""Most UIDs in a list; a value of explicit VR UI has at most 65,534 bytes (PS3.5 7.1.2)."""


class Tally:
    """The counts of one request, known from `begin` on."""

    def __init__(self) -> None:
        self._waiting: dict[str, None] = {}
        self._counted = False
        self.completed = 0
        self.warned = 0
        self.failed: list[str] = []

    @property
    def remaining(self) -> int:
        return len(self._waiting)

    @property
    def counted(self) -> bool:
        """Whether the number of sub-operations is known."""
        return self._counted

    def begin(self, sop_instance_uids: Sequence[str]) -> None:
        self._waiting = dict.fromkeys(sop_instance_uids)
        self._counted = True

    def add(self, sop_instance_uid: str, status: int) -> None:
        del self._waiting[sop_instance_uid]
        if status == SUCCESS:
            self.completed += 1
        elif status in WARNINGS:
            self.warned += 1
        else:
            self.failed.append(sop_instance_uid)

    def fail_the_rest(self, *, cancelled: bool) -> None:
        """Count the sub-operations that were not tried as failed, unless the peer cancelled them."""
        if not cancelled:
            self.failed += self._waiting
            self._waiting = {}

    def status(self, *, cancelled: bool) -> int:
        """The final status (PS3.4 C.4.2.3.1)."""
        if cancelled:
            return CANCELLED
        if self.failed:
            return SOME_FAILED if self.completed or self.warned else ALL_FAILED
        return SOME_FAILED if self.warned else SUCCESS


def respond(association: Association, request: Any, context: PresentationContext, status: int, tally: Tally) -> None:
    """Send a C-MOVE-RSP or C-GET-RSP; a pending or cancelled one also has the number of remaining sub-operations."""
    response = type(request)()
    response.MessageIDBeingRespondedTo = request.MessageID
    response.AffectedSOPClassUID = request.AffectedSOPClassUID
    response.Status = status
    if tally.counted:
        if status in (PENDING, CANCELLED):
            response.NumberOfRemainingSuboperations = tally.remaining
        response.NumberOfCompletedSuboperations = tally.completed
        response.NumberOfFailedSuboperations = len(tally.failed)
        response.NumberOfWarningSuboperations = tally.warned
        if tally.failed and status != PENDING:
            named = Dataset()
            named.FailedSOPInstanceUIDList = tally.failed[:_LONGEST_LIST]
            syntax = context.transfer_syntax[0]
            response.Identifier = io.BytesIO(encode(named, syntax.is_implicit_VR, syntax.is_little_endian) or b"")
    association.dimse.send_msg(response, context.context_id or 0)
