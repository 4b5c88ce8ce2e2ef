"""The door of the DICOM listener: which device calls, and the record of who called."""

from __future__ import annotations

import time
from dataclasses import replace
from ipaddress import ip_network
from typing import Final

from sqlalchemy.engine import Connection

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Sender
from pacs.dimse.refusals import CallingAE, FailedHandshake, GaveWay, Refusal, RefusedAssociation
from pacs.rights import Right
from reading.register import device_identity, device_register, devices
from service.installation.house import House, caller_of
from service.installation.setting_values import Networks
from service.telemetry.logs import logger, warn_seldom
from service.telemetry.metrics import ASSOCIATIONS, GAVE_WAY
from service.wiring.device_contacts import Contacts
from service.wiring.device_lacks import note_lack
from storage.database import snapshot

NETWORKS_SECONDS: Final = 10.0


class DicomDoor:
    """The register of devices for the DICOM listener, and the record of who called."""

    def __init__(self, house: House, contacts: Contacts) -> None:
        self._house = house
        self._contacts = contacts
        self._networks: Networks = ()
        self._look_at = 0.0
        with snapshot(house.engine) as tx:
            self._look_at_register(tx)

    def registry(self, calling: CallingAE) -> Sender | None:
        now = self._house.clock()
        with snapshot(self._house.engine) as tx:
            device = device_identity.identify(
                tx,
                calling.ae_title,
                calling.address,
                now,
                certificate_digest=calling.certificate_digest,
                tls=calling.tls,
            )
            self._look_at_register(tx)
            checked = None
            if device is None and calling.local:
                checked = device_register.device_under_check(tx, calling.ae_title, now)
            known = device or checked
            sender = known and replace(caller_of(tx, known, now, test=device is None), address=calling.address)
        if device is not None:
            self._contacts.heard(device.id)
            ASSOCIATIONS.labels("accepted").inc()
        return sender

    def lacks(self, sender: Sender, rights: frozenset[Right]) -> None:
        note_lack(self._house, sender.device_id, rights)

    def refused(self, what: RefusedAssociation) -> None:
        """Count it; a known device's last refusal stands beside it, for whoever sets it up."""
        reason = what.refusal.name.lower()
        ASSOCIATIONS.labels(reason).inc()
        warn_seldom("association refused", reason=reason)
        if what.refusal is not Refusal.UNAVAILABLE:
            self._contacts.refused(what)

    def unshaken(self, what: FailedHandshake) -> None:
        ASSOCIATIONS.labels(what.failure).inc()
        warn_seldom("handshake failed", reason=str(what.failure))
        self._contacts.unshaken(what)

    def gave_way(self, what: GaveWay) -> None:
        GAVE_WAY.labels("dicom", what.value).inc()
        warn_seldom("gave way", port="dicom", what=what.value)

    def knows(self, address: str) -> bool:
        """Whether a device is registered at an address, as the register was a moment ago."""
        caller = devices.read_address(address)
        return caller is not None and any(caller in network for network in self._networks)

    def _look_at_register(self, tx: Connection) -> None:
        """Remember the networks of all devices; those that take any address say nothing about one."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + NETWORKS_SECONDS
        networks = [ip_network(one.network) for one in devices.list_all(tx) if one.until is None]
        self._networks = tuple(network for network in networks if network.prefixlen)

    def received(self, sender: Sender, outcome: Outcome) -> None:
        if not outcome.accepted:
            logger().warning("instance refused", reason=outcome.reason, device_id=sender.device_id)
