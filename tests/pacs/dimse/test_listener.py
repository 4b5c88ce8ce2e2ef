"""Who may associate, what they hear otherwise, and that the listener begins and ends cleanly."""

from __future__ import annotations

import gc
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pacs.arriving.outcome import Outcome, Reason
from pacs.arriving.receive import Sender
from pacs.dimse.answers import decoded
from pacs.dimse.association import AcceptorAssociation
from pacs.dimse.listener import Listener, ListenerSettings
from pacs.dimse.refusals import CallingAE, Refusal
from pacs.rights import Right
from tests.archive import TITLES, TOWNSHIP, Archive
from tests.builders import CT, compressed, image, thing
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION, Aborted, HungUp, Rejected, associate_rq
from tests.wire import Sender as Device

IMAGES = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_LOSSY = "1.2.840.10008.1.2.4.50"


def test_a_known_device_echoes_and_stores(small_archive: Archive) -> None:
    with small_archive.listening() as listener, Device(address=listener.address, contexts=IMAGES) as device:
        assert device.echo() == 0
        assert device.store(thing(image())) == 0
        assert device.echo() == 0

    assert len(small_archive.instances()) == 1
    assert small_archive.instances()[0]["device_id"] == TOWNSHIP.device_id


def test_the_same_request_again_is_judged_anew(small_archive: Archive) -> None:
    """It is decoded and negotiated once; who calls and what they may is asked each time, and what they lack is told."""
    seen: list[set[int]] = []
    lacking: list[frozenset[Right]] = []
    with small_archive.listening() as listener:
        vars(listener)["_terms"] = replace(vars(listener)["_terms"], on_lack=lambda _sender, lack: lacking.append(lack))
        for may in (frozenset(Right), frozenset[Right](), frozenset(Right), frozenset[Right]()):
            registry = {"TOWNSHIP": replace(TOWNSHIP, may=may)}
            with registered(registry), Device(address=listener.address, contexts=IMAGES) as device:
                seen.append(set(device.accepted))
                assert device.echo() == 0
                assert Right.STORE not in may or device.store(thing(image())) == 0

    assert seen == [{1, 3}, {1}, {1, 3}, {1}]
    assert lacking == [frozenset({Right.STORE})] * 2


def test_a_request_that_came_before_has_the_same_answer(small_archive: Archive) -> None:
    request = associate_rq("TOWNSHIP", "TIERREAD", [*IMAGES, ("1.2.3.4", [EXPLICIT_LITTLE])] * 40)
    answers: list[bytes] = []
    with small_archive.listening() as listener:
        for _ in range(3):
            device = Device(address=listener.address)
            device.connect()
            device.send(request)
            answers.append(device.receive()[1])
            device.release()
            device.close()
    known = vars(vars(listener)["_terms"].answers)["_known"]
    remembered = len(known)
    decoded.cache_clear()
    gc.collect()

    assert answers == [answers[0]] * 3
    assert len(answers[0]) > 120 * 8
    assert (remembered, len(known)) == (1, 0)  # nothing else holds the request


@contextmanager
def registered(registry: dict[str, Sender]) -> Iterator[None]:
    """The register of devices as it is meanwhile."""
    before = dict(TITLES)
    TITLES.update(registry)
    try:
        yield
    finally:
        TITLES.update(before)


@pytest.mark.parametrize("title", ["QUINN", "township"])
def test_an_unknown_device_is_refused_for_good(small_archive: Archive, title: str) -> None:
    with small_archive.listening() as listener:
        device = Device(address=listener.address, calling=title)

        with pytest.raises(Rejected) as refused, device:
            pass

    assert (refused.value.result, refused.value.source, refused.value.reason) == (1, 1, 3)
    assert [(one.calling.ae_title, one.calling.address, one.refusal) for one in small_archive.refusals] == [
        (title, "127.0.0.1", Refusal.UNKNOWN_DEVICE)
    ]


def test_a_device_at_another_address_hears_what_an_unknown_one_hears(small_archive: Archive) -> None:
    with small_archive.listening(host="127.0.0.1") as listener:
        elsewhere = socket.create_connection(listener.address, source_address=("127.0.0.2", 0))
        device = Device(address=listener.address)
        device.sock = elsewhere

        with pytest.raises(Rejected) as refused:
            device.associate()
        device.close()

    assert (refused.value.result, refused.value.source, refused.value.reason) == (1, 1, 3)


def test_an_unknown_device_learns_neither_our_title_nor_our_load(small_archive: Archive) -> None:
    with small_archive.listening(max_associations=0) as listener:
        stranger = Device(address=listener.address, calling="QUINN", called="WRONG")

        with pytest.raises(Rejected) as refused, stranger:
            pass

    assert (refused.value.result, refused.value.source, refused.value.reason) == (1, 1, 3)


def test_a_wrong_called_title_is_refused_where_it_is_checked(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        device = Device(address=listener.address, called="ORTHANC")

        with pytest.raises(Rejected) as refused, device:
            pass
    with (
        small_archive.listening(check_called=False) as other,
        Device(address=other.address, called="ORTHANC") as device,
    ):
        assert device.echo() == 0

    assert (refused.value.result, refused.value.source, refused.value.reason) == (1, 1, 7)


def test_beyond_the_limit_a_device_may_come_back_later(small_archive: Archive) -> None:
    with small_archive.listening(max_associations=1) as listener, Device(address=listener.address) as first:
        with pytest.raises(Rejected) as refused, Device(address=listener.address):
            pass
        assert first.echo() == 0

    assert (refused.value.result, refused.value.source, refused.value.reason) == (2, 3, 2)


def test_a_register_that_cannot_be_asked_is_a_passing_trouble(small_archive: Archive) -> None:
    def away(_calling: CallingAE) -> Sender | None:
        raise ConnectionError

    listener = Listener(
        small_archive.receiver, away, small_archive.refusals.append, ListenerSettings(host="127.0.0.1", port=0)
    )
    listener.start()
    try:
        with pytest.raises(Rejected) as refused, Device(address=listener.address):
            pass
    finally:
        listener.stop()

    assert (refused.value.result, refused.value.source, refused.value.reason) == (2, 3, 1)


def test_a_record_that_cannot_be_made_changes_no_answer(small_archive: Archive) -> None:
    def broken(*_told: object) -> None:
        raise ConnectionError

    listener = Listener(
        small_archive.receiver, small_archive.registry, broken, ListenerSettings(host="127.0.0.1", port=0), broken
    )
    listener.start()
    try:
        stranger = Device(address=listener.address, calling="QUINN")
        with pytest.raises(Rejected), stranger:
            pass
        with Device(address=listener.address, contexts=IMAGES) as device:
            assert device.store(thing(image())) == 0
        assert listener.alive
    finally:
        listener.stop()

    assert not listener.alive


def test_never_picks_lossy_where_the_same_context_offers_lossless(small_archive: Archive) -> None:
    contexts = [(CT, [JPEG_LOSSY, JPEG_LS]), (CT, [JPEG_LOSSY, IMPLICIT_LITTLE, EXPLICIT_LITTLE]), (CT, [JPEG_LOSSY])]
    with small_archive.listening() as listener, Device(address=listener.address, contexts=contexts) as device:
        assert [device.accepted[number][1] for number in (1, 3, 5)] == [JPEG_LS, EXPLICIT_LITTLE, JPEG_LOSSY]


def test_contexts_that_are_not_for_storing_are_refused_one_by_one(small_archive: Archive) -> None:
    contexts = [("1.2.840.10008.5.1.4.1.2.2.1", [IMPLICIT_LITTLE]), (CT, ["1.2.3.4.5"]), (CT, [EXPLICIT_LITTLE])]
    with small_archive.listening() as listener, Device(address=listener.address, contexts=contexts) as device:
        assert device.refused == {1: 3, 3: 4}  # PS3.8 Table 9-18: abstract syntax, transfer syntaxes not supported
        assert device.store(thing(image())) == 0


def test_128_contexts_are_negotiated(small_archive: Archive) -> None:
    contexts = [(CT, [EXPLICIT_LITTLE])] * 128
    with small_archive.listening() as listener, Device(address=listener.address, contexts=contexts) as device:
        assert len(device.accepted) == 128
        assert device.store(thing(image()), context=255) == 0


def test_private_ones_are_taken_by_setting(small_archive: Archive) -> None:
    contexts = [("1.2.3.4", ["1.2.3.5"])]
    private = {"private_sop_classes": ("1.2.3.4",), "private_transfer_syntaxes": ("1.2.3.5",)}
    with small_archive.listening(**private) as listener, Device(address=listener.address, contexts=contexts) as device:
        assert device.accepted == {1: ("1.2.3.4", "1.2.3.5")}


def test_large_pieces_are_offered_and_the_implementation_is_named(small_archive: Archive) -> None:
    with small_archive.listening() as listener, Device(address=listener.address) as device:
        assert device.their_pdu == 131072


def test_many_devices_send_at_once(small_archive: Archive) -> None:
    statuses: list[int] = []

    def send(address: tuple[str, int]) -> None:
        with Device(address=address, contexts=IMAGES) as device:
            statuses.extend(device.store(thing(image())) for _ in range(5))

    with small_archive.listening() as listener:
        threads = [threading.Thread(target=send, args=(listener.address,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert statuses == [0] * 30
    assert len(small_archive.instances()) == 30


def test_each_instance_is_told_of(small_archive: Archive) -> None:
    told: list[tuple[Sender, Outcome]] = []
    listener = Listener(
        small_archive.receiver,
        small_archive.registry,
        small_archive.refusals.append,
        ListenerSettings(host="127.0.0.1", port=0),
        lambda sender, outcome: told.append((sender, outcome)),
    )
    sent = thing(image())
    listener.start()
    try:
        with Device(address=listener.address, contexts=IMAGES) as device:
            device.store(sent)
    finally:
        listener.stop()

    assert [(sender, outcome.reason, outcome.sop_instance_uid) for sender, outcome in told] == [
        (TOWNSHIP, Reason.STORED, sent.sop_instance)
    ]


def test_a_connection_that_gets_no_thread_leaves_nothing_behind(
    small_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_more(_: AcceptorAssociation) -> None:
        raise RuntimeError("can't start new thread")

    with small_archive.listening() as listener:
        with monkeypatch.context() as patched:
            patched.setattr(AcceptorAssociation, "start", no_more)
            open_before = len(list(Path("/proc/self/fd").iterdir()))
            for _ in range(5):
                with socket.create_connection(listener.address) as dropped:
                    assert dropped.recv(1) == b""
            # What an earlier test left to the garbage collector may be closed meanwhile.
            assert len(list(Path("/proc/self/fd").iterdir())) <= open_before
        with Device(address=listener.address, contexts=IMAGES) as device:
            assert device.echo() == 0


def test_stopping_lets_an_instance_on_its_way_arrive(small_archive: Archive) -> None:
    sent = thing(image(rows=64, columns=64))
    with small_archive.listening(stop_seconds=10) as listener:
        device = Device(address=listener.address, contexts=IMAGES)
        device.connect()
        device.associate()
        command = device.store_command(sent)
        device.send_message(3, command)
        device.send_data(sent.dataset[:5000], context=3, finish=False)
        stopping = threading.Thread(target=listener.stop)
        stopping.start()
        time.sleep(0.2)
        device.send_data(sent.dataset[5000:], context=3)

        assert device.status() == 0
        with pytest.raises(Aborted):
            device.receive()
        device.close()
        stopping.join()

    assert len(small_archive.instances()) == 1


def test_stopping_ends_idle_and_stuck_associations(small_archive: Archive) -> None:
    with small_archive.listening(stop_seconds=0.2) as listener:
        idle = Device(address=listener.address)
        idle.connect()
        idle.associate()
        stuck = Device(address=listener.address, contexts=IMAGES)
        stuck.connect()
        stuck.associate()
        stuck.send_message(3, stuck.store_command(thing(image())))
        silent = socket.create_connection(listener.address)
        time.sleep(0.1)

    with pytest.raises((Aborted, HungUp)):
        idle.receive()
    with pytest.raises((Aborted, HungUp)):
        stuck.receive()
    assert silent.recv(1) == b""
    for one in (idle, stuck, silent):
        one.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "AcceptorThread"]


def test_what_was_compressed_stays_as_it_came(small_archive: Archive) -> None:
    sent = thing(compressed(image(), "1.2.840.10008.1.2.5"), "1.2.840.10008.1.2.5")
    contexts = [(CT, ["1.2.840.10008.1.2.5"])]
    with small_archive.listening() as listener, Device(address=listener.address, contexts=contexts) as device:
        assert device.store(sent) == 0

    assert small_archive.stored(small_archive.instances()[0]) == sent.dataset
