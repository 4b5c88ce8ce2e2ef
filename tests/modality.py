"""A device that asks for storage commitment, by pynetdicom: on an association of its own, and on a port of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModel  # pyright: ignore[reportAttributeAccessIssue]

PUSH_MODEL: Final = str(StorageCommitmentPushModel)
INSTANCE: Final = "1.2.840.10008.1.20.1.1"

Pair = tuple[str, str]
"""SOP class and instance."""


@dataclass(kw_only=True)
class Heard:
    """One N-EVENT-REPORT."""

    event_type: int
    information: Dataset
    called: bool
    """Whether we were called for it, or heard it on an association of ours."""
    their_role_accepted: bool = False

    @property
    def transaction(self) -> str:
        return str(self.information.TransactionUID)

    @property
    def committed(self) -> list[str]:
        return [str(one.ReferencedSOPInstanceUID) for one in self.information.get("ReferencedSOPSequence", [])]

    @property
    def failed(self) -> dict[str, int]:
        failed = self.information.get("FailedSOPSequence", [])
        return {str(one.ReferencedSOPInstanceUID): int(one.FailureReason) for one in failed}


@dataclass(kw_only=True)
class Modality:
    title: str
    answers: list[int] = field(default_factory=list[int])
    """Statuses for the next reports; success when there is none."""
    heard: list[Heard] = field(default_factory=list[Heard])

    @contextmanager
    def associated(self, address: tuple[str, int], *, proposed: Sequence[str] = (PUSH_MODEL,)) -> Iterator[Association]:
        entity = AE(self.title)
        for uid in proposed:
            entity.add_requested_context(uid)
        association = entity.associate(
            *address, ae_title="TIERREAD", evt_handlers=[(evt.EVT_N_EVENT_REPORT, self._hear, [False])]
        )
        assert association.is_established
        yield association
        association.release()

    @contextmanager
    def listening(self, port: int = 0, *, role: bool = True) -> Iterator[int]:
        """Take calls, by default with the role selection that the caller proposes; answers the port."""
        entity = AE(self.title)
        if role:
            entity.add_supported_context(PUSH_MODEL, scu_role=True, scp_role=True)
        else:
            entity.add_supported_context(PUSH_MODEL)
        server = entity.start_server(
            ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, self._hear, [True])]
        )
        assert server is not None
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()

    def _hear(self, event: Any, called: bool) -> tuple[int, None]:
        accepted = event.assoc.acceptor.role_selection if called else {}
        self.heard.append(
            Heard(
                event_type=event.request.EventTypeID,
                information=event.event_information,
                called=called,
                their_role_accepted=any(role.scp_role for role in accepted.values()),
            )
        )
        return (self.answers.pop(0) if self.answers else 0x0000), None


def ask(
    association: Association,
    transaction_uid: str,
    references: Sequence[Pair],
    *,
    action_type: int = 1,
    class_uid: str = PUSH_MODEL,
    instance_uid: str = INSTANCE,
) -> int:
    """N-ACTION; its status."""
    information = Dataset()
    information.TransactionUID = transaction_uid
    information.ReferencedSOPSequence = []
    for sop_class, sop_instance in references:
        item = Dataset()
        item.ReferencedSOPClassUID = sop_class
        item.ReferencedSOPInstanceUID = sop_instance
        information.ReferencedSOPSequence.append(item)
    status, _ = association.send_n_action(information, action_type, class_uid, instance_uid, meta_uid=PUSH_MODEL)
    return int(status.Status)
