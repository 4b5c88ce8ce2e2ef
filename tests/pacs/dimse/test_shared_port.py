"""Nobody takes the port from the others: not by silence, not by a crowd, and not by sending a byte now and then."""

from __future__ import annotations

import socket
import struct
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from pacs.dimse import message_reader, port_shares
from pacs.dimse.refusals import GaveWay
from service.installation.heartbeat import Part, Role
from service.installation.installation import Folders
from service.processes.association_count import Served
from tests.archive import Archive
from tests.attackers import STRANGER, is_closed, silent
from tests.builders import CT, image, thing
from tests.running import wait_until
from tests.wire import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION, Aborted, HungUp, Rejected, Sender, pdu, pdv

IMAGES = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE])]


def closed_of(sockets: list[socket.socket]) -> int:
    """How many of them the listener has closed by now."""
    count = 0
    for each in sockets:
        each.setblocking(False)
        try:
            count += each.recv(1) == b""
        except BlockingIOError:
            continue
        except OSError:
            count += 1
    return count


def test_silence_from_an_unregistered_address_holds_eight_places_and_a_device_is_heard(small_archive: Archive) -> None:
    with small_archive.listening(max_associations=4) as listener, silent(listener.address[1], 170) as sockets:
        with Sender(address=listener.address, contexts=IMAGES) as device:
            assert device.store(thing(image())) == 0
        wait_until(lambda: closed_of(sockets) >= 170 - 8, what="those beyond eight to be closed")

    assert set(small_archive.gave_way) == {GaveWay.CONNECTION}


def test_silence_from_a_registered_address_gives_way_to_whoever_speaks(small_archive: Archive) -> None:
    small_archive.addresses |= {"127.0.0.7"}
    with (
        small_archive.listening(max_associations=4) as listener,
        silent(listener.address[1], 170, source="127.0.0.7"),
    ):
        for source in ("127.0.0.1", "127.0.0.7"):
            with Sender(address=listener.address, contexts=IMAGES, source=source) as device:
                assert device.store(thing(image())) == 0


def test_idle_associations_of_one_device_give_way_to_another_one(small_archive: Archive) -> None:
    with small_archive.listening(max_associations=6) as listener, ExitStack() as held:
        idle: list[Sender] = []
        for _ in range(6):
            idle.append(Sender(address=listener.address, contexts=IMAGES))
            idle[-1].connect()
            held.callback(idle[-1].close)
            idle[-1].associate()
        for _ in range(3):
            with Sender(address=listener.address, contexts=IMAGES, calling="OTHER") as other:
                assert other.store(thing(image())) == 0
        with pytest.raises((Aborted, HungUp)):
            idle[0].receive()

        assert idle[-1].echo() == 0

    assert set(small_archive.gave_way) == {GaveWay.ASSOCIATION}


def test_one_device_has_its_share_and_its_own_give_way_only_after_a_while(
    small_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_archive.listening(max_associations=6, max_of_one_device=2) as listener, ExitStack() as held:
        first, _second = (held.enter_context(Sender(address=listener.address, contexts=IMAGES)) for _ in range(2))
        with pytest.raises(Rejected), Sender(address=listener.address, contexts=IMAGES):
            pass
        with Sender(address=listener.address, contexts=IMAGES, calling="OTHER") as other:
            assert other.echo() == 0

        assert first.echo() == 0

    monkeypatch.setattr(port_shares, "PATIENCE_SECONDS", 0.2)
    with small_archive.listening(max_associations=6, max_of_one_device=1) as listener, ExitStack() as held:
        forgotten = Sender(address=listener.address, contexts=IMAGES)
        forgotten.connect()
        held.callback(forgotten.close)
        forgotten.associate()
        time.sleep(0.3)
        with Sender(address=listener.address, contexts=IMAGES) as again:
            assert again.echo() == 0
        with pytest.raises((Aborted, HungUp)):
            forgotten.receive()


def test_a_listener_asks_the_one_that_has_most_for_room(
    small_archive: Archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(port_shares, "PATIENCE_SECONDS", 0.2)
    folders = Folders(data=tmp_path)
    folders.run.mkdir()
    counts = [Served(folders, Part(role=Role.SCP, number=number, of=2)) for number in (1, 2)]
    with (
        small_archive.listening(max_associations=2, shared_count=counts[0]) as crowded,
        small_archive.listening(max_associations=2, shared_count=counts[1]) as empty,
        ExitStack() as held,
    ):
        for _ in range(2):
            idle = Sender(address=crowded.address, contexts=IMAGES)
            idle.connect()
            held.callback(idle.close)
            idle.associate()
        time.sleep(0.3)
        with Sender(address=empty.address, contexts=IMAGES, calling="OTHER") as other:
            assert other.store(thing(image())) == 0
            assert counts[1](1) == 1


def test_one_that_is_sending_never_gives_way(small_archive: Archive) -> None:
    with (
        small_archive.listening(max_associations=1) as listener,
        Sender(address=listener.address, contexts=IMAGES) as busy,
    ):
        sent = thing(image())
        busy.send_message(3, busy.store_command(sent))
        half = len(sent.dataset) // 2
        busy.send_data(sent.dataset[:half], context=3, finish=False)
        time.sleep(0.2)
        with pytest.raises(Rejected), Sender(address=listener.address, contexts=IMAGES, calling="OTHER"):
            pass
        busy.send_data(sent.dataset[half:], context=3)

        assert busy.status() == 0


def test_a_message_that_comes_a_byte_at_a_time_is_cut(small_archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_reader, "_SLOW_SECONDS", 0.5)
    with small_archive.listening(idle_seconds=30) as listener:
        slow = Sender(address=listener.address, contexts=IMAGES)
        slow.connect()
        slow.associate()
        sent = thing(image())
        slow.send_message(3, slow.store_command(sent))
        for byte in sent.dataset:
            try:
                slow.send(pdu(4, pdv(3, 0, bytes((byte,)))))
            except (HungUp, OSError):
                break
            time.sleep(0.02)
        else:
            raise AssertionError("it was read to its end")
        slow.close()

    assert small_archive.instances() == []


def test_half_a_pdu_header_and_half_a_request_are_closed_in_time(small_archive: Archive) -> None:
    with small_archive.listening(request_seconds=0.5) as listener:
        for said in (b"\x01", b"\x01\x00\x00", struct.pack(">BBI", 1, 0, 1000) + b"half"):
            with silent(listener.address[1], 1, source=STRANGER, say=said) as (one,):
                assert is_closed(one, 10)
