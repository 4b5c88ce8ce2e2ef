"""The door of the DICOM listener: which device calls, and the record of who called."""

from __future__ import annotations

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Sender
from pacs.dimse.refusals import CallingAE, FailedHandshake, Refusal, RefusedAssociation
from reading.register import device_identity, device_register
from service.installation.house import House, sender_of
from service.telemetry.logs import logger
from service.telemetry.metrics import ASSOCIATIONS
from service.wiring.device_contacts import Contacts
from storage.database import snapshot


class DicomDoor:
    """The register of devices for the DICOM listener, and the record of who called."""

    def __init__(self, house: House, contacts: Contacts) -> None:
        self._house = house
        self._contacts = contacts

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
            checked = None
            if device is None and calling.local:
                checked = device_register.device_under_check(tx, calling.ae_title, now)
        if checked is not None:
            return sender_of(checked, test=True)
        if device is None:
            return None
        self._contacts.heard(device.id)
        ASSOCIATIONS.labels("accepted").inc()
        return sender_of(device)

    def refused(self, what: RefusedAssociation) -> None:
        """Count it; a known device's last refusal stands beside it, for whoever sets it up."""
        reason = what.refusal.name.lower()
        ASSOCIATIONS.labels(reason).inc()
        logger().warning("association refused", reason=reason)
        if what.refusal is not Refusal.UNAVAILABLE:
            self._contacts.refused(what)

    def unshaken(self, what: FailedHandshake) -> None:
        ASSOCIATIONS.labels(what.failure).inc()
        logger().warning("handshake failed", reason=what.failure)
        self._contacts.unshaken(what)

    def received(self, sender: Sender, outcome: Outcome) -> None:
        if not outcome.accepted:
            logger().warning("instance refused", reason=outcome.reason, device_id=sender.device_id)
