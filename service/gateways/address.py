"""Connections to the addresses that the settings allow: checked by number, over TLS, never redirected."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from service.gateways.deadline import Deadline, Late
from service.gateways.gateway import Failure, NotTaken
from service.installation.setting_values import Networks, is_token
from storage.open_transactions import outside_transaction

PATIENCE_SECONDS: Final = 15.0
"""For a whole POST, from the connection to the status of its answer."""
MOST_ANSWER_BYTES: Final = 1 << 16
OF_THIS_MESSAGE: Final = frozenset({400, 413, 422})
"""RFC 9110 15.5: what is wrong lies in what was sent; any other 4xx would meet every message."""


@dataclass(frozen=True, kw_only=True)
class Ways:
    """Where gateways may be, and which certificates are believed."""

    networks: Networks
    """Networks of this house in which a gateway may be; every other address must be a public one."""
    authorities_file: Path | None
    """Authorities in PEM that sign the certificates of gateways; None: those that this machine trusts."""

    def trusted(self) -> ssl.SSLContext:
        """The file is read each time: certificates are renewed."""
        try:
            made = ssl.create_default_context(cafile=self.authorities_file)
        except OSError:
            raise NotTaken(Failure.NOT_TRUSTED) from None
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        return made

    def allows(self, address: str) -> bool:
        """Whether a gateway may be at this address."""
        one = ipaddress.ip_address(address.partition("%")[0])
        mapped = one.ipv4_mapped if isinstance(one, ipaddress.IPv6Address) else None
        there = mapped or one
        return (there.is_global and not there.is_multicast) or any(there in network for network in self.networks)

    def connect(self, host: str, port: int, deadline: Deadline) -> socket.socket:
        """Connect to the first address of a host that is allowed: the one that was checked is the one that is called.

        The name is looked up for as long as the resolver of this machine takes; that counts.

        Raises:
            Late: the time was over before one answered.
            NotTaken: the host is unknown, none of its addresses is allowed, or none answers.

        """
        outside_transaction("calling a gateway")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, ValueError):  # ValueError: no name of a host can be made of it
            raise NotTaken(Failure.AWAY) from None
        allowed = [str(one[4][0]) for one in found if self.allows(str(one[4][0]))]
        if not allowed:
            raise NotTaken(Failure.NOT_ALLOWED)
        for address in allowed:
            try:
                return socket.create_connection((address, port), timeout=deadline.left_seconds())
            except OSError:
                continue
        deadline.left_seconds()
        raise NotTaken(Failure.AWAY)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """POST a body; every 2xx is a yes. All of it within ``PATIENCE_SECONDS``.

        Raises:
            NotTaken: it was not taken, or nobody knows.

        """
        said = {"Content-Type": "application/json", **headers}
        # The status is the answer: what breaks behind it takes nothing back.
        with (
            self._called(url, body, said, Deadline(PATIENCE_SECONDS)) as answer,
            suppress(OSError, http.client.HTTPException),
        ):
            answer.read(MOST_ANSWER_BYTES)
        if (failure := _failure_of(answer.status)) is not None:
            raise NotTaken(failure)

    def ask(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> bytes:
        """POST a body; what a 2xx says, ``MOST_ANSWER_BYTES`` at most, and all of it within the seconds.

        Raises:
            Late: it was called, and took longer.
            NotTaken: it said no, or broke off.

        """
        deadline = Deadline(seconds)
        said = b""
        with self._called(url, body, headers, deadline) as answer:
            while _failure_of(answer.status) is None and len(said) < MOST_ANSWER_BYTES:
                piece = answer.read1(8192)
                said += piece
                if not piece:
                    break
            deadline.left_seconds()  # an answer that was cut off by it may look whole
        if (failure := _failure_of(answer.status)) is not None:
            raise NotTaken(failure)
        return said

    @contextmanager
    def _called(
        self, url: str, body: bytes, headers: Mapping[str, str], deadline: Deadline
    ) -> Generator[http.client.HTTPResponse]:
        """The answer to a POST, while its connection is open, which the deadline ends whatever it is at."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        trusted = self.trusted()
        plain = self.connect(host, port, deadline)
        with plain, deadline.ending(plain):
            try:
                connection = http.client.HTTPSConnection(host, port, context=trusted)
                connection.sock = trusted.wrap_socket(plain, server_hostname=host)
                with connection.sock:
                    connection.request("POST", path, body, dict(headers))
                    with connection.getresponse() as answer:
                        yield answer
            except ssl.SSLCertVerificationError:
                raise NotTaken(Failure.NOT_TRUSTED) from None
            except TimeoutError:
                raise Late from None
            except (ValueError, http.client.InvalidURL):
                raise NotTaken(Failure.NOT_THERE) from None  # what no line of a request can be made of
            except (OSError, http.client.HTTPException):
                deadline.left_seconds()
                raise NotTaken(Failure.AWAY) from None


def _failure_of(status: int) -> Failure | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Failure.REDIRECTED
    if status in {401, 403, 407}:
        return Failure.NOT_LET_IN
    if status in {408, 409, 425, 429} or status >= 500:
        return Failure.BUSY
    return Failure.REFUSED if status in OF_THIS_MESSAGE else Failure.NOT_THERE


def secret_of(path: Path | None) -> bytes:
    """The secret in a file, read each time: it is changed now and then.

    Raises:
        NotTaken: it cannot be read or is empty.

    """
    try:
        found = path.read_bytes().strip() if path is not None else b""
    except OSError:
        found = b""
    if not found:
        raise NotTaken(Failure.NO_SECRET)
    return found


def token_of(path: Path | None) -> str:
    """The secret in a file as it goes into a header: one line of ASCII.

    Raises:
        NotTaken: it cannot be read, is empty, or is no such line.

    """
    found = secret_of(path)
    if not is_token(found):
        raise NotTaken(Failure.NO_SECRET)
    return found.decode("ascii")
