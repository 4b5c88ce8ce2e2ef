"""Responses in pieces: whole to whoever reads, however slowly, and given up with the caller."""

from __future__ import annotations

import http.client
import os
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import uvicorn
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from pacs.dicomweb.answers import Piece, PiecesResponse
from service.processes.http_connections import Closed, Connections
from storage.files import Pieces
from tests.attackers import is_closed
from tests.running import wait_until

LARGE = 40 << 20
"""More than the sockets of both sides hold, and more than one burst."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pieces") / "large"
    path.write_bytes(os.urandom(1 << 20) * (LARGE >> 20))
    return path


class Served:
    """A server of one response, and what it said of its connections."""

    def __init__(self, pieces: Callable[[], Iterator[Piece]], size: int) -> None:
        self.closed: list[Closed] = []
        self._pieces = pieces
        self._size = size

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PiecesResponse(self._pieces(), self._size, {"ETag": Request(scope).url.path})(scope, receive, send)

    @contextmanager
    def listening(self, *, unread_seconds: float = 60) -> Generator[tuple[str, int]]:
        connections = Connections(
            most=10,
            most_of_one=10,
            request_seconds=30,
            unread_seconds=unread_seconds,
            is_trusted=lambda _: False,
            on_close=self.closed.append,
        )
        config = uvicorn.Config(
            self.answer,
            interface="asgi3",
            http=connections.protocol(),
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=5,
        )
        server = uvicorn.Server(config)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                wait_until(lambda: server.started)
                yield listener.getsockname()
            finally:
                server.should_exit = True
                thread.join()


def _mixed(large: Path) -> Iterator[Piece]:
    yield b"--edge"
    yield Pieces(large, 5, 7, 3)
    yield b""
    yield Pieces(large, 0, LARGE, 1 << 20)
    yield Pieces(large, 0, 0, 1)
    yield b"x" * (3 << 20)
    yield b"edge--"


def test_bytes_and_ranges_of_files_arrive_in_their_order_one_response_after_the_other(large: Path) -> None:
    content = large.read_bytes()
    wanted = b"--edge" + content[5:12] + content + b"x" * (3 << 20) + b"edge--"
    served = Served(lambda: _mixed(large), len(wanted))
    with (
        served.listening() as (host, port),
        closing(http.client.HTTPConnection(host, port, timeout=30)) as connection,
    ):
        for path in ("/first", "/second"):
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.headers["etag"] == path
            assert answer.read() == wanted


def test_whoever_reads_slowly_gets_all_and_is_not_closed(large: Path) -> None:
    served = Served(lambda: iter([Pieces(large, 0, LARGE, 1)]), LARGE)
    with served.listening(unread_seconds=1.5) as address, socket.create_connection(address, timeout=30) as caller:
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received, pause = 0, threading.Event()
        while taken := len(caller.recv(1 << 20)):
            if received // (8 << 20) != (received + taken) // (8 << 20):
                pause.wait(0.6)  # five times: longer than the limit, if nothing were taken in between
            received += taken

    assert LARGE < received < LARGE + 1000
    assert served.closed == []


def test_whoever_reads_nothing_is_closed_and_leaves_no_file_open(large: Path) -> None:
    served = Served(lambda: iter([Pieces(large, 0, LARGE, 1)]), LARGE)
    with served.listening(unread_seconds=0.5) as address, socket.create_connection(address) as caller:
        caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: served.closed == [Closed.UNREAD])
        wait_until(lambda: not _is_open(large))
        assert is_closed(caller)


def test_whoever_leaves_in_the_middle_takes_nothing_with_them(large: Path) -> None:
    served = Served(lambda: iter([Pieces(large, 0, LARGE, 1)]), LARGE)
    with served.listening() as address:
        with socket.create_connection(address) as caller:
            caller.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            caller.recv(1 << 16)
        wait_until(lambda: not _is_open(large))
        with socket.create_connection(address, timeout=30) as next_:
            next_.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert next_.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_a_file_that_is_cut_while_it_is_sent_ends_the_connection_short_of_its_length(tmp_path: Path) -> None:
    path = tmp_path / "cut"
    path.write_bytes(bytes(1000))

    def cut() -> Iterator[Piece]:
        piece = Pieces(path, 0, 1000, 100)
        os.truncate(path, 400)
        yield piece

    with Served(cut, 1000).listening() as (host, port):
        with closing(http.client.HTTPConnection(host, port, timeout=30)) as connection:
            connection.request("GET", "/")
            with pytest.raises(http.client.IncompleteRead) as short:
                connection.getresponse().read()
        assert len(short.value.partial) == 400


def test_a_range_that_the_file_does_not_hold_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(bytes(99))

    with pytest.raises(EOFError):
        Pieces(path, 0, 100, 10)
    assert not _is_open(path)


def _is_open(path: Path) -> bool:
    """Whether this process has the file open."""
    return any(held.samefile(path) for held in Path("/proc/self/fd").iterdir() if held.exists())
