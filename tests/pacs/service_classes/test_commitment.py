"""Storage commitment on the wire: what is taken in, what is refused, and what a device is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from pynetdicom.association import Association

from pacs.arriving.receive import Sender
from pacs.dimse.listener import Listener
from pacs.dimse.negotiation import Offer
from pacs.dimse.peer import Peer, open_association
from pacs.search.turns import Turns
from pacs.service_classes.commitment import (
    FAILURE_REASON,
    Conversation,
    Delivery,
    Report,
    Request,
    StorageCommitment,
    event_of,
    proposal,
    send_report,
    unsupported,
)
from storage.commitment.requests import Outcome, Reference, TransactionInUse, Verdict
from tests.archive import TOWNSHIP, Archive
from tests.builders import CT, DX, image, thing
from tests.modality import INSTANCE, PUSH_MODEL, Modality, ask
from tests.running import wait_until
from tests.wire import EXPLICIT_LITTLE, VERIFICATION, Aborted, command, uid, us
from tests.wire import Sender as Device

ONE = [(CT, "1.2.3")]


@dataclass(kw_only=True)
class Kept:
    """Takes every request, but the transaction 1.1 once only, and 1.2 never."""

    requests: list[tuple[Sender, Request]] = field(default_factory=list[tuple[Sender, Request]])

    def take(self, sender: Sender, request: Request) -> str:
        if request.transaction_uid == "1.1" and self.requests:
            raise TransactionInUse
        if request.transaction_uid == "1.2":
            raise ZeroDivisionError
        self.requests.append((sender, request))
        return f"request {len(self.requests)}"


@dataclass(frozen=True, kw_only=True)
class There:
    listener: Listener
    kept: Kept
    service: StorageCommitment
    device: Modality

    @contextmanager
    def open_association(self, *proposed: str) -> Iterator[tuple[Association, Conversation]]:
        with self.device.associated(self.listener.address, proposed=proposed or (PUSH_MODEL,)) as association:
            conversation = self.service.conversations()[-1]
            established = conversation.caller.association
            wait_until(lambda: established.is_established, what="the association, which the device knows of first")
            yield association, conversation


@pytest.fixture
def there(small_archive: Archive) -> Iterator[There]:
    kept = Kept()
    service = StorageCommitment(kept.take, Turns())
    with small_archive.listening([service]) as listener:
        yield There(listener=listener, kept=kept, service=service, device=Modality(title="TOWNSHIP"))


def report(*verdicts: Verdict, retrieve: str = "") -> Report:
    outcomes = [
        Outcome(reference=Reference(sop_class_uid=CT, sop_instance_uid=f"1.2.{number}"), verdict=verdict)
        for number, verdict in enumerate(verdicts, start=1)
    ]
    return Report(transaction_uid="1.9", outcomes=outcomes, retrieve_ae_title=retrieve)


def test_a_request_is_taken_in_and_remembered_where_it_was_made(there: There) -> None:
    references = [(CT, f"1.2.3.{number}") for number in range(10_000)]
    with there.open_association() as (association, conversation):
        status = ask(association, "1.9", references)
        asked = set(conversation.asked)
    ((sender, request),) = there.kept.requests

    assert (status, sender, asked) == (0x0000, TOWNSHIP, {"request 1"})
    assert request.transaction_uid == "1.9"
    assert [(one.sop_class_uid, one.sop_instance_uid) for one in request.references] == references


@pytest.mark.parametrize(
    ("transaction", "references", "changed", "status"),
    [
        ("1.9", ONE, {"instance_uid": "1.2.840.10008.1.20.1.2"}, 0x0112),
        ("1.9", ONE, {"instance_uid": "1.2.abc"}, 0x0117),
        ("1.9", ONE, {"action_type": 2}, 0x0123),
        ("", ONE, {}, 0x0115),
        ("1..9", ONE, {}, 0x0115),
        ("1.9", [], {}, 0x0115),
        ("1.9", [*ONE, (CT, "")], {}, 0x0115),
        ("1.9", [*ONE, ("", "1.2.4")], {}, 0x0115),
        ("1.9", [*ONE, (CT, "1.2.x")], {}, 0x0115),
        ("1.1", ONE, {}, 0x0115),
        ("1.2", ONE, {}, 0x0110),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_what_is_not_taken_in_is_told_why(
    there: There, transaction: str, references: list[tuple[str, str]], changed: dict[str, object], status: int
) -> None:
    there.kept.requests.append((TOWNSHIP, Request(transaction_uid="1.1", references=())))
    with there.open_association() as (association, conversation):
        answered = ask(association, transaction, references, **changed)  # type: ignore[arg-type]
        again = ask(association, "1.9", ONE)

    assert (answered, again) == (status, 0x0000)
    assert conversation.asked == {"request 2"}


def test_a_request_waits_for_its_turn_and_another_device_has_its_own(small_archive: Archive) -> None:
    kept, turns = Kept(), Turns(wait_seconds=0.01)
    device = Modality(title="TOWNSHIP")
    with (
        small_archive.listening([StorageCommitment(kept.take, turns)]) as listener,
        device.associated(listener.address) as association,
    ):
        with turns.of(TOWNSHIP.device_id):
            crowded = ask(association, "1.9", ONE)
        with turns.of("another device"):
            beside = ask(association, "1.9", ONE)

    assert (crowded, beside) == (0x0213, 0x0000)
    assert len(kept.requests) == 1


def test_another_sop_class_under_the_context_is_not_served(there: There) -> None:
    elements = {
        0x0003: uid("1.2.840.10008.5.1.4.34.6.1"),  # UPS Push
        0x0100: us(0x0130),
        0x0110: us(7),
        0x0800: us(0x0101),
        0x1001: uid(INSTANCE),
        0x1008: us(1),
    }
    with Device(address=there.listener.address, contexts=[(PUSH_MODEL, [EXPLICIT_LITTLE])]) as device:
        device.send_message(1, command({**elements, 0x0003: uid(PUSH_MODEL)}))
        without_information = device.status()
        device.send_message(1, command(elements))
        another_class = device.status()

    assert (without_information, another_class) == (0x0115, 0x0118)


def test_an_event_names_what_is_committed_and_what_is_not() -> None:
    everything = event_of(report(Verdict.COMMITTED, Verdict.COMMITTED, retrieve="TIERREAD"))
    some = event_of(report(Verdict.COMMITTED, *FAILURE_REASON))
    nothing = event_of(report(Verdict.UNKNOWN, retrieve="TIERREAD"))

    assert everything[0] == 1
    assert (everything[1].TransactionUID, everything[1].RetrieveAETitle) == ("1.9", "TIERREAD")
    assert [one.ReferencedSOPInstanceUID for one in everything[1].ReferencedSOPSequence] == ["1.2.1", "1.2.2"]
    assert "FailedSOPSequence" not in everything[1]
    assert some[0] == 2
    assert [one.ReferencedSOPInstanceUID for one in some[1].ReferencedSOPSequence] == ["1.2.1"]
    assert [(one.ReferencedSOPInstanceUID, one.FailureReason) for one in some[1].FailedSOPSequence] == [
        (f"1.2.{number}", reason) for number, reason in enumerate(FAILURE_REASON.values(), start=2)
    ]
    assert "RetrieveAETitle" not in some[1]
    assert nothing[0] == 2
    assert nothing[1].keys() == {0x00081195, 0x00081198}


def test_each_verdict_but_success_has_its_reason() -> None:
    assert FAILURE_REASON.keys() == set(Verdict) - {Verdict.COMMITTED}


def test_a_device_that_waits_is_told_where_it_asked(there: There) -> None:
    with there.open_association() as (association, conversation):
        ask(association, "1.9", ONE)
        told = conversation.send_report(report(Verdict.COMMITTED), 10)
        again = ask(association, "1.9", ONE)
        still_open = conversation.open
    (heard,) = there.device.heard

    assert (told, again, still_open) == (Delivery.DELIVERED, 0x0000, True)
    assert (heard.event_type, heard.called, heard.committed) == (1, False, ["1.2.1"])


def test_a_device_that_refuses_is_not_told_there_again(there: There) -> None:
    there.device.answers.append(0x0110)
    with there.open_association() as (_, conversation):
        told = conversation.send_report(report(Verdict.COMMITTED), 60)

        assert (told, conversation.open) == (Delivery.REFUSED, False)


def test_a_device_that_lets_go_instead_of_answering_is_let_go_at_once(there: There) -> None:
    with Device(address=there.listener.address, contexts=[(PUSH_MODEL, [EXPLICIT_LITTLE])]) as device:
        (conversation,) = there.service.conversations()
        wait_until(lambda: conversation.open, what="an association")
        told: list[Delivery] = []
        longer_than_the_test = 3600
        telling = threading.Thread(
            target=lambda: told.append(conversation.send_report(report(Verdict.COMMITTED), longer_than_the_test))
        )
        telling.start()
        kinds = [device.receive()[0], device.receive()[0]]  # the request, its data set
    telling.join()

    assert kinds == [4, 4]
    assert (told, conversation.open) == ([Delivery.SILENT], False)


def test_what_a_device_asks_before_it_answers_is_served(there: There, small_archive: Archive) -> None:
    contexts = [(PUSH_MODEL, [EXPLICIT_LITTLE]), (VERIFICATION, [EXPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]
    with Device(address=there.listener.address, contexts=contexts) as device:
        (conversation,) = there.service.conversations()
        wait_until(lambda: conversation.open, what="an association")
        told: list[Delivery] = []
        telling = threading.Thread(target=lambda: told.append(conversation.send_report(report(Verdict.COMMITTED), 30)))
        telling.start()
        device.receive()
        device.receive()
        statuses = [device.echo(), device.store(thing(image()))]
        answer = {0x0002: uid(PUSH_MODEL), 0x0100: us(0x8100), 0x0120: us(1), 0x0800: us(0x0101), 0x0900: us(0)}
        device.send_message(1, command(answer))
        telling.join()
        statuses.append(device.echo())

    assert (told, statuses) == ([Delivery.DELIVERED], [0, 0, 0])
    assert len(small_archive.instances()) == 1


def test_a_device_in_the_middle_of_an_instance_is_not_quiet(there: There) -> None:
    contexts = [(PUSH_MODEL, [EXPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]
    sent = thing(image())
    with Device(address=there.listener.address, contexts=contexts) as device:
        (conversation,) = there.service.conversations()
        wait_until(lambda: conversation.quiet_seconds > 0.1, what="silence")
        device.send_message(3, device.store_command(sent))
        wait_until(lambda: conversation.caller.association.upper_layer.receiving, what="an instance on its way")
        time.sleep(0.2)
        quiet = conversation.quiet_seconds
        device.send_data(sent.dataset, context=3)
        status = device.status()

    assert (quiet, status) == (0.0, 0)


def test_only_an_association_with_the_context_is_talked_to_and_an_ended_one_is_told_once_more(there: There) -> None:
    with there.open_association(VERIFICATION) as (_, conversation):
        without = conversation.open
    wait_until(lambda: conversation.over, what="the end")
    ended = there.service.conversations()

    assert (without, ended, there.service.conversations()) == (False, [conversation], [])


def test_an_association_that_is_kept_outlasts_its_silence(small_archive: Archive) -> None:
    service = StorageCommitment(Kept().take, Turns())
    with (
        small_archive.listening([service], idle_seconds=2) as listener,
        Device(address=listener.address, contexts=[(PUSH_MODEL, [EXPLICIT_LITTLE])]) as device,
    ):
        (conversation,) = service.conversations()
        wait_until(lambda: conversation.open, what="an association")
        until = time.monotonic() + 5
        while time.monotonic() < until:
            time.sleep(0.1)
            conversation.keep()
        kept = conversation.open
        with pytest.raises(Aborted):
            device.receive()
        device.close()

    assert kept


@pytest.mark.parametrize("role", [True, False])
def test_a_device_that_is_called_hears_us_as_provider(role: bool) -> None:
    device = Modality(title="TOWNSHIP", answers=[0x0000, 0x0112])
    contexts, roles = proposal()
    with device.listening(role=role) as port:
        peer = Peer(ae_title="TOWNSHIP", host="127.0.0.1", port=port)
        with open_association("TIERREAD", peer, contexts, roles=roles) as association:
            told = [send_report(association, report(Verdict.COMMITTED, Verdict.UNKNOWN)) for _ in range(2)]

    assert told == [Delivery.DELIVERED, Delivery.REFUSED]
    assert [one.called for one in device.heard] == [True, True]
    assert device.heard[0].failed == {"1.2.2": 0x0112}
    assert device.heard[0].their_role_accepted is role


def test_what_is_not_stored_here_is_known_by_its_class() -> None:
    named = [Reference(sop_class_uid=one, sop_instance_uid="1.2") for one in (CT, DX, VERIFICATION, "1.2.3.4")]

    assert unsupported(named, Offer().stores) == {VERIFICATION, "1.2.3.4"}
    assert unsupported(named, Offer(private_sop_classes=["1.2.3.4"]).stores) == {VERIFICATION}
