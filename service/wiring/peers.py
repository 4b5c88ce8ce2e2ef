"""How we call a device: where its entry says, and by TLS where it says so."""

from __future__ import annotations

from pacs.dimse.peer import Peer
from pacs.dimse.tls import Certificates
from reading.register import devices
from reading.register.devices import Device


def peer_of(one: Device, certificates: Certificates | None) -> Peer | None:
    """A device as we call it; None where its entry does not say where, or it wants TLS and we have none."""
    where = devices.called_at(one)
    if where is None or (one.call_by_tls and certificates is None):
        return None
    return Peer(
        ae_title=one.ae_title,
        host=where[0],
        port=where[1],
        tls=certificates.client() if one.call_by_tls and certificates else None,
        certificate_digest=one.certificate_digest if one.call_by_tls else None,
    )
