"""The connections of HTTP: shared out by address, and closed when a request does not come, or an answer is not read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from storage.shares import NoRoom, Shares

HEAD_BYTES: Final = 64 * 1024
"""Longest request line with its header fields."""
LEAST_BYTES_A_SECOND: Final = 1024
"""A body must come faster, once `request_seconds` are over: a fortieth of what a township's slowest line carries."""
UNREAD_SECONDS: Final = 60.0
"""An answer of which the caller has taken nothing for so long is broken off."""
_SWEEP_SECONDS: Final = 1.0


class Closed(Enum):
    """Why a connection was closed."""

    CROWD = "crowd"
    """Others needed room, and it was idle longest of whoever has most."""
    SILENT = "silent"
    """No request came, or only a part of its head."""
    LONG_HEAD = "long_head"
    SLOW_BODY = "slow_body"
    UNREAD = "unread"


class _Phase(Enum):
    HEAD = "head"
    """A request is waited for, or its head arrives."""
    BODY = "body"
    ANSWER = "answer"


class Connections:
    """All connections of one server; for its event loop alone."""

    def __init__(
        self,
        *,
        most: int,
        most_of_one: int,
        request_seconds: float,
        is_trusted: Callable[[str], bool],
        on_close: Callable[[Closed], None],
    ) -> None:
        """``is_trusted`` says whether an address is a proxy's, which calls for many."""
        self.request_seconds = request_seconds
        self._on_close = on_close
        self._sweep: asyncio.TimerHandle | None = None
        self._shares = Shares[Connection](
            most=most,
            most_of_one=lambda address: most if is_trusted(address) else most_of_one,
            idle_seconds=lambda one: one.idle_seconds,
        )

    def protocol(self) -> type[Connection]:
        """The class that uvicorn makes of each connection."""
        return type("SharedConnection", (Connection,), {"shared": self})

    def enter(self, connection: Connection, address: str) -> None:
        try:
            leaving = self._shares.enter(connection, address)
        except NoRoom:
            leaving = connection
        if leaving is not None:
            self.close(leaving, Closed.CROWD)
        if self._sweep is None:
            self._sweep = connection.loop.call_later(_SWEEP_SECONDS, self._look)

    def leave(self, connection: Connection) -> None:
        self._shares.leave(connection)

    def close(self, connection: Connection, why: Closed) -> None:
        self._shares.leave(connection)
        connection.transport.abort()
        self._on_close(why)

    def _look(self) -> None:
        self._sweep = None
        for connection in self._shares.all():
            why = connection.look(_SWEEP_SECONDS)
            if why is not None:
                self.close(connection, why)
            self._sweep = self._sweep or connection.loop.call_later(_SWEEP_SECONDS, self._look)


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which knows what it waits for and since when."""

    shared: ClassVar[Connections]

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect(_Phase.HEAD)
        self._answered = False
        self._unread = (0, time.monotonic())
        self.shared.enter(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self.shared.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._heard_at = time.monotonic()
        if self._phase is _Phase.HEAD:
            self._bytes += len(data)
        super().data_received(data)
        if self._phase is _Phase.HEAD and self._bytes > HEAD_BYTES and not self.transport.is_closing():
            self.shared.close(self, Closed.LONG_HEAD)

    def on_headers_complete(self) -> None:
        self._expect(_Phase.BODY)
        self._answered = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._expect(_Phase.HEAD if self._answered else _Phase.ANSWER)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._phase is _Phase.BODY:
            self._answered = True  # a refusal: the rest of the body is read and dropped
        elif self.cycle.response_complete:
            self._expect(_Phase.HEAD)

    @property
    def idle_seconds(self) -> float | None:
        """Since when the caller keeps us waiting; None while it waits for us."""
        now = time.monotonic()
        if self._phase is _Phase.HEAD:
            return now - self._since
        if self._phase is _Phase.BODY:
            return None if self.flow.read_paused else now - self._heard_at
        return now - self._unread[1] if self.flow.write_paused else None

    def look(self, passed: float) -> Closed | None:
        """Why the connection is to be closed now; ``passed`` is the time since the last look."""
        now, limit = time.monotonic(), self.shared.request_seconds
        if self._phase is _Phase.HEAD and now - self._since > limit:
            return Closed.SILENT
        if self._phase is _Phase.BODY:
            if self.flow.read_paused or self.cycle.waiting_for_100_continue:
                self._since += passed  # it is we who are slow
            elif now - self._since > limit and self._bytes < (now - self._since) * LEAST_BYTES_A_SECOND:
                return Closed.SLOW_BODY
        waiting = self.transport.get_write_buffer_size()
        if not waiting or waiting != self._unread[0]:
            self._unread = (waiting, now)
        elif now - self._unread[1] > UNREAD_SECONDS:
            return Closed.UNREAD
        return None

    def _expect(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self._heard_at = time.monotonic()
        self._bytes = 0
