"""The door of queries and retrievals by DIMSE: what the asking device may see, and who is called by a title."""

from __future__ import annotations

from pacs.arriving.receive import Sender
from pacs.leaving.visible_study import VisibleStudy
from pacs.service_classes.needs import Destination, DimseDoor
from reading.actions import Action
from reading.register import device_identity, devices
from reading.register.devices import Device
from reading.viewers import Machine
from service.installation.house import House, sender_of
from service.wiring.peers import peer_of
from service.wiring.study_access import Looks
from storage.database import snapshot
from storage.index.search import Scope


class QueryDoor:
    """What a device that asks may see, and where a device is that images are sent to."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._looks = Looks(house)

    def door(self) -> DimseDoor:
        return DimseDoor(
            scope=self.scope,
            open_study=self.open_study,
            destination=self.destination,
            character_set=self.character_set,
        )

    def scope(self, sender: Sender, action: str) -> Scope:
        return self._looks.scope(_viewer(sender), Action(f"study.{action}"))

    def open_study(self, sender: Sender, study_uid: str, action: str) -> VisibleStudy:
        return self._looks.open_study(_viewer(sender), study_uid, Action(f"study.{action}"))

    def destination(self, ae_title: str, asker: Sender) -> Destination | None:
        """The device of that title that has a port: the asker itself, else its site's, else the only one."""
        with snapshot(self._house.engine) as tx:
            titled = device_identity.with_title(tx, ae_title, self._house.clock())
        called = [one for one in titled if devices.called_at(one) is not None]
        nearest = (
            [one for one in called if one.id == asker.device_id]
            or [one for one in called if one.site_id == asker.site_id]
            or called
        )
        return destination_at(self._house, nearest[0]) if len(nearest) == 1 else None

    def character_set(self, sender: Sender) -> str:
        with snapshot(self._house.engine) as tx:
            one = devices.by_id(tx, sender.device_id)
        return "" if one is None else one.character_set


def destination_at(house: House, device: Device) -> Destination | None:
    """None where the device is never called."""
    peer = peer_of(device, house.certificates)
    return None if peer is None else Destination(sender=sender_of(device), peer=peer)


def _viewer(sender: Sender) -> Machine:
    return Machine(device_id=sender.device_id, site_id=sender.site_id, issuer=sender.issuer, address=sender.address)
