"""The beginning of a connection: the PROXY header of a trusted proxy, then the TLS handshake."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog

from pacs.dimse import proxy_protocol, tls
from pacs.dimse.refusals import FailedHandshake
from pacs.dimse.socket_reader import BufferedSocket

_log: Final = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A connection on which DICOM may begin."""

    local: bool
    """Whether the caller is on this machine."""
    certificate_digest: bytes | None = None
    """SHA-256 of the client certificate, which was verified; None where there is none."""


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """How connections of one port begin."""

    proxies: tuple[proxy_protocol.Network, ...]
    tls_context: tls.ContextSource | None
    on_failure: Callable[[FailedHandshake], None]

    def begin(
        self,
        transport: BufferedSocket,
        address: str,
        seconds: float,
        on_caller: Callable[[tuple[str, int]], None],
    ) -> Connection | None:
        """The connection; None where it cannot be used. ``address`` is the one at its other end.

        ``on_caller`` is given the address and port for which a trusted proxy calls, as soon as it is known.

        Raises:
            OSError: the connection is lost, or the peer needs longer than ``seconds``.

        """
        sock = transport.socket
        if sock is None:
            return None
        deadline = time.monotonic() + seconds
        local = sock.getsockname()[0] == sock.getpeername()[0]
        caller = digest = None
        try:
            if proxy_protocol.is_of(address, self.proxies):
                caller = proxy_protocol.caller_of(sock, deadline - time.monotonic())
                if caller is not None:
                    on_caller(caller)
            if self.tls_context is not None:
                secure = self.tls_context().wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
                transport.replace(secure)  # before the handshake, so that another thread can cut it
                secure.settimeout(max(0.001, deadline - time.monotonic()))
                secure.do_handshake()  # the timeout is for all of it, not for each piece
                digest = tls.digest_of(secure)
        except proxy_protocol.NoHeader:
            _log.warning("proxy_header_missing")
            return None
        except ssl.SSLEOFError:
            _log.info("handshake_left")  # a port check, not a call
            return None
        except ssl.SSLError as error:
            self._record(FailedHandshake(address=caller[0] if caller else address, failure=tls.failure_of(error)))
            return None
        return Connection(local=local and caller is None, certificate_digest=digest)

    def _record(self, failed: FailedHandshake) -> None:
        try:
            self.on_failure(failed)
        except Exception:  # noqa: BLE001 # the handshake has failed all the same
            _log.error("failed_handshake_not_recorded", exc_info=True)
