"""The PROXY protocol, versions 1 and 2, by which HAProxy, nginx and load balancers say who calls through them.

https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt
"""

from __future__ import annotations

import ipaddress
import socket
import struct
import time
from typing import Final, TypeAlias

from pacs.errors import InvalidInput

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_LONGEST_LINE: Final = 107
"""Longest header of version 1, with its line end (2.1)."""
_LONGEST_BLOCK: Final = 4096
"""Longest block of version 2: addresses and additions of the proxy; those in use are below 600 bytes."""
_LOCAL: Final = 0x20
_PROXY: Final = 0x21
_IPV4: Final = 0x1
_IPV6: Final = 0x2


class NoHeader(InvalidInput):
    """A trusted proxy sent no valid PROXY header; the caller is never guessed then (5)."""


def is_of(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of these networks; IPv4 mapped into IPv6 counts as IPv4."""
    try:
        caller = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = caller.ipv4_mapped if isinstance(caller, ipaddress.IPv6Address) else None
    return any((mapped or caller) in network for network in networks)


def caller_of(sock: socket.socket, seconds: float) -> tuple[str, int] | None:
    """Read the header and nothing behind it; returns the caller's address, None where the proxy calls for itself.

    Raises:
        NoHeader: the bytes are no PROXY header.
        TimeoutError: the header does not arrive within ``seconds``.
        ConnectionError: the proxy closes the connection.

    """
    deadline = time.monotonic() + seconds
    start = _exactly(sock, len(_SIGNATURE), deadline)
    if start == _SIGNATURE:
        return _of_block(sock, deadline)
    if start.startswith(b"PROXY "):
        return _of_line(sock, start, deadline)
    raise NoHeader


def _of_block(sock: socket.socket, deadline: float) -> tuple[str, int] | None:
    command, family, length = struct.unpack(">BBH", _exactly(sock, 4, deadline))
    if command not in {_LOCAL, _PROXY} or length > _LONGEST_BLOCK:
        raise NoHeader
    block = _exactly(sock, length, deadline)
    if command == _LOCAL:
        return None  # a health check of the proxy itself (2.2)
    size = {_IPV4: 4, _IPV6: 16}.get(family >> 4, 0)
    if not size or len(block) < 2 * size + 4:
        raise NoHeader  # Unix sockets and unspecified families name no address
    (port,) = struct.unpack_from(">H", block, 2 * size)
    return str(ipaddress.ip_address(block[:size])), port


def _of_line(sock: socket.socket, start: bytes, deadline: float) -> tuple[str, int] | None:
    line = bytearray(start)
    while not line.endswith(b"\r\n"):
        if len(line) >= _LONGEST_LINE:
            raise NoHeader
        line += _exactly(sock, 1, deadline)
    words = line[:-2].split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return None
    try:
        _, _, source, _, port, _ = words
        return str(ipaddress.ip_address(source.decode("ascii"))), int(port)
    except (ValueError, UnicodeDecodeError) as malformed:
        raise NoHeader from malformed


def _exactly(sock: socket.socket, count: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        sock.settimeout(left)
        piece = sock.recv(count - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return bytes(data)
