"""Addresses as sockets name them, which pynetdicom would resolve as if they were names of hosts."""

from __future__ import annotations

from pynetdicom.transport import AddressInformation


class NumericAddress(AddressInformation):
    """An IPv4 or IPv6 address in numbers, of either end of a connection."""

    def __init__(self, addr: str, port: int, flowinfo: int = 0, scope_id: int = 0) -> None:
        self._addr = addr
        self.port = port
        self.flowinfo = flowinfo
        self.scope_id = scope_id
