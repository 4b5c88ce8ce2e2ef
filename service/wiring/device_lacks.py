"""Notes what a device asked for and has no right to, so that a quality manager can give it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from reading.kinds import DeviceRight
from reading.register import device_rights
from service.installation.house import House
from service.telemetry.logs import logger
from storage.database import snapshot, transaction

AGAIN: Final = timedelta(minutes=10)
"""The same lack within this time is noted already."""


def note_lack(house: House, device_id: str, lacking: Collection[str]) -> None:
    now = house.clock()
    rights = {DeviceRight(one) for one in lacking}
    with snapshot(house.engine) as tx:
        noted = device_rights.lacking(tx, [device_id])[device_id]
    news = {one for one in rights if one not in noted or now - noted[one] >= AGAIN}
    if not news:
        return
    for right in sorted(news):
        logger().warning("a device has no right to what it asks for", device_id=device_id, right=str(right))
    with transaction(house.engine) as tx:
        device_rights.note_lack(tx, device_id, news, now)
