"""Services beside C-STORE: who answers, on which association, and that others may talk on it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # pyright: ignore[reportAttributeAccessIssue]
    ModalityWorklistInformationFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from pacs.dimse.peer import Peer, open_association
from pacs.dimse.service import Caller, Handlers
from pacs.rights import Right
from tests.archive import TOWNSHIP, Archive
from tests.builders import CT, image, thing
from tests.wire import EXPLICIT_LITTLE
from tests.wire import Sender as Device


class Greeting:
    """Answers each query with the title of whoever asks."""

    sop_classes = frozenset({str(ModalityWorklistInformationFind)})
    right = Right.WORKLIST

    def __init__(self) -> None:
        self.callers: list[Caller] = []

    def handlers(self, caller: Caller) -> Handlers:
        self.callers.append(caller)

        def answer(_event: Any) -> Iterator[tuple[int, Dataset | None]]:
            found = Dataset()
            found.ScheduledStationAETitle = caller.ae_title
            yield 0xFF00, found

        return [(evt.EVT_C_FIND, answer)]


def test_a_service_answers_each_caller_by_who_it_is(small_archive: Archive) -> None:
    greeting = Greeting()
    with small_archive.listening([greeting]) as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])
        answers = []
        for title in ("TOWNSHIP", "OTHER"):
            with open_association(title, peer, [build_context(ModalityWorklistInformationFind)]) as association:
                asked = Dataset()
                asked.ScheduledStationAETitle = ""
                answers.append(list(association.send_c_find(asked, ModalityWorklistInformationFind)))

    assert [
        [(status.Status, found and found.ScheduledStationAETitle) for status, found in each] for each in answers
    ] == [
        [(0xFF00, "TOWNSHIP"), (0x0000, None)],
        [(0xFF00, "OTHER"), (0x0000, None)],
    ]
    assert (greeting.callers[0].sender, greeting.callers[0].address) == (TOWNSHIP, "127.0.0.1")


class Welcoming(Greeting):
    """Another service that answers the same kind of message."""

    sop_classes = frozenset({str(StudyRootQueryRetrieveInformationModelFind)})
    right = Right.QUERY

    def handlers(self, caller: Caller) -> Handlers:
        return [(evt.EVT_C_FIND, lambda _event: iter([(0xA700, None)]))]


def test_a_message_is_answered_by_the_service_of_its_context(small_archive: Archive) -> None:
    classes = (ModalityWorklistInformationFind, StudyRootQueryRetrieveInformationModelFind)
    with small_archive.listening([Greeting(), Welcoming()]) as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])
        with open_association("TOWNSHIP", peer, [build_context(one) for one in classes]) as association:
            asked = Dataset()
            asked.ScheduledStationAETitle = ""
            answers = [[status.Status for status, _ in association.send_c_find(asked, one)] for one in classes]

    assert answers == [[0xFF00, 0x0000], [0xA700]]


def test_a_device_stores_and_asks_on_one_association(small_archive: Archive) -> None:
    contexts = [(str(ModalityWorklistInformationFind), [EXPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]
    with (
        small_archive.listening([Greeting()]) as listener,
        Device(address=listener.address, contexts=contexts) as device,
    ):
        assert device.accepted.keys() == {1, 3}
        assert device.store(thing(image())) == 0

    assert len(small_archive.instances()) == 1
