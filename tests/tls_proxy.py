"""A small proxy that speaks TLS in front of a plain server: what a test needs to reach one by https."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def tls_in_front_of(port: int, certificate: Path, key: Path) -> Iterator[int]:
    """The port of the proxy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.settimeout(0.2)
        end = threading.Event()
        accepting = threading.Thread(target=_accept, args=(door, context, port, end))
        accepting.start()
        try:
            yield door.getsockname()[1]
        finally:
            end.set()
            accepting.join()


def _accept(door: socket.socket, context: ssl.SSLContext, port: int, end: threading.Event) -> None:
    while not end.is_set():
        with contextlib.suppress(TimeoutError):
            client, _ = door.accept()
            client.settimeout(10)
            threading.Thread(target=_serve, args=(client, context, port), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(client, server_side=True) as inside,
        socket.create_connection(("127.0.0.1", port), timeout=10) as server,
    ):
        back = threading.Thread(target=_pump, args=(server, inside), daemon=True)
        back.start()
        _pump(inside, server)
        back.join(10)
    client.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
