"""The connections of HTTP: shared out by address, and closed when a request does not come, or an answer is not read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import closing
from enum import Enum
from typing import Any, ClassVar, Final

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pacs.dicomweb.answers import PIECES
from service.processes.http_pieces import After, PieceSender
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
        unread_seconds: float = UNREAD_SECONDS,
        is_trusted: Callable[[str], bool],
        on_close: Callable[[Closed], None],
    ) -> None:
        """``is_trusted`` says whether an address is a proxy's, which calls for many."""
        self.request_seconds = request_seconds
        self.unread_seconds = unread_seconds
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
    """uvicorn's connection, which knows what it waits for and since when, and offers `PIECES`."""

    shared: ClassVar[Connections]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._application = self.app
        self.app = self._offering_pieces
        self._sender: PieceSender | None = None
        self._room: asyncio.Future[None] | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect(_Phase.HEAD)
        self._answered = False
        self._unread = (0, time.monotonic())
        self.shared.enter(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self.shared.leave(self)
        super().connection_lost(exc)
        self._have_room()

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
        return now - self._unread[1] if self.flow.write_paused or self._room is not None else None

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
        if self._sender is not None and self._room is not None:
            waiting = -1 - self._sender.sent  # no other number, and another one whenever something was sent
        if not waiting or waiting != self._unread[0]:
            self._unread = (waiting, now)
        elif now - self._unread[1] > self.shared.unread_seconds:
            return Closed.UNREAD
        return None

    def _expect(self, phase: _Phase) -> None:
        self._phase = phase
        self._since = self._heard_at = time.monotonic()
        self._bytes = 0

    async def _offering_pieces(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle: RequestResponseCycle = send.__self__  # type: ignore[attr-defined]

        async def send_either(message: Message) -> None:
            if message["type"] == PIECES:
                await self._send_pieces(cycle, message)
            else:
                await send(message)

        scope["extensions"] = {PIECES: {}}
        await self._application(scope, receive, send_either)

    async def _send_pieces(self, cycle: RequestResponseCycle, message: Message) -> None:
        """Send all pieces past the transport, whose own buffer is empty meanwhile.

        Its socket is the same under another number, so that the event loop can be asked about it.
        """
        self.transport.set_write_buffer_limits(high=0)
        await self.flow.drain()
        if cycle.disconnected:
            return
        with (
            self.transport.get_extra_info("socket").dup() as into,
            closing(PieceSender(message["pieces"], into)) as sender,
        ):
            self._sender = sender
            try:
                await self._send_all(cycle, sender, into.fileno())
            finally:
                self._sender = None
        cycle.expected_content_length -= sender.sent
        if not cycle.disconnected:
            self.transport.set_write_buffer_limits()

    async def _send_all(self, cycle: RequestResponseCycle, sender: PieceSender, descriptor: int) -> None:
        after = After.ANOTHER
        while after is not After.END and not cycle.disconnected:
            if after is After.WAIT:
                await self._room_in(descriptor)
            after = await run_in_threadpool(sender.burst)
            if after is After.GONE:
                self.transport.abort()
                cycle.disconnected = True

    async def _room_in(self, descriptor: int) -> None:
        """Wait until a socket takes more, or the connection has ended."""
        self._room = self.loop.create_future()
        self.loop.add_writer(descriptor, self._have_room)
        try:
            await self._room
        finally:
            self.loop.remove_writer(descriptor)
            self._room = None

    def _have_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
