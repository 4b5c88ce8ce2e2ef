"""The door of the DICOM listener: which device calls, and the record of who called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from pacs.ae import Refusal, Refused
from pacs.receive import Outcome, Sender
from reading import devices
from service.house import House, sender_of
from service.logs import logger
from service.metrics import ASSOCIATIONS
from storage.database import snapshot, transaction

HEARD_EVERY: Final = timedelta(seconds=30)
"""How exactly it is noted when a device was last heard."""


class DicomDoor:
    """The register of devices for the DICOM listener, and the record of who called."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._heard: dict[str, datetime] = {}

    def registry(self, ae_title: str, address: str) -> Sender | None:
        now = self._house.clock()
        with snapshot(self._house.engine) as tx:
            device = devices.identify(tx, ae_title, address, now)
        if device is None:
            return None
        self._note_heard(device.id, now)
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

    def _note_heard(self, device_id: str, now: datetime) -> None:
        # Some devices associate for each image: a commit each time would cost more than the association.
        if now - self._heard.get(device_id, datetime.min.replace(tzinfo=UTC)) >= HEARD_EVERY:
            with transaction(self._house.engine) as tx:
                devices.heard(tx, device_id, now)
            self._heard[device_id] = now

    def received(self, sender: Sender, outcome: Outcome) -> None:
        if not outcome.accepted:
            logger().warning("instance refused", reason=outcome.reason, device_id=sender.device_id)
