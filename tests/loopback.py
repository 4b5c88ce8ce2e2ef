"""HTTP over loopback: an application on a port of its own, and clients that call it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import uvicorn

_NO_AUTHORITY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Shared, for a client that is told nothing reads every authority of this machine, even when it calls http alone."""


def client(base_url: str, **options: Any) -> httpx.Client:
    """A client for ``http://``; over TLS it trusts nobody."""
    return httpx.Client(base_url=base_url, verify=_NO_AUTHORITY, trust_env=False, **options)


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """The application on a port of the kernel's choice; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
