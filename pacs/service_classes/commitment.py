"""Storage Commitment, Push Model (PS3.4 J), as its SCP: requests of devices, and the reports on them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import Any, Final

import structlog
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.dsutils import encode
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context, build_role

from pacs.arriving.receive import Sender
from pacs.dimse.service import Caller, Handlers
from pacs.errors import InvalidInput
from pacs.rights import Right
from pacs.search.turns import TooManySearches, Turns
from storage.commitment.requests import Outcome, Reference, TransactionInUse, Verdict
from storage.instance_row import is_new_uid, is_uid

PUSH_MODEL: Final = "1.2.840.10008.1.20.1"
PUSH_MODEL_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
"""The well-known instance that every request and report names (PS3.4 J.3.5)."""
_REQUEST_COMMITMENT: Final = 1
_SYNTAXES: Final = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")

FAILURE_REASON: Final = {
    # PS3.3 C.14.1.1
    Verdict.QUARANTINED: 0x0110,
    Verdict.DAMAGED: 0x0110,
    Verdict.UNKNOWN: 0x0112,
    Verdict.OTHER_CLASS: 0x0119,
    Verdict.UNSUPPORTED: 0x0122,
    Verdict.NOT_STORED: 0x0213,
}

_log: Final = structlog.get_logger()


class Refusal(StrEnum):
    """Why a request is refused."""

    FAILED = "failed"
    NO_SUCH_INSTANCE = "no_such_instance"
    INVALID_ARGUMENT = "invalid_argument"
    """No transaction UID, no references, or a malformed UID."""
    TRANSACTION_IN_USE = "transaction_in_use"
    BUSY = "busy"
    """Earlier requests are still read: the device may ask again."""
    INVALID_INSTANCE = "invalid_instance"
    NO_SUCH_CLASS = "no_such_class"
    NO_SUCH_ACTION = "no_such_action"


STATUS: Final = {
    # PS3.7 10.1.4.1.10 and Annex C.5
    Refusal.FAILED: 0x0110,
    Refusal.NO_SUCH_INSTANCE: 0x0112,
    Refusal.INVALID_ARGUMENT: 0x0115,
    Refusal.TRANSACTION_IN_USE: 0x0115,
    Refusal.INVALID_INSTANCE: 0x0117,
    Refusal.NO_SUCH_CLASS: 0x0118,
    Refusal.NO_SUCH_ACTION: 0x0123,
    Refusal.BUSY: 0x0213,
}


class RefusedRequest(InvalidInput):
    """A request is refused with the status of ``refusal``."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, kw_only=True)
class Request:
    """The instances whose commitment a device requests."""

    transaction_uid: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, kw_only=True)
class Report:
    """The result of one transaction, for the device."""

    transaction_uid: str
    outcomes: Sequence[Outcome]
    retrieve_ae_title: str
    """AE title from which the device can retrieve committed instances; empty where it cannot."""


class Delivery(StrEnum):
    """How the device took a report."""

    DELIVERED = "delivered"
    SILENT = "silent"
    """The device did not answer, or ended the association."""
    REFUSED = "refused"
    """The device answered with a failure status."""


@dataclass(kw_only=True, eq=False)
class Conversation:
    """A device's association, on which it can be sent reports."""

    caller: Caller
    asked: set[str] = field(default_factory=set[str])
    """Ids of the requests that were made on it."""
    deaf: bool = False
    """A report on it was not delivered."""

    @property
    def open(self) -> bool:
        return not self.deaf and self.caller.association.is_established and self.context() is not None

    @property
    def over(self) -> bool:
        return not self.caller.association.is_alive()

    def context(self) -> PresentationContext | None:
        accepted = self.caller.association.accepted_contexts
        return next((one for one in accepted if one.abstract_syntax == PUSH_MODEL), None)

    @property
    def quiet_seconds(self) -> float:
        return self.caller.association.quiet_seconds

    def keep(self) -> None:
        """Keep the association open while the device waits for its report."""
        self.caller.association.keep_alive()

    def send_report(self, report: Report, seconds: float) -> Delivery:
        """Send a report on this association (PS3.4 J.3.3); after a failure no other is sent on it."""
        context = self.context()
        if context is None or context.context_id is None:
            return Delivery.SILENT
        response = self.caller.association.ask(_event_report(report, context), context.context_id, seconds)
        told = Delivery.SILENT if response is None else _delivery(response.Status)
        self.deaf = told is not Delivery.DELIVERED
        return told


class StorageCommitment:
    """Answers N-ACTION requests; ``take`` records a request and answers its id.

    A request of 4 MiB takes seconds and a hundred times its bytes to read: it waits for one of ``turns``, as a search.
    ``take`` runs in the thread of the association, and raises `TransactionInUse` where the device has another request
    with the same transaction UID.
    """

    sop_classes = frozenset({PUSH_MODEL})
    right = Right.STORE

    def __init__(self, take: Callable[[Sender, Request], str], turns: Turns) -> None:
        self._take = take
        self._turns = turns
        self._lock = threading.Lock()
        self._conversations: list[Conversation] = []

    def handlers(self, caller: Caller) -> Handlers:
        conversation = Conversation(caller=caller)
        with self._lock:
            self._conversations.append(conversation)
        return [(evt.EVT_N_ACTION, lambda event: self._answer(conversation, event))]

    def conversations(self) -> list[Conversation]:
        """The open conversations, and once more each that has ended since the last call."""
        with self._lock:
            found = list(self._conversations)
            self._conversations = [one for one in found if not one.over]
        return found

    def _answer(self, conversation: Conversation, event: Any) -> tuple[Dataset, None]:
        try:
            with self._turns.of(conversation.caller.sender.device_id):
                request = request_of(event)
            conversation.asked.add(self._take(conversation.caller.sender, request))
        except RefusedRequest as refused:
            return _status(STATUS[refused.refusal], refused.refusal), None
        except TransactionInUse:
            refusal = Refusal.TRANSACTION_IN_USE
            return _status(STATUS[refusal], refusal), None
        except TooManySearches:
            _log.warning("commitment_crowded_out", device_id=conversation.caller.sender.device_id)
            return _status(STATUS[Refusal.BUSY], Refusal.BUSY), None
        except Exception:  # noqa: BLE001 # the device is refused, and asks again
            _log.error("commitment_failed", device_id=conversation.caller.sender.device_id, exc_info=True)
            return _status(STATUS[Refusal.FAILED], Refusal.FAILED), None
        return _status(0x0000), None


def request_of(event: Any) -> Request:
    """The request in an N-ACTION (PS3.4 J.3.2.1).

    Raises:
        RefusedRequest: the message is no valid request.

    """
    asked = event.request
    if str(asked.RequestedSOPClassUID) != PUSH_MODEL:
        raise RefusedRequest(Refusal.NO_SUCH_CLASS)
    instance_uid = str(asked.RequestedSOPInstanceUID)
    if instance_uid != PUSH_MODEL_INSTANCE:
        raise RefusedRequest(Refusal.NO_SUCH_INSTANCE if is_uid(instance_uid) else Refusal.INVALID_INSTANCE)
    if asked.ActionTypeID != _REQUEST_COMMITMENT:
        raise RefusedRequest(Refusal.NO_SUCH_ACTION)
    try:
        information: Dataset = event.action_information
        transaction_uid = str(information.get("TransactionUID") or "")
        references = tuple(
            Reference(
                sop_class_uid=str(one.get("ReferencedSOPClassUID") or ""),
                sop_instance_uid=str(one.get("ReferencedSOPInstanceUID") or ""),
            )
            for one in information.get("ReferencedSOPSequence") or ()
        )
    except Exception as error:  # whatever pydicom raises
        raise RefusedRequest(Refusal.INVALID_ARGUMENT) from error
    uids = [uid for one in references for uid in (one.sop_class_uid, one.sop_instance_uid)]
    if not references or not is_new_uid(transaction_uid) or not all(is_uid(uid) for uid in uids):
        raise RefusedRequest(Refusal.INVALID_ARGUMENT)
    return Request(transaction_uid=transaction_uid, references=references)


def proposal() -> tuple[list[PresentationContext], list[SCP_SCU_RoleSelectionNegotiation]]:
    """The contexts and roles for an association that we request to send a report: we are the SCP (PS3.4 J.3.3)."""
    return [build_context(PUSH_MODEL, list(_SYNTAXES))], [build_role(PUSH_MODEL, scp_role=True)]


def send_report(association: Association, report: Report) -> Delivery:
    """Send a report on an association that we requested."""
    event_type, information = event_of(report)
    status, _ = association.send_n_event_report(information, event_type, PUSH_MODEL, PUSH_MODEL_INSTANCE)
    return _delivery(status.get("Status"))


def event_of(report: Report) -> tuple[int, Dataset]:
    """Event type and information (PS3.4 J.3.3.1): type 1 where all are committed, else 2 with both lists."""
    information = Dataset()
    information.TransactionUID = report.transaction_uid
    committed = [one.reference for one in report.outcomes if one.verdict is Verdict.COMMITTED]
    failed = [one for one in report.outcomes if one.verdict is not Verdict.COMMITTED]
    if committed:
        if report.retrieve_ae_title:
            information.RetrieveAETitle = report.retrieve_ae_title
        information.ReferencedSOPSequence = [_item(one) for one in committed]
    if not failed:
        return 1, information
    information.FailedSOPSequence = []
    for one in failed:
        item = _item(one.reference)
        item.FailureReason = FAILURE_REASON[one.verdict]
        information.FailedSOPSequence.append(item)
    return 2, information


def _event_report(report: Report, context: PresentationContext) -> N_EVENT_REPORT:
    event_type, information = event_of(report)
    syntax = UID(context.transfer_syntax[0])
    encoded = encode(information, syntax.is_implicit_VR, syntax.is_little_endian)
    if encoded is None:
        raise ValueError("the report cannot be encoded")
    request = N_EVENT_REPORT()
    request.MessageID = 1
    request.AffectedSOPClassUID = UID(PUSH_MODEL)
    request.AffectedSOPInstanceUID = UID(PUSH_MODEL_INSTANCE)
    request.EventTypeID = event_type
    request.EventInformation = BytesIO(encoded)
    return request


def _item(reference: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = reference.sop_class_uid
    item.ReferencedSOPInstanceUID = reference.sop_instance_uid
    return item


def _delivery(status: int | None) -> Delivery:
    if status is None:
        return Delivery.SILENT
    # Success and the warnings of PS3.7 Annex C.4.
    return Delivery.DELIVERED if status in (0x0000, 0x0001, 0x0107, 0x0116) or status >> 12 == 0xB else Delivery.REFUSED


def _status(code: int, comment: str = "") -> Dataset:
    answer = Dataset()
    answer.Status = code
    if comment:
        answer.ErrorComment = comment
    return answer


def unsupported(references: Iterable[Reference], stores: Callable[[str], bool]) -> frozenset[str]:
    """The SOP classes of these references that are not stored here."""
    return frozenset(uid for uid in {one.sop_class_uid for one in references} if not stores(uid))
