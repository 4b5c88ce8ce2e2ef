"""Modality Performed Procedure Step as its SCP: N-CREATE and N-SET (PS3.4 F.7)."""

from __future__ import annotations

import os
from collections.abc import Callable
from enum import Enum
from io import BytesIO
from typing import Any, Final, TypeAlias

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.dsutils import decode
from pynetdicom.sop_class import ModalityPerformedProcedureStep  # pyright: ignore[reportAttributeAccessIssue]

from pacs.dataset.dicom_json import to_json
from pacs.dataset.quiet_pydicom import quieten
from pacs.dimse.service import Caller, Handlers
from pacs.errors import UnreadableData
from pacs.rights import Right
from pacs.service_classes.mpps_message import Attributes, PerformedStep, RefusedMessage, n_create, n_set
from storage.instance_row import is_new_uid

# PS3.7 C.5.
PROCESSING_FAILURE: Final = 0x0110
NOT_TO_BE_UPDATED: Final = 0xA506
"""Error ID beside 0110H: the step is completed or discontinued (PS3.4 F.7.2.2.2)."""
INVALID_INSTANCE: Final = 0x0117
MISTYPED: Final = 0x0212
NOT_OF_THIS_CLASS: Final = 0x0119
MOST_BYTES: Final = 1 << 20
"""Of a message; one that names 5,000 images has less. Each element of it costs memory while it is decoded."""

_log: Final = structlog.get_logger()

Response: TypeAlias = tuple[int | Dataset, Dataset | None]


class Verdict(Enum):
    """The result of recording a message, with its DIMSE status."""

    DONE = 0x0000
    DUPLICATE = 0x0111
    UNKNOWN = 0x0112
    FINAL = PROCESSING_FAILURE


Recorder: TypeAlias = Callable[[Caller, str, PerformedStep], Verdict]
"""(caller, SOP Instance UID, message): records the message durably."""


class PerformedSteps:
    """Answers N-CREATE and N-SET; ``creating`` and ``changing`` record the messages."""

    sop_classes = frozenset({str(ModalityPerformedProcedureStep)})
    right = Right.STORE

    def __init__(self, creating: Recorder, changing: Recorder) -> None:
        self._creating = creating
        self._changing = changing

    def handlers(self, caller: Caller) -> Handlers:
        return [
            (evt.EVT_N_CREATE, lambda event: self._create(caller, event)),
            (evt.EVT_N_SET, lambda event: self._set(caller, event)),
        ]

    def _create(self, caller: Caller, event: Any) -> Response:
        request = event.request
        if request.AffectedSOPClassUID != ModalityPerformedProcedureStep:
            return NOT_OF_THIS_CLASS, None
        given = request.AffectedSOPInstanceUID
        uid = str(generate_uid(prefix="2.25.")) if given is None else str(given)
        status = self._taken(caller, "created", self._creating, n_create, uid, event, request.AttributeList)
        answered = Dataset()
        if given is None:
            answered.AffectedSOPInstanceUID = uid  # PS3.7 10.1.5.1.4: the SCP chooses the UID
        return status, answered

    def _set(self, caller: Caller, event: Any) -> Response:
        request = event.request
        if request.RequestedSOPClassUID != ModalityPerformedProcedureStep:
            return NOT_OF_THIS_CLASS, None
        uid = str(request.RequestedSOPInstanceUID or "")
        return self._taken(caller, "changed", self._changing, n_set, uid, event, request.ModificationList), None

    def _taken(  # noqa: PLR0917
        self,
        caller: Caller,
        what: str,
        taking: Recorder,
        reading: Callable[[Attributes], PerformedStep],
        uid: str,
        event: Any,
        encoded: BytesIO | None,
    ) -> int | Dataset:
        if not is_new_uid(uid):
            return INVALID_INSTANCE
        try:
            verdict = taking(caller, uid, reading(_attributes(event, encoded)))
        except UnreadableData:
            return MISTYPED
        except RefusedMessage as wrong:
            _log.info("performed_step_refused", device_id=caller.sender.device_id, status=wrong.status, tag=wrong.tag)
            return _refusal(wrong)
        except Exception:  # noqa: BLE001 # whatever the reason, the device sends it again
            _log.error("performed_step_failed", device_id=caller.sender.device_id, exc_info=True)
            return PROCESSING_FAILURE
        _log.info("performed_step", what=what, device_id=caller.sender.device_id, verdict=verdict.name.lower())
        return _final() if verdict is Verdict.FINAL else verdict.value


def _attributes(event: Any, encoded: BytesIO | None) -> Attributes:
    quieten()
    syntax = event.context.transfer_syntax
    if encoded is None:
        return {}
    if encoded.seek(0, os.SEEK_END) > MOST_BYTES:
        raise UnreadableData
    encoded.seek(0)
    try:
        return to_json(decode(encoded, syntax.is_implicit_VR, syntax.is_little_endian), "")
    except Exception as problem:  # whatever pydicom raises
        raise UnreadableData from problem


def _refusal(wrong: RefusedMessage) -> Dataset:
    answered = Dataset()
    answered.Status = wrong.status
    if wrong.status == 0x0106:
        answered.ErrorComment = f"value of {wrong.tag}"
    else:
        answered.ErrorComment = f"missing {wrong.tag}"
    return answered


def _final() -> Dataset:
    answered = Dataset()
    answered.Status = PROCESSING_FAILURE
    answered.ErrorID = NOT_TO_BE_UPDATED
    answered.ErrorComment = "Performed Procedure Step Object may no longer be updated"
    return answered
