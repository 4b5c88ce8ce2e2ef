"""Sends the audit to a collector: syslog over TLS (RFC 5425), in batches that the collector acknowledges by closing."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Final

from reading.administrators import audit_delivery
from service.installation.house import House
from service.installation.setting_values import address_of
from storage.database import snapshot, transaction
from storage.open_transactions import outside_transaction
from viewer.views import audit_syslog

AT_ONCE: Final = 500
"""Events of one connection."""
PATIENCE_SECONDS: Final = 20.0


class CollectorAway(Exception):
    """The collector was not reached, shows another certificate, or did not say that it has everything."""


def collecting(house: House) -> Callable[[], int]:
    """The step: it answers how many events the collector took, and that they are taken is noted after that."""
    address = house.settings.audit_collector

    def run() -> int:
        with snapshot(house.engine) as tx:
            if not audit_delivery.waiting(tx, address, limit=1):
                return 0
        with transaction(house.engine) as tx:
            if not audit_delivery.take(tx, address, house.holder, house.clock()):
                return 0
        with snapshot(house.engine) as tx:
            events = audit_delivery.waiting(tx, address, limit=AT_ONCE)
        if not events:  # another worker has just sent them
            return 0
        said = [audit_syslog.frame(audit_syslog.message(one, house.settings.ae_title)) for one in events]
        try:
            _send(house, said)
        except OSError as away:  # every error of TLS is one, too
            with transaction(house.engine) as tx:
                audit_delivery.failed(tx, address, house.clock())
            raise CollectorAway(type(away).__name__) from away
        with transaction(house.engine) as tx:
            audit_delivery.delivered(tx, address, events, house.clock())
        return len(events)

    return run


def _send(house: House, frames: Sequence[bytes]) -> None:
    """Hand the frames over, and wait until the collector has read all of them.

    Syslog knows no answer. But a receiver MUST reply to our closure alert with its own (RFC 5425 4.4), which it reads
    behind the last frame; one that only ends the connection in good order had read everything, too, for a system
    resets a connection that it closes over unread data.

    Raises:
        OSError: not reached, not trusted, or reset.

    """
    outside_transaction("syslog over TLS")
    host, port = address_of(house.settings.audit_collector)
    trusted = _trusted(house)
    with (
        socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as plain,
        trusted.wrap_socket(plain, server_hostname=host) as secure,
    ):
        for frame in frames:
            secure.sendall(frame)
        try:
            secure.unwrap()
        except ssl.SSLEOFError:
            return


def _trusted(house: House) -> ssl.SSLContext:
    """Which collectors are believed, and who we are. The files are read each time: certificates are renewed."""
    settings = house.settings
    made = ssl.create_default_context(cafile=settings.audit_collector_authorities_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.audit_collector_certificate_file is not None:
        made.load_cert_chain(settings.audit_collector_certificate_file, settings.audit_collector_key_file)
    return made
