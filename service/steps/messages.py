"""Messages: events get their receivers, and each message is handed to the gateway of its audience."""

from __future__ import annotations

from typing import Final

from reading.messages import addressing, queue
from reading.messages.queue import Due
from reading.messages.routes import Audience
from service.gateways.choice import folder_of, gateways_of
from service.gateways.folder import Folder
from service.gateways.gateway import FOR_GOOD, Failure, NotTaken, Outgoing
from service.installation.house import House
from service.telemetry.logs import logger
from service.telemetry.metrics import MESSAGES
from storage.database import snapshot, transaction
from viewer.views.messages import worded
from viewer.words.catalogue import Language

IDS: Final = ("case_id", "organisation_id", "number")
"""What a system hears of an event beside its subject: ids, and the number of a report's version."""


class Messenger:
    def __init__(self, house: House) -> None:
        self.house = house
        self._gateways = gateways_of(house.settings)

    def address(self) -> int:
        """Make messages of what happened; the write lock is taken only where something did."""
        with snapshot(self.house.engine) as tx:
            if not addressing.is_waiting(tx):
                return 0
        with transaction(self.house.engine) as tx:
            return addressing.address(tx, self.house.keys, self._gateways, self.house.clock())

    def deliver(self) -> int:
        """Hand one message over; 0 when none is due."""
        with snapshot(self.house.engine) as tx:
            if not queue.is_due(tx, self.house.clock()):
                return 0
        with transaction(self.house.engine) as tx:
            due = queue.claim(tx, self.house.keys, self.house.clock())
        if due is None:
            return 0
        try:
            self._send(due)
        except NotTaken as not_taken:
            self._fail(due, not_taken.failure)
        except Exception as error:  # noqa: BLE001 whatever is wrong with one message is seen, and keeps no other waiting
            logger().error("message not sent", message_id=due.id, kind=due.event.kind, exc_info=error)
            self._fail(due, Failure.BROKEN)
        else:
            MESSAGES.labels(due.audience, "sent").inc()
            with transaction(self.house.engine) as tx:
                queue.sent(tx, due, self.house.clock())
        return 1

    def forget(self) -> int:
        """Remove old files of the folder; they hold telephone numbers."""
        return Folder(folder_of(self.house.settings)).forget()

    def _send(self, due: Due) -> None:
        gateway = self._gateways.get(due.audience)
        if gateway is None:
            raise NotTaken(Failure.NOT_ALLOWED)
        gateway.send(outgoing(self.house, due))

    def _fail(self, due: Due, failure: Failure) -> None:
        MESSAGES.labels(due.audience, "failed").inc()
        logger().warning("message not taken", message_id=due.id, kind=due.event.kind, reason=failure)
        with transaction(self.house.engine) as tx:
            queue.failed(
                tx,
                due,
                failure,
                self.house.clock(),
                for_good=failure in FOR_GOOD,
                away=failure is Failure.AWAY,
            )


def outgoing(house: House, due: Due) -> Outgoing:
    """A message as its gateway gets it: ids for a system, a template and its places for people."""
    event = due.event
    if due.audience is Audience.SYSTEM:
        details = {name: str(event.payload[name]) for name in IDS if event.payload.get(name) is not None}
        return Outgoing(
            id=due.id,
            kind=event.kind,
            template=due.template,
            parameters={},
            text="",
            subject="",
            number="",
            details={"subject_id": event.subject_id, **details},
            happened_at=event.happened_at,
        )
    said = worded(
        Language(house.settings.gateway_language),
        due.template,
        site=due.organisation,
        at=event.happened_at,
        origin=house.settings.public_origin,
        secrets=due.secrets,
    )
    return Outgoing(
        id=due.id,
        kind=event.kind,
        template=due.template,
        parameters=said.parameters,
        text=said.text,
        subject=said.subject,
        number=due.number,
        details={},
        happened_at=event.happened_at,
    )
