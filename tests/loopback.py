"""HTTP over loopback: an application on a port of its own, and clients that call it."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import httpx
import uvicorn
import uvloop

_NO_AUTHORITY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Shared, for a client that is told nothing reads every authority of this machine, even when it calls http alone."""


def client(base_url: str, **options: Any) -> httpx.Client:
    """A client for ``http://``; over TLS it trusts nobody."""
    return httpx.Client(base_url=base_url, verify=_NO_AUTHORITY, trust_env=False, **options)


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """The application on a port of the kernel's choice; its address.

    The server stands for the whole run and serves one application after another: starting and ending one costs more
    than what most tests ask of it. Before the next one nobody is connected any more, and nothing of this one runs.
    """
    standing = _free.pop() if _free else _Standing()
    standing.app = app
    try:
        yield standing.origin
    finally:
        standing.send_everybody_away()
        standing.app = None  # whoever still comes is answered by nothing that has ended
        _free.append(standing)


class _Standing:
    """A server, and the application that it serves at present."""

    def __init__(self) -> None:
        self.app: Any = None
        # The loop of `tierread web`. Python's own leaves Nagle on for a socket that does not say it is TCP: an answer
        # in two pieces then waits forty milliseconds for the client's acknowledgement.
        self._loop = uvloop.new_event_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        self.origin: Final = f"http://127.0.0.1:{listener.getsockname()[1]}"
        options: dict[str, Any] = {
            "log_config": None,
            "access_log": False,
            "ws": "none",
            "lifespan": "off",
            "interface": "asgi3",
        }
        self._server = uvicorn.Server(uvicorn.Config(self._serve, **options))
        serving = self._server.serve(sockets=[listener])
        thread = threading.Thread(target=self._loop.run_until_complete, args=(serving,), daemon=True)
        thread.start()
        while not self._server.started:
            assert thread.is_alive()
            thread.join(0.01)

    def send_everybody_away(self) -> None:
        """End the connections, those that wait for an answer after it."""
        asyncio.run_coroutine_threadsafe(self._send_everybody_away(), self._loop).result()

    async def _send_everybody_away(self) -> None:
        state = self._server.server_state
        while state.connections or state.tasks:
            for connection in list(state.connections):
                connection.shutdown()
            await asyncio.sleep(0.001)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


_free: Final[list[_Standing]] = []
