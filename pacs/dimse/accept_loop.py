"""The accept loop of one port: a thread that hands each new connection to the listener."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from pynetdicom.ae import ApplicationEntity
from pynetdicom.transport import AssociationServer, RequestHandler

from pacs.dimse.handshake import Handshake

_STOP_POLL_SECONDS: Final = 0.1


class AcceptLoop(AssociationServer):
    """pynetdicom's server without its waits: whatever takes long is done in the association's thread."""

    request_queue_size = 128

    def __init__(
        self,
        ae: ApplicationEntity,
        address: tuple[str, int],
        take: Callable[[AcceptLoop, socket.socket, tuple[str, int]], None],
        on_turn: Callable[[], None],
        *,
        handshake: Handshake,
        inherited: socket.socket | None,
    ) -> None:
        """``take`` is given each connection, ``on_turn`` is called several times a second.

        ``inherited`` is a listening socket, which other processes may have too.

        Raises:
            OSError: the port is taken, or not ours to take.

        """
        self._take = take
        self._on_turn = on_turn
        self._inherited = inherited
        self.handshake = handshake
        self._turned_at = time.monotonic()
        super().__init__(ae, address, ae.ae_title, [], None, None, RequestHandler)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(_STOP_POLL_SECONDS,), name="dicom-listener", daemon=True
        )

    @property
    def address(self) -> tuple[str, int]:
        return self.server_address[0], self.server_address[1]

    @property
    def seconds_since_turn(self) -> float:
        """Since the loop last came round, as it does many times a second."""
        return time.monotonic() - self._turned_at

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        super(AssociationServer, self).shutdown()
        self.server_close()
        self._thread.join()

    # -- what socketserver calls

    def server_bind(self) -> None:
        if self._inherited is None:
            super().server_bind()
            return
        if self.socket is not None:
            self.socket.close()
        self.socket = self._inherited
        # A connection wakes every process that has this socket, and one gets it: the others must not block.
        self.socket.setblocking(False)
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        if self._inherited is None:
            super().server_activate()

    def get_request(self) -> tuple[socket.socket, Any]:
        if self.socket is None:
            raise OSError
        return self.socket.accept()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._take(self, request, client_address)

    def service_actions(self) -> None:
        """Note that the loop turns; pynetdicom would collect garbage here, Python does so when needed."""
        self._turned_at = time.monotonic()
        self._on_turn()
