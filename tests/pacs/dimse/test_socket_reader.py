"""What is read from a socket comes out byte by byte as it went in, gathered or not, however it arrives."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pacs.dimse import socket_reader
from pacs.dimse.socket_reader import SocketReader
from tests import certificates

ROOM = 1 << 20


class Noting(socket.socket):
    """Notes what is asked of it."""

    acknowledged = 0

    def setsockopt(self, *asked: Any) -> None:
        self.acknowledged += asked == (socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        super().setsockopt(*asked)


class Ours(Noting):
    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(fileno=accepted.detach())


class OursOverTls(Noting, ssl.SSLSocket):
    """Made by its context."""


@pytest.fixture
def both() -> Iterator[tuple[socket.socket, Ours]]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        theirs = socket.create_connection(door.getsockname())
        with theirs, Ours(door.accept()[0]) as ours:
            yield theirs, ours


@pytest.fixture
def wire(both: tuple[socket.socket, Ours]) -> tuple[socket.socket, SocketReader]:
    theirs, ours = both
    return theirs, SocketReader(ours)


def gather(reader: SocketReader, count: int) -> None:
    while count:
        count -= reader.gather(count)


def test_pieces_are_laid_side_by_side_and_come_out_at_once(wire: tuple[socket.socket, SocketReader]) -> None:
    peer, reader = wire
    peer.sendall(b"ab" + b"\0\1first" + b"\0\2second" + b"c")
    start = reader.exactly(2)
    for size in (5, 6):
        reader.unpack(struct.Struct(">H"))
        gather(reader, size)
    found = bytes(reader.gathered())

    assert (start, found, reader.exactly(1)) == (b"ab", b"firstsecond", b"c")
    assert bytes(reader.gathered()) == b""


def test_what_has_no_room_is_handed_over_in_its_order(wire: tuple[socket.socket, SocketReader]) -> None:
    peer, reader = wire
    data, taken = os.urandom(3 * ROOM + 7), list[bytes]()
    reader.take = lambda piece: taken.append(bytes(piece))
    sender = threading.Thread(target=lambda: peer.sendall(b"x" * 3 + data))
    sender.start()
    reader.exactly(3)
    for at in range(0, len(data), 100_000):
        gather(reader, min(100_000, len(data) - at))
    sender.join()

    assert len(taken) >= 3
    assert b"".join(taken) + bytes(reader.gathered()) == data


def test_an_idle_buffer_gives_its_memory_back_and_is_good_again(wire: tuple[socket.socket, SocketReader]) -> None:
    peer, reader = wire
    peer.sendall(b"abc")
    reader.exactly(2)
    reader.rest()  # a byte is still in it
    left = reader.exactly(1)
    reader.rest()
    peer.sendall(b"d")

    assert (left, reader.exactly(1)) == (b"c", b"d")


def test_what_came_is_acknowledged_before_more_is_waited_for(both: tuple[socket.socket, Ours]) -> None:
    """A sender with Nagle's algorithm keeps a data set until its command is acknowledged."""
    peer, ours = both
    reader = SocketReader(ours)
    peer.sendall(b"command")
    reader.exactly(7)
    before = ours.acknowledged
    peer.sendall(b"data set")
    reader.exactly(8)

    assert (before, ours.acknowledged) == (0, 1)


def test_a_pdu_of_16_kb_is_acknowledged(both: tuple[socket.socket, Ours]) -> None:
    """Less than a line takes at once: its sender keeps the next one until then."""
    peer, ours = both
    reader = SocketReader(ours)
    for _ in range(3):
        peer.sendall(bytes(1 << 14))
        gather(reader, 1 << 14)

    assert ours.acknowledged >= 2


def test_over_tls_whole_records_are_read_on_without_asking(both: tuple[socket.socket, Ours], tmp_path: Path) -> None:
    """A record is all that a read gives there; behind a smaller one a sender may wait for us."""
    peer, accepted = both
    shown = certificates.make(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslsocket_class = OursOverTls
    context.load_cert_chain(shown.certificate, shown.key)
    record, acknowledged = 1 << 14, list[int]()

    def send() -> None:
        with certificates.trusting(shown).wrap_socket(peer, server_hostname="127.0.0.1") as theirs:
            theirs.sendall(b"command")
            theirs.sendall(bytes(20 * record + 1))
            theirs.recv(1)

    sender = threading.Thread(target=send)
    sender.start()
    with context.wrap_socket(accepted, server_side=True) as ours:
        reader = SocketReader(ours)
        reader.exactly(7)
        for count in (20 * record, 1):
            gather(reader, count)
            acknowledged.append(vars(ours)["acknowledged"])
        reader.gathered()
        reader.answer(b"!")
        sender.join()

    assert acknowledged == [1, 1]


def test_a_platform_without_that_option_is_read_all_the_same(
    both: tuple[socket.socket, Ours], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_reader, "_QUICKACK", None)
    peer, ours = both
    reader = SocketReader(ours)
    peer.sendall(b"command")
    start = reader.exactly(7)
    peer.sendall(b"data set")

    assert (start, reader.exactly(8), ours.acknowledged) == (b"command", b"data set", 0)
