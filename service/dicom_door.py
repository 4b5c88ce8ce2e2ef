"""The door of the DICOM listener: which device calls, and the record of who called."""

from __future__ import annotations

from pacs.ae import Refusal, Refused
from pacs.receive import Outcome, Sender
from reading import devices
from service.house import House, sender_of
from service.logs import logger
from service.metrics import ASSOCIATIONS
from storage.database import snapshot, transaction


class DicomDoor:
    """The register of devices for the DICOM listener, and the record of who called."""

    def __init__(self, house: House) -> None:
        self._house = house

    def registry(self, ae_title: str, address: str) -> Sender | None:
        now = self._house.clock()
        with snapshot(self._house.engine) as tx:
            device = devices.identify(tx, ae_title, address, now)
        if device is None:
            return None
        with transaction(self._house.engine) as tx:
            devices.heard(tx, device.id, now)
        ASSOCIATIONS.labels("accepted").inc()
        return sender_of(device)

    def refused(self, what: Refused) -> None:
        """Count it; a known device's last refusal stands beside it, for whoever sets it up."""
        reason = what.refusal.name.lower()
        ASSOCIATIONS.labels(reason).inc()
        logger().warning("association refused", reason=reason)
        if what.refusal is Refusal.UNAVAILABLE:
            return
        now = self._house.clock()
        with transaction(self._house.engine) as tx:
            device = devices.identify(tx, what.calling_ae_title, what.address, now)
            if device is not None:
                devices.refused(tx, device.id, reason, now)

    def received(self, sender: Sender, outcome: Outcome) -> None:
        if not outcome.accepted:
            logger().warning("instance refused", reason=outcome.reason, device_id=sender.device_id)
