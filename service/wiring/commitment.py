"""The door of storage commitment: a request is kept, and the ledger expects what it names."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.engine import Connection

from pacs.arriving.receive import Sender
from pacs.dimse.negotiation import Offer
from pacs.service_classes.commitment import Request, unsupported
from reading.completeness import announcements
from reading.completeness.announcements import Named
from service.installation.house import House
from storage.commitment import requests, unsent_reports
from storage.database import transaction

HOLD: Final = timedelta(seconds=30)
"""Time after which another listener reports to a device whose listener has died; renewed while that lives."""


class CommitmentDoor:
    def __init__(self, house: House) -> None:
        self._house = house
        self._offer = Offer(private_sop_classes=house.settings.private_sop_classes)

    def take(self, sender: Sender, request: Request) -> str:
        """Keep a request durably; answers its id.

        Raises:
            TransactionInUse: the device has another request under this transaction.

        """
        now = self._house.clock()
        with transaction(self._house.engine) as tx:
            taken = requests.ask(
                tx,
                device_id=sender.device_id,
                site_id=sender.site_id,
                transaction_uid=request.transaction_uid,
                references=request.references,
                unsupported=unsupported(request.references, self._offer.stores),
                now=now,
            )
            # From now on this process tells the device, as long as the association on which it asked stands.
            unsent_reports.lease(tx, [taken], self._house.holder, now, now + HOLD)
            _announce(tx, sender, request, now)
        return taken


def _announce(tx: Connection, sender: Sender, request: Request, now: datetime) -> None:
    """Announce what a device names: what did not arrive counts to the study of the others, if that is only one."""
    here = requests.of_site(tx, sender.site_id, request.references)
    studies: dict[str, list[Named]] = {}
    for uid, (study_uid, series_uid) in here.items():
        studies.setdefault(study_uid, []).append(Named(series_uid=series_uid, sop_instance_uid=uid))
    if len(studies) == 1:
        (named,) = studies.values()
        missing = [one.sop_instance_uid for one in request.references if one.sop_instance_uid not in here]
        named += [Named(series_uid="", sop_instance_uid=uid) for uid in missing]
    for study_uid in sorted(studies):
        announcements.announce_named(
            tx, study_uid, announcements.COMMITMENT, studies[study_uid], now, device_id=sender.device_id
        )
