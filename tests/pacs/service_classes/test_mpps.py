"""MPPS on the wire: pynetdicom as the device, and a raw peer for what it would never send."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pynetdicom.association import Association
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import ModalityPerformedProcedureStep  # pyright: ignore[reportAttributeAccessIssue]

from pacs.dimse.peer import Peer, open_association
from pacs.dimse.service import Caller
from pacs.service_classes.mpps import PerformedSteps, Verdict
from pacs.service_classes.mpps_message import PerformedStep
from tests.archive import TOWNSHIP, Archive
from tests.builders import encoded
from tests.mpps import STEP, beginning, ending
from tests.wire import EXPLICIT_LITTLE, command, uid, us
from tests.wire import Sender as Device

MPPS = str(ModalityPerformedProcedureStep)


@dataclass
class Register:
    """What was said, and what is answered to it."""

    verdict: Verdict = Verdict.DONE
    failure: Exception | None = None
    said: list[tuple[str, str, PerformedStep]] = field(default_factory=list[tuple[str, str, PerformedStep]])

    def creating(self, caller: Caller, instance: str, said: PerformedStep) -> Verdict:
        return self._taken("create", caller, instance, said)

    def changing(self, caller: Caller, instance: str, said: PerformedStep) -> Verdict:
        return self._taken("set", caller, instance, said)

    def _taken(self, kind: str, caller: Caller, instance: str, said: PerformedStep) -> Verdict:
        assert caller.sender == TOWNSHIP
        if self.failure is not None:
            raise self.failure
        self.said.append((kind, instance, said))
        return self.verdict


@contextmanager
def device(archive: Archive, register: Register) -> Iterator[Association]:
    with archive.listening([PerformedSteps(register.creating, register.changing)]) as listener:
        peer = Peer(ae_title="TIERREAD", host="127.0.0.1", port=listener.address[1])
        with open_association("TOWNSHIP", peer, [build_context(MPPS)]) as association:
            yield association


def create(association: Association, said: Dataset, instance: str | None = STEP) -> Dataset:
    return association.send_n_create(said, MPPS, instance)[0]


def change(association: Association, said: Dataset, instance: str = STEP) -> Dataset:
    return association.send_n_set(said, MPPS, instance)[0]


def test_a_step_begins_and_ends(small_archive: Archive) -> None:
    register = Register()
    with device(small_archive, register) as association:
        statuses = [create(association, beginning()).Status, change(association, ending("1.2.1")).Status]

    assert statuses == [0, 0]
    assert [(kind, instance, said.state) for kind, instance, said in register.said] == [
        ("create", STEP, "in_progress"),
        ("set", STEP, "completed"),
    ]


def test_what_the_register_says_is_answered_by_its_status(small_archive: Archive) -> None:
    register = Register()
    heard: dict[Verdict, tuple[int, int, int | None]] = {}
    with device(small_archive, register) as association:
        for register.verdict in Verdict:
            began, ended = create(association, beginning()), change(association, ending())
            heard[register.verdict] = (began.Status, ended.Status, ended.get("ErrorID"))

    assert heard == {
        Verdict.DONE: (0, 0, None),
        Verdict.DUPLICATE: (0x0111, 0x0111, None),
        Verdict.UNKNOWN: (0x0112, 0x0112, None),
        Verdict.FINAL: (0x0110, 0x0110, 0xA506),
    }


def test_what_is_missing_or_invalid_never_reaches_the_register(small_archive: Archive) -> None:
    register = Register()
    with device(small_archive, register) as association:
        statuses = [
            create(association, beginning(Modality=None)).Status,
            create(association, beginning(Modality="")).Status,
            create(association, beginning(PerformedProcedureStepStatus="DONE")).Status,
            change(association, ending(PerformedProcedureStepStatus="OVER")).Status,
        ]
        explained = create(association, beginning(study_uid="1.x"))

    assert statuses == [0x0120, 0x0121, 0x0106, 0x0106]
    assert explained.ErrorComment == "value of 0020000D"  # and nothing of the value
    assert register.said == []


def test_a_failure_of_ours_is_told_and_the_association_goes_on(small_archive: Archive) -> None:
    register = Register(failure=RuntimeError("no disk"))
    with device(small_archive, register) as association:
        failed = create(association, beginning()).Status
        register.failure = None
        again = create(association, beginning()).Status

    assert (failed, again) == (0x0110, 0)


def test_what_no_library_sends_is_refused(small_archive: Archive) -> None:
    register = Register()
    with (
        small_archive.listening([PerformedSteps(register.creating, register.changing)]) as listener,
        Device(address=listener.address, contexts=[(MPPS, [EXPLICIT_LITTLE])]) as peer,
    ):

        def says(field_: int, elements: dict[int, bytes], data: bytes | None) -> dict[int, bytes]:
            has_data = us(0x0101 if data is None else 1)
            peer.send_message(1, command({0x0100: us(field_), 0x0110: us(3), 0x0800: has_data, **elements}))
            if data is not None:
                peer.send_data(data, context=1)
            return peer.response()

        create_, set_ = 0x0140, 0x0120
        whole = encoded(beginning())
        answers = [
            says(create_, {0x0002: uid(MPPS), 0x1000: uid(STEP)}, None),  # no attributes at all
            says(create_, {0x0002: uid(MPPS), 0x1000: uid(STEP)}, whole[:-3]),  # cut off
            says(set_, {0x0003: uid(MPPS), 0x1001: uid(STEP)}, b"\x40\x00\x52\x02CS\x06\x00AGAIN!"),
            says(create_, {0x0002: uid(MPPS)}, whole),  # without a UID: then it is ours to give
        ]
    statuses = [int.from_bytes(answer[0x0900], "little") for answer in answers]

    assert statuses[0] == 0x0120
    assert statuses[1] != 0
    assert statuses[2:] == [0x0106, 0]
    ((_, instance, _),) = register.said
    assert answers[3][0x1000].rstrip(b"\0").decode() == instance
    assert instance.startswith("2.25.")
