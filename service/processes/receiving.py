"""What a process that takes in instances is made of: spool, index and a receiver that counts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Final

from prometheus_client import Counter, Histogram

from pacs.arriving.outcome import Outcome
from pacs.arriving.receive import Chunk, Receiver, Reception, Sender
from service.installation.house import House
from service.installation.nodes import (
    LEND_SECONDS,
    SHIP_SECONDS,
    STAND_BACK_SECONDS,
    TRIM_SECONDS,
    lending,
    shipping,
    ships,
    trimming,
)
from service.steps.worker import Step, Worker
from service.telemetry.logs import logger
from service.telemetry.metrics import INSTANCES, RECEIVE_SECONDS
from service.wiring.device_contacts import Contacts, gathering
from storage.database import Durability, connect
from storage.index.queries import Index
from storage.rebuild.dead_writers import Recovery, recover
from storage.segments.spool import Spool

SEAL_EVERY_SECONDS: Final = 1.0


class CountedReceiver(Receiver):
    """The receiver, with a count of what became of each instance and how long it took, and of each device's."""

    def __init__(self, spool: Spool, index: Index, clock: Callable[[], datetime], contacts: Contacts) -> None:
        super().__init__(spool, index, clock)
        self.contacts = contacts

    def begin(
        self,
        sender: Sender,
        sop_class_uid: str | None,
        sop_instance_uid: str | None,
        transfer_syntax_uid: str,
        source: str,
    ) -> Reception:
        if sender.test:
            return super().begin(sender, sop_class_uid, sop_instance_uid, transfer_syntax_uid, source)
        return _CountedReception(
            self,
            sender,
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=transfer_syntax_uid,
            source=source,
        )


class _CountedReception(Reception):
    def __init__(
        self,
        receiver: CountedReceiver,
        sender: Sender,
        *,
        sop_class_uid: str | None,
        sop_instance_uid: str | None,
        transfer_syntax_uid: str,
        source: str,
    ) -> None:
        super().__init__(
            receiver,
            sender,
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
            transfer_syntax_uid=transfer_syntax_uid,
            source=source,
        )
        self._contacts = receiver.contacts
        self._from = sender
        self._door = source
        self._began = time.perf_counter()

    def finish(self, rest: Chunk = b"") -> Outcome:
        outcome = super().finish(rest)
        self._contacts.received(self._from, outcome)
        _counter(self._door, outcome.reason).inc()
        _histogram(self._door).observe(time.perf_counter() - self._began)
        return outcome

    def abandon(self) -> None:
        super().abandon()
        _counter(self._door, "abandoned").inc()


@cache
def _counter(door: str, outcome: str) -> Counter:
    return INSTANCES.labels(door, outcome)


@cache
def _histogram(door: str) -> Histogram:
    return RECEIVE_SECONDS.labels(door)


@dataclass(frozen=True, kw_only=True)
class Receiving:
    receiver: Receiver
    spool: Spool
    index: Index
    contacts: Contacts


@contextmanager
def receiving(house: House) -> Generator[Receiving]:
    """Recover what an earlier process left, then receive; at the end segments are sealed and rows committed."""
    settings = house.settings
    engine = connect(settings.database_url, Durability.ASYNCHRONOUS)
    spool = Spool(
        house.folders.spool,
        node=settings.node,
        engine=house.engine,
        idle_seconds=settings.segment_idle_seconds,
        max_bytes=settings.segment_max_mib << 20,
        quarantine_bytes=settings.quarantine_quota_mib << 20,
    )
    index = Index(engine)
    end = threading.Event()
    claim = ships(house, after_seconds=STAND_BACK_SECONDS)
    with lending(house) as lend:
        chores = Worker(
            [
                Step(name="seal", every_seconds=SEAL_EVERY_SECONDS, run=lambda: spool.seal_idle(house.clock())),
                Step(name="seal what is awaited", every_seconds=SEAL_EVERY_SECONDS, run=spool.seal_awaited),
                Step(name="lend", every_seconds=LEND_SECONDS, run=lend),
                Step(name="ship", every_seconds=SHIP_SECONDS, run=shipping(house, claim)),
                Step(name="trim the cache", every_seconds=TRIM_SECONDS, run=trimming(house)),
            ],
            end,
        )
        try:
            tell(recover(spool, index))
            chores.start()
            with gathering(house) as contacts:
                receiver = CountedReceiver(spool, index, house.clock, contacts)
                yield Receiving(receiver=receiver, spool=spool, index=index, contacts=contacts)
        finally:
            end.set()
            chores.join()
            claim.release()
            spool.close()
            index.close()
            engine.dispose()


def tell(recovered: Recovery) -> None:
    """Put on the log what recovery found."""
    logger().info("recovered", **asdict(recovered))
    if recovered.damaged:
        logger().error("the disk lost instances that were whole", instances=recovered.damaged)
    if recovered.left:
        logger().error("segments are left as they are until the next start", segments=recovered.left)
