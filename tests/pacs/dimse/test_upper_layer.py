"""Whatever a peer does on the wire, the listener serves the next one, and nothing is half-written."""

from __future__ import annotations

import datetime as dt
import socket
import struct
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from pacs.arriving.outcome import STATUS, Reason
from tests.archive import Archive
from tests.builders import CT, DX, image, thing
from tests.running import wait_until
from tests.wire import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    VERIFICATION,
    Aborted,
    HungUp,
    Object,
    Sender,
    associate_rq,
    command,
    element,
    pdu,
    pdv,
    uid,
    us,
)

IMAGES = [(VERIFICATION, [IMPLICIT_LITTLE]), (CT, [EXPLICIT_LITTLE]), (DX, [EXPLICIT_LITTLE])]
STORE = 3
"""The context of CT."""


def device(archive_address: tuple[str, int], piece: int = 0) -> Sender:
    made = Sender(address=archive_address, contexts=IMAGES, piece=piece)
    made.connect()
    made.associate()
    return made


def large() -> Object:
    return thing(image(rows=256, columns=256))


def test_one_byte_at_a_time(small_archive: Archive) -> None:
    sent = thing(image())
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES, piece=1) as slow:
        assert slow.store(sent) == 0
        assert slow.echo() == 0

    assert small_archive.stored(small_archive.instances()[0]) == sent.dataset


@pytest.mark.parametrize("fragment", [1, 100, 16_378, 131_066, 10_000_000])
def test_fragments_of_any_size(small_archive: Archive, fragment: int) -> None:
    sent = thing(image()) if fragment == 1 else large()
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        assert sender.store(sent, fragment=fragment) == 0

    assert small_archive.stored(small_archive.instances()[0]) == sent.dataset


def test_a_command_in_pieces_and_several_values_in_one_pdu(small_archive: Archive) -> None:
    sent = thing(image())
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        request = sender.store_command(sent)
        pieces = [request[at : at + 10] for at in range(0, len(request), 10)]
        half = len(sent.dataset) // 2
        for piece in pieces[:-1]:
            sender.send(pdu(4, pdv(STORE, 1, piece)))
        sender.send(
            pdu(4, pdv(STORE, 3, pieces[-1]) + pdv(STORE, 0, sent.dataset[:half]) + pdv(STORE, 2, sent.dataset[half:]))
        )

        assert sender.status() == 0
        assert sender.echo() == 0

    assert small_archive.stored(small_archive.instances()[0]) == sent.dataset


def test_an_empty_last_fragment_ends_the_data_set(small_archive: Archive) -> None:
    sent = thing(image())
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        sender.send(pdu(4, pdv(STORE, 3, sender.store_command(sent))))
        sender.send(pdu(4, pdv(STORE, 0, sent.dataset)) + pdu(4, pdv(STORE, 2, b"")))

        assert sender.status() == 0


def test_requests_sent_ahead_are_answered_in_turn(small_archive: Archive) -> None:
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        for _ in range(3):
            sent = thing(image())
            sender.send(pdu(4, pdv(STORE, 3, sender.store_command(sent))) + pdu(4, pdv(STORE, 2, sent.dataset)))
        assert [sender.status() for _ in range(3)] == [0, 0, 0]

    assert len(small_archive.instances()) == 3


def test_the_response_names_what_it_answers(small_archive: Archive) -> None:
    sent = thing(image())
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        sender.send(pdu(4, pdv(STORE, 3, sender.store_command(sent, message_id=us(4711)))))
        sender.send_data(sent.dataset, context=STORE)

        answer = sender.response()

    assert struct.unpack("<I", answer[0x0000])[0] == sum(8 + len(value) for number, value in answer.items() if number)
    assert answer[0x0002] == uid(CT)
    assert answer[0x0100] == us(0x8001)
    assert answer[0x0120] == us(4711)
    assert answer[0x0800] == us(0x0101)
    assert answer[0x1000] == uid(sent.sop_instance)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"sop_instance": uid("1.2.3")}, STATUS[Reason.UID_MISMATCH]),
        ({"sop_instance": b"Pia's scan"}, STATUS[Reason.UID_MISMATCH]),
        ({"sop_class": uid(DX)}, 0x0122),
    ],
    ids=["another instance", "no UID at all", "another class than the context's"],
)
def test_wrong_uids_are_refused_and_the_association_goes_on(
    small_archive: Archive, changed: dict[str, bytes], status: int
) -> None:
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        assert sender.store(thing(image()), **changed) == status
        assert sender.store(thing(image())) == 0
        assert sender.echo() == 0

    assert len(small_archive.instances()) == 1


def test_a_refused_instance_does_not_end_the_association(small_archive: Archive) -> None:
    whole = large()
    cut = Object(
        transfer_syntax=whole.transfer_syntax,
        sop_class=whole.sop_class,
        sop_instance=whole.sop_instance,
        dataset=whole.dataset[:50_000],
    )
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        assert sender.store(cut) == STATUS[Reason.TRUNCATED]
        assert sender.store(whole) == 0

    assert [row["reason"] for row in small_archive.quarantined()] == ["truncated"]
    assert small_archive.stored(small_archive.instances()[0]) == whole.dataset


def test_the_unforeseen_is_a_failure_status(small_archive: Archive) -> None:
    def broken() -> dt.datetime:
        raise ArithmeticError

    good = small_archive.receiver.clock
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        small_archive.receiver.clock = broken
        assert sender.store(thing(image())) == STATUS[Reason.FAILED]
        small_archive.receiver.clock = good
        assert sender.store(thing(image())) == 0

    assert len(small_archive.instances()) == 1


# -- what breaks the protocol


def half_an_object(sender: Sender) -> None:
    sent = large()
    sender.send(pdu(4, pdv(STORE, 3, sender.store_command(sent))))
    sender.send_data(sent.dataset[:60_000], context=STORE, finish=False)


def dies(sender: Sender) -> None:
    half_an_object(sender)
    sender.close()


def aborts(sender: Sender) -> None:
    half_an_object(sender)
    sender.abort()


def resets(sender: Sender) -> None:
    half_an_object(sender)
    sender.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sender.close()


def releases(sender: Sender) -> None:
    half_an_object(sender)
    sender.release()


def dies_inside_a_pdu(sender: Sender) -> None:
    half_an_object(sender)
    sender.send(pdu(4, pdv(STORE, 0, bytes(10_000)))[:5_000])
    sender.close()


def commands_instead_of_data(sender: Sender) -> None:
    half_an_object(sender)
    sender.send(pdu(4, pdv(STORE, 3, sender.store_command(large()))))


def data_of_another_context(sender: Sender) -> None:
    half_an_object(sender)
    sender.send(pdu(4, pdv(5, 2, b"of another context")))


def data_without_a_command(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 2, b"nobody asked")))


def a_context_that_was_not_accepted(sender: Sender) -> None:
    sender.send(pdu(4, pdv(99, 3, sender.store_command(large()))))


def a_command_set_that_is_none(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 3, b"\xff" * 40)))


def an_element_longer_than_its_command_set(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 3, struct.pack("<HHI", 0, 0x0002, 3 << 30) + b"1.2")))


def a_command_without_a_field(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 3, command({0x0110: us(1)}))))


def a_store_without_message_id(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 3, sender.store_command(large(), message_id=None))))


def a_store_without_instance(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 3, sender.store_command(large(), sop_instance=None))))


def a_store_without_data_set(sender: Sender) -> None:
    sender.send(pdu(4, pdv(STORE, 3, sender.store_command(large(), data_set_type=us(0x0101)))))


def a_command_that_never_ends(sender: Sender) -> None:
    for _ in range(10):
        sender.send(pdu(4, pdv(STORE, 1, element(0x1000, bytes(10_000)))))


def a_value_longer_than_its_pdu(sender: Sender) -> None:
    sender.send(struct.pack(">BBI", 4, 0, 20) + struct.pack(">IBB", 3 << 30, STORE, 0) + bytes(14))


def a_value_shorter_than_its_header(sender: Sender) -> None:
    sender.send(struct.pack(">BBI", 4, 0, 6) + struct.pack(">IBB", 1, STORE, 0))


def a_pdu_of_no_kind(sender: Sender) -> None:
    sender.send(pdu(9, b"what is this"))


def a_release_of_4_gb(sender: Sender) -> None:
    sender.send(struct.pack(">BBI", 5, 0, 0xFFFFFFFF) + bytes(4))


def a_second_association(sender: Sender) -> None:
    sender.send(associate_rq("TOWNSHIP", "TIERREAD", IMAGES))


def an_unknown_service(sender: Sender) -> None:
    sender.send(
        pdu(4, pdv(1, 3, command({0x0002: uid(VERIFICATION), 0x0100: us(0x7777), 0x0110: us(1), 0x0800: us(0x0101)})))
    )


def an_identifier_without_end(sender: Sender) -> None:
    find = command({0x0002: uid(VERIFICATION), 0x0100: us(0x0020), 0x0110: us(1), 0x0700: us(0), 0x0800: us(1)})
    sender.send(pdu(4, pdv(1, 3, find)))
    for _ in range(20):
        sender.send(pdu(4, pdv(1, 0, bytes(1_000_000))))


GONE = [dies, aborts, resets, dies_inside_a_pdu, releases]
ABORTED = [
    commands_instead_of_data,
    data_of_another_context,
    data_without_a_command,
    a_context_that_was_not_accepted,
    a_command_set_that_is_none,
    an_element_longer_than_its_command_set,
    a_command_without_a_field,
    a_store_without_message_id,
    a_store_without_instance,
    a_store_without_data_set,
    a_command_that_never_ends,
    a_value_longer_than_its_pdu,
    a_value_shorter_than_its_header,
    a_pdu_of_no_kind,
    a_release_of_4_gb,
    a_second_association,
    an_unknown_service,
    an_identifier_without_end,
]


def test_whatever_ends_a_sender_nothing_of_its_instance_stays(small_archive: Archive) -> None:
    with small_archive.listening() as listener:
        for misbehave in GONE:
            sender = device(listener.address)
            misbehave(sender)
            sender.close()

            with Sender(address=listener.address, contexts=IMAGES) as next_one:
                assert next_one.echo() == 0

    assert small_archive.instances() == []
    assert small_archive.quarantined() == []


def _misbehaves_and_listens(misbehave: Callable[[Sender], None], sender: Sender) -> None:
    misbehave(sender)
    sender.receive()


@pytest.mark.parametrize("misbehave", ABORTED, ids=[function.__name__ for function in ABORTED])
def test_what_breaks_the_protocol_is_aborted(small_archive: Archive, misbehave: Callable[[Sender], None]) -> None:
    with small_archive.listening() as listener:
        sender = device(listener.address)

        with pytest.raises((Aborted, HungUp)):
            _misbehaves_and_listens(misbehave, sender)
        sender.close()

        with Sender(address=listener.address, contexts=IMAGES) as next_one:
            assert next_one.echo() == 0
            assert next_one.store(thing(image())) == 0

    assert len(small_archive.instances()) == 1
    assert small_archive.quarantined() == []


@pytest.mark.parametrize(
    "opening",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">BBI", 1, 0, 0xFFFFFFFF) + bytes(1000),
        pdu(1, b"no association at all"),
        pdu(1, bytes(68)),
        pdu(4, pdv(1, 3, b"")),
        pdu(5, bytes(4)),
        pdu(7, bytes(4)),
        associate_rq("TOWNSHIP", "TIERREAD", IMAGES)[:-20],
        associate_rq("TOWNSHIP", "TIERREAD", IMAGES, protocol=2),
        associate_rq("TOWNSHIP", "TIERREAD", IMAGES).replace(b"1.2.840", b"x.y.zzz"),
    ],
    ids=["nothing", "http", "4 GB", "text", "zeros", "data", "release", "abort", "cut", "protocol 2", "no UIDs"],
)
def test_whatever_a_stranger_opens_with_the_next_is_served(small_archive: Archive, opening: bytes) -> None:
    with small_archive.listening() as listener:
        with socket.create_connection(listener.address) as stranger:
            stranger.sendall(opening)
            stranger.shutdown(socket.SHUT_WR)
            stranger.settimeout(10)
            while True:
                try:
                    if not stranger.recv(4096):
                        break
                except ConnectionResetError:
                    break

        with Sender(address=listener.address, contexts=IMAGES) as next_one:
            assert next_one.echo() == 0


def test_whoever_asks_and_is_gone_at_once_holds_no_place(small_archive: Archive) -> None:
    """The end of a connection that is read together with the request is no silence of ten minutes."""
    asks = associate_rq("TOWNSHIP", "TIERREAD", IMAGES).replace(b"1.2.840", b"x.y.zzz")
    with small_archive.listening(idle_seconds=600, stop_seconds=0) as listener, ExitStack() as open_ones:
        for _ in range(150):
            hasty = open_ones.enter_context(socket.create_connection(listener.address))
            hasty.sendall(asks)
            hasty.shutdown(socket.SHUT_WR)
        wait_until(lambda: not listener._all(), what="the end of every association")


def test_silence_before_an_association_is_ended(small_archive: Archive) -> None:
    with small_archive.listening(request_seconds=0.3) as listener, socket.create_connection(listener.address) as silent:
        silent.settimeout(10)

        assert silent.recv(1) == b""


def test_silence_within_an_association_is_aborted(small_archive: Archive) -> None:
    with small_archive.listening(idle_seconds=0.5) as listener:
        idle = device(listener.address)

        with pytest.raises((Aborted, HungUp)):
            idle.receive()
        idle.close()


def test_silence_within_an_instance_is_ended_and_nothing_stays(small_archive: Archive) -> None:
    with small_archive.listening(idle_seconds=0.5) as listener:
        stuck = device(listener.address)
        half_an_object(stuck)

        with pytest.raises((Aborted, HungUp)):
            stuck.receive()
        stuck.close()

    assert small_archive.instances() == []


def trickle(sock: socket.socket, data: bytes) -> None:
    """One byte each twentieth of a second, until the peer has had enough."""
    for byte in data:
        try:
            sock.send(bytes((byte,)))
        except OSError:  # reset or broken, as the kernel likes
            return
        time.sleep(0.05)
    raise AssertionError("it was read to its end")


def test_an_association_request_that_trickles_is_cut(small_archive: Archive) -> None:
    with small_archive.listening(request_seconds=0.3) as listener, socket.create_connection(listener.address) as slow:
        trickle(slow, associate_rq("TOWNSHIP", "TIERREAD", IMAGES * 10))


def test_an_instance_that_trickles_is_cut_and_nothing_stays(small_archive: Archive) -> None:
    with small_archive.listening(idle_seconds=0.5) as listener:
        slow = device(listener.address)
        sent = large()
        slow.send(pdu(4, pdv(STORE, 3, slow.store_command(sent))))
        trickle(slow.sock, pdu(4, pdv(STORE, 2, sent.dataset[:1000])))
        slow.close()

    assert small_archive.instances() == []


def test_an_association_at_rest_costs_no_time(small_archive: Archive) -> None:
    with small_archive.listening() as listener, Sender(address=listener.address, contexts=IMAGES) as sender:
        sender.echo()
        before = time.process_time()
        time.sleep(1)
        used = time.process_time() - before

        assert used < 0.1
        assert sender.echo() == 0
